"""Time for rows, when the machine's clock is set."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.steady import JUMP_NS, SLEW_DIVISOR, SteadyTime

MS = 1_000_000
S = 1_000 * MS
HOUR = 3600 * S
START = 1_800_000_000 * S


def test_it_begins_as_the_wall_clock_says() -> None:
    """The first reading is the wall clock's, in milliseconds."""
    assert SteadyTime().advance(START + 999_999, 5) == START // MS


def test_small_corrections_are_followed_at_once() -> None:
    """What NTP corrects is followed, forwards at once and backwards by waiting."""
    time = SteadyTime()
    time.advance(START, 0)

    assert time.advance(START + S + JUMP_NS, S) == (START + S + JUMP_NS) // MS
    assert time.advance(START + 2 * S, 2 * S) == (START + S + JUMP_NS) // MS
    assert time.advance(START + 4 * S, 4 * S) == (START + 4 * S) // MS


@pytest.mark.parametrize("jump", [HOUR, -HOUR, 30 * 24 * HOUR, -30 * 24 * HOUR, 3 * S, -3 * S])
def test_a_jump_is_made_up_for_at_one_percent(jump: int) -> None:
    """A clock that is set by an hour moves a grace of 15 s by 0.15 s at most."""
    time = SteadyTime()
    before = time.advance(START, 0)

    after = time.advance(START + jump + 15 * S, 15 * S)

    assert abs((after - before) - 15_000) <= 15_000 // SLEW_DIVISOR


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_the_wall_clock_is_reached_in_the_end(jump: int) -> None:
    """An hour's difference is gone after a hundred."""
    time = SteadyTime()
    time.advance(START, 0)
    for hour in range(1, 102):
        now = time.advance(START + jump + hour * HOUR, hour * HOUR)

    assert now == (START + jump + 101 * HOUR) // MS


def test_a_jump_that_is_taken_back_leaves_no_trace() -> None:
    """A clock that is wrong for a minute moves the time by 0.6 s at most."""
    time = SteadyTime()
    time.advance(START, 0)
    for second in range(1, 61):
        time.advance(START + HOUR + second * S, second * S)

    assert time.advance(START + 61 * S, 61 * S) - (START + 61 * S) // MS <= 601


@given(st.lists(st.tuples(st.integers(-2 * HOUR, 2 * HOUR), st.integers(-S, 60 * S)), max_size=40))
def test_it_never_goes_back_and_never_runs_away(steps: list[tuple[int, int]]) -> None:
    """Whatever both clocks do, a step lies between none and the time passed, 1 % and 2 s."""
    time = SteadyTime()
    wall, monotonic, furthest = START, 0, 0
    before = time.advance(wall, monotonic)
    for jump, passed in steps:
        wall += jump
        monotonic += passed
        now = time.advance(wall, monotonic)
        gained = max(0, monotonic - furthest)
        furthest = max(furthest, monotonic)
        assert 0 <= now - before <= (gained + gained // SLEW_DIVISOR + JUMP_NS) // MS + 1
        before = now
