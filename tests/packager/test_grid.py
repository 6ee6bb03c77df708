"""The laws of the grid and of the cutter."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packager.grid import Coded, Cut, Cutter, Grid

VIDEO = Grid(rate=30, part=15, segment=60)
SOUND = Grid(rate=48_000, part=24_000, segment=96_000)


def _sample(at: int, *, sync: bool = False) -> Coded:
    return Coded(at, b"x", sync)


def _feed(cutter: Cutter, units: list[int], left_out: frozenset[int] = frozenset()) -> list[Cut]:
    cuts = [
        cutter.leave_out(unit) if unit in left_out else cutter.add(_sample(unit)) for unit in units
    ]
    return [cut for cut in cuts if cut is not None]


@pytest.mark.parametrize(
    ("unit", "expected"), [(0, 0), (1, 60), (59, 60), (60, 60), (61, 120), (10**12, 10**12 + 20)]
)
def test_the_next_segment_begins_on_the_grid(unit: int, expected: int) -> None:
    """The next segment begins at this unit or after it, on a multiple of the segment."""
    assert VIDEO.next_segment(unit) == expected


def test_a_part_is_cut_by_its_last_frame() -> None:
    """A part is complete the moment its last frame is there, not when the next part begins."""
    cutter = Cutter(VIDEO, 1, 60)

    assert [cutter.add(_sample(unit)) for unit in range(60, 74)] == [None] * 14
    cut = cutter.add(_sample(74))
    assert cut is not None
    assert (cut.start, cut.end, cut.segment, cut.position, cut.last) == (60, 75, 1, 0, False)


def test_the_first_part_may_be_short() -> None:
    """A program that begins between two lines of the grid meets it at the next one."""
    cuts = _feed(Cutter(VIDEO, 1, 70), list(range(70, 130)))

    assert [(cut.start, cut.end) for cut in cuts] == [(70, 75), (75, 90), (90, 105), (105, 120)]
    assert [cut.position for cut in cuts] == [0, 1, 2, 3]
    assert [cut.last for cut in cuts] == [False, False, False, True]


def test_a_frame_left_out_lengthens_the_one_before() -> None:
    """Durations always fill the part exactly."""
    (cut,) = _feed(Cutter(VIDEO, 1, 60), list(range(60, 75)), frozenset({61, 62, 74}))

    assert cut.durations() == [3, *[1] * 10, 2]


def test_a_part_of_which_all_was_left_out_is_a_gap() -> None:
    """A gap has its place and its duration, and no samples."""
    units = list(range(60, 90))
    first, second = _feed(Cutter(VIDEO, 1, 60), units, frozenset(range(60, 75)))

    assert (first.samples, first.start, first.end) == ((), 60, 75)
    assert (second.start, second.position) == (75, 1)


def test_a_first_frame_left_out_leaves_no_hole() -> None:
    """The first sample there is stands for the ones before it in its part."""
    (cut,) = _feed(Cutter(VIDEO, 1, 60), list(range(60, 75)), frozenset({60, 61}))

    assert sum(cut.durations()) == 15


def test_audio_parts_hold_the_frames_that_begin_in_them() -> None:
    """AAC frames do not divide half a second: parts hold 23 or 24 of them, by where they begin."""
    cutter = Cutter(SOUND, 1024, 96_000)
    cuts = _feed(cutter, list(range(96_000, 96_000 + 1024 * 940, 1024)))

    assert {len(cut.samples) for cut in cuts} == {23, 24}
    assert all(cut.start % 24_000 < 1024 for cut in cuts)


def test_flush_gives_what_is_there_once() -> None:
    """The end of a program closes its segment with a short part, or with nothing."""
    cutter = Cutter(VIDEO, 1, 60)
    _feed(cutter, list(range(60, 80)))
    cut = cutter.flush()

    assert cut is not None
    assert (cut.start, cut.end, cut.last) == (75, 80, True)
    assert cutter.flush() is None


@given(
    origin=st.integers(0, 10**12),
    count=st.integers(1, 300),
    left_out=st.sets(st.integers(0, 299)),
    grid=st.sampled_from([(VIDEO, 1), (SOUND, 1024)]),
)
def test_cuts_follow_each_other_without_a_hole(
    origin: int, count: int, left_out: set[int], grid: tuple[Grid, int]
) -> None:
    """Whatever is left out, every unit is in exactly one cut, and no sample is lost."""
    shape, span = grid
    cutter = Cutter(shape, span, origin)
    units = [origin + number * span for number in range(count)]
    missing = frozenset(units[number] for number in left_out if number < count)
    cuts = _feed(cutter, units, missing)
    tail = cutter.flush()
    cuts += [tail] if tail else []

    assert [cut.start for cut in cuts] == [origin, *(cut.end for cut in cuts[:-1])]
    assert cuts[-1].end == origin + count * span
    assert [s.at for cut in cuts for s in cut.samples] == [u for u in units if u not in missing]
    assert all(sum(cut.durations()) == cut.end - cut.start for cut in cuts if cut.samples)
    for before, after in itertools.pairwise(cuts):
        same = before.segment == after.segment
        assert after.position == (before.position + 1 if same else 0)
        assert before.last is not same
