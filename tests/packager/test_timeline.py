"""The laws of the output's video time line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packager.errors import ClockLeap
from packager.timeline import Reclock, Slots

SECOND = 1_000_000_000
ORIGIN = 51_000_000_000
"""A slot in the year 2023."""


def _reclock(rate: int = 30) -> tuple[Slots, Reclock]:
    slots = Slots(rate)
    return slots, Reclock(slots, ORIGIN, 400_000_000)


def _walk(intervals_ns: list[int], phase_ns: int = 0) -> list[range]:
    slots, reclock = _reclock()
    wall_ns = slots.time_ns(ORIGIN) + phase_ns
    places = []
    for interval_ns in intervals_ns:
        places.append(reclock.place(wall_ns))
        wall_ns += interval_ns
    return places


@pytest.mark.parametrize("rate", [15, 24, 25, 30, 50, 60])
@pytest.mark.parametrize("slot", [0, 1, 29, 30, 51_000_000_001, 2**37 + 7])
def test_a_slots_time_is_nearest_to_itself(rate: int, slot: int) -> None:
    """Slot to nanoseconds and back is the same slot."""
    slots = Slots(rate)

    assert slots.nearest(slots.time_ns(slot)) == slot


def test_a_regular_source_fills_each_slot_once() -> None:
    """30 pictures a second in, 30 slots a second out, each at once."""
    places = _walk([SECOND // 30] * 300)

    assert all(len(place) == 1 for place in places)


@pytest.mark.parametrize("phase_ns", [-16_600_000, 16_600_000])
@given(jitter=st.lists(st.integers(-5_000_000, 5_000_000), min_size=50, max_size=50))
def test_jitter_half_way_between_slots_makes_no_holes(phase_ns: int, jitter: list[int]) -> None:
    """Pictures near the middle of two slots neither repeat nor vanish because of some ms."""
    slots, reclock = _reclock()
    base_ns = slots.time_ns(ORIGIN) + phase_ns
    places = [
        reclock.place(base_ns + (number * SECOND // 30) + offset)
        for number, offset in enumerate(jitter)
    ]

    assert all(len(place) == 1 for place in places[1:])


def test_a_slow_source_is_repeated() -> None:
    """15 pictures a second fill two slots each, the first of them with the picture before."""
    places = _walk([SECOND // 15] * 30)

    assert [len(place) for place in places[1:]] == [2] * 29


def test_a_fast_source_loses_its_surplus() -> None:
    """60 pictures a second fill 30 slots."""
    places = _walk([SECOND // 60] * 300)

    assert sum(len(place) for place in places) in range(149, 152)
    assert max(len(place) for place in places) == 1


@given(
    walls=st.lists(st.integers(-500_000_000, 3 * SECOND), max_size=60),
    nows=st.lists(st.integers(0, 3 * SECOND), max_size=60),
)
def test_every_slot_is_filled_once_and_in_order(walls: list[int], nows: list[int]) -> None:
    """Whatever comes when, slots are filled from the first on without hole or repetition."""
    slots, reclock = _reclock()
    base_ns = slots.time_ns(ORIGIN)
    filled: list[int] = []
    for wall_ns in walls:
        filled += reclock.place(base_ns + wall_ns)
    for now_ns in nows:
        filled += reclock.overdue(base_ns + now_ns)

    assert filled == list(range(ORIGIN, ORIGIN + len(filled)))


@given(interval=st.integers(10_000_000, 200_000_000), phase=st.integers(0, 33_333_333))
def test_a_picture_is_shown_within_25_ms_of_its_capture(interval: int, phase: int) -> None:
    """Re-clocking alone never uses up the 40 ms of asynchrony."""
    slots, reclock = _reclock()
    for number in range(100):
        wall_ns = slots.time_ns(ORIGIN) + phase + number * interval
        for slot in reclock.place(wall_ns)[-1:]:
            assert abs(slots.time_ns(slot) - wall_ns) <= 25_000_001


def test_nothing_is_overdue_before_its_time() -> None:
    """A slot is given up only after the lateness that is allowed."""
    slots, reclock = _reclock()
    due_ns = slots.time_ns(ORIGIN) + 400_000_000

    assert list(reclock.overdue(due_ns - 1_000_000)) == []
    assert list(reclock.overdue(due_ns + 1_000_000)) == [ORIGIN]
    assert list(reclock.overdue(due_ns + 1_000_000)) == []


def test_a_late_picture_is_surplus() -> None:
    """What comes after its slot was given up changes nothing on the time line."""
    slots, reclock = _reclock()
    reclock.overdue(slots.time_ns(ORIGIN + 10) + 400_000_001)

    assert list(reclock.place(slots.time_ns(ORIGIN + 3))) == []
    assert reclock.next == ORIGIN + 11


def test_ten_seconds_are_not_filled_at_once() -> None:
    """A process that slept begins a new program instead of filling hours."""
    slots, reclock = _reclock()

    with pytest.raises(ClockLeap):
        reclock.overdue(slots.time_ns(ORIGIN) + 11 * SECOND)
    with pytest.raises(ClockLeap):
        reclock.place(slots.time_ns(ORIGIN) + 11 * SECOND)
