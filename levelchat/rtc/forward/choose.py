"""Which forwarding core this process has.

Comes in: what the settings ask for. Goes out: the core, or an error that says why it cannot be.
"""

import importlib
from typing import Any, Literal

from levelchat.clock import Clock
from levelchat.rtc.errors import NativeCoreUnusable
from levelchat.rtc.forward.portable import PortableForwarder
from levelchat.rtc.forward.seams import Forwarder


def _native() -> Any:  # noqa: ANN401 - a module that an install without a compiler lacks
    return importlib.import_module("levelchat.rtc.native")


def why_not_native() -> str:
    """Empty where the C core can be used; else the reason."""
    try:
        return str(_native().available())
    except (ImportError, AttributeError) as error:
        # The second where its folder is there and the package is not.
        return str(error)


def make(core: Literal["auto", "native", "portable"], clock: Clock) -> Forwarder:
    """The core, not opened yet. `auto` is the C core where it can be used."""
    reason = "" if core == "portable" else why_not_native()
    if core == "native" and reason:
        raise NativeCoreUnusable(
            f"the C forwarding core cannot be used ({reason}); install with a C compiler, "
            "or let the core be chosen (auto)"
        )
    if core == "portable" or reason:
        return PortableForwarder(clock)
    made: Forwarder = _native().NativeForwarder(clock)
    return made
