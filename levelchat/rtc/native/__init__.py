"""The forwarding core in C: threads that forward RTP without the interpreter.

Comes in: nothing; `available` says whether this install has the core. Goes out: `NativeForwarder`,
and `Sink`, which counts for benchmarks. The extension is imported only when one of these is asked
for: an install without a compiler lacks it.
"""

import importlib
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from levelchat.rtc.native._core import Sink
    from levelchat.rtc.native.forwarder import NativeForwarder

__all__ = ["NativeForwarder", "Sink", "available"]

_HOMES = {
    "NativeForwarder": "levelchat.rtc.native.forwarder",
    "Sink": "levelchat.rtc.native._core",
}


def available() -> str:
    """Empty where the C core can be used; else the reason why not."""
    if sys.platform != "linux":
        return f"it is for Linux, and this is {sys.platform}"
    try:
        importlib.import_module("levelchat.rtc.native._core")
    except ImportError as error:
        return f"it was not built when levelchat was installed: {error}"
    return ""


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a class, or an error
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(home), name)
