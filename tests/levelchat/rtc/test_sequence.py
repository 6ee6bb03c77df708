"""Laws of levelchat.rtc.sequence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from levelchat.rtc.sequence import SEQUENCE_BITS, TIMESTAMP_BITS, unwrap

WRAP_POINTS = [0, 1, 127, 128, 32767, 32768, 65534, 65535]


@pytest.mark.parametrize("turn", [0, 1, 7])
@pytest.mark.parametrize("start", WRAP_POINTS)
@pytest.mark.parametrize("step", [-3000, -512, -1, 0, 1, 512, 3000, 32767])
def test_a_step_of_less_than_half_a_turn_is_found(start: int, step: int, turn: int) -> None:
    """From every wrap point, a number near the last one unwraps to exactly that step."""
    near = turn * 65536 + start

    assert unwrap((near + step) & 0xFFFF, near, SEQUENCE_BITS) == near + step


@pytest.mark.parametrize("start", WRAP_POINTS)
def test_half_a_turn_counts_as_back(start: int) -> None:
    """Exactly half a turn away, which RFC 1982 leaves open, is taken as the past."""
    assert unwrap((start + 32768) & 0xFFFF, start, SEQUENCE_BITS) == start - 32768


@given(st.integers(), st.integers(-(2**31), 2**31 - 1))
def test_timestamps_unwrap_near_any_number(near: int, step: int) -> None:
    """The result is congruent to the value, and the nearest such number."""
    value = (near + step) % 2**32

    assert unwrap(value, near, TIMESTAMP_BITS) == near + step
