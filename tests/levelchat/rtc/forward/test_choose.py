"""Which core a process has."""

import forwardkit
import pytest

from levelchat.rtc.errors import NativeCoreUnusable
from levelchat.rtc.forward import choose


def test_the_portable_core_can_always_be_had() -> None:
    """Whatever is installed."""
    assert choose.make("portable", forwardkit.clock()).name == "portable"


def test_the_best_core_is_chosen() -> None:
    """The C core where it can be used, else the other."""
    expected = "portable" if choose.why_not_native() else "native"

    assert choose.make("auto", forwardkit.clock()).name == expected


def test_a_core_that_cannot_be_is_an_error_with_its_reason() -> None:
    """Who asks for the C core learns why there is none."""
    reason = choose.why_not_native()
    if not reason:
        assert choose.make("native", forwardkit.clock()).name == "native"
        return
    with pytest.raises(NativeCoreUnusable) as raised:
        choose.make("native", forwardkit.clock())
    assert reason in raised.value.detail
