"""Laws of levelchat.media.time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from levelchat.media.time import rescale, seconds_text

ticks = st.integers(min_value=-(10**18), max_value=10**18)


@given(ticks)
def test_a_finer_rate_and_back_loses_nothing(value: int) -> None:
    """Rescaling to a multiple of the rate and back is the identity."""
    assert rescale(rescale(value, 48_000, 144_000), 144_000, 48_000) == value


@given(ticks)
def test_rescale_is_within_half_a_tick(value: int) -> None:
    """The result is never more than half a tick from the true value."""
    result = rescale(value, 90_000, 48_000)

    assert abs(2 * (result * 90_000 - value * 48_000)) <= 90_000


@pytest.mark.parametrize(
    ("value", "rate", "text"),
    [
        (45_000, 90_000, "0.50000"),
        (24 * 1024, 48_000, "0.51200"),
        (23 * 1024, 48_000, "0.49067"),
        (0, 90_000, "0.00000"),
        (-1, 2, "-0.50000"),
        (180_000, 90_000, "2.00000"),
    ],
)
def test_seconds_are_printed_exactly(value: int, rate: int, text: str) -> None:
    """A duration prints as decimal seconds, rounded in integers."""
    assert seconds_text(value, rate) == text
