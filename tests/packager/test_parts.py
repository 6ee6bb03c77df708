"""The laws of parts."""

from packager.grid import Coded, Cut
from packager.parts import PartWriter

SECOND = 1_000_000_000
ORIGIN = 51_000_000_000


def _cut(start: int, end: int, *, sync: bool = True, empty: bool = False) -> Cut:
    samples = () if empty else (Coded(start, b"\x00\x00\x00\x01e", sync),)
    return Cut(850_000_000, 0, start, end, samples, last=False)


def _writer() -> PartWriter:
    return PartWriter(name="v240", unit_rate=30, timescale=90_000, origin=ORIGIN)


def test_time_is_counted_from_the_programs_begin() -> None:
    """`start` and `duration` are ticks of the timescale, `wall_ns` is the slot's capture time."""
    part = _writer().write(_cut(ORIGIN + 30, ORIGIN + 45))

    assert (part.rendition, part.start, part.duration) == ("v240", 90_000, 45_000)
    assert part.wall_ns == 1_700_000_001 * SECOND


def test_a_part_is_independent_by_its_first_sample() -> None:
    """INDEPENDENT says that decoding can begin there."""
    writer = _writer()

    assert writer.write(_cut(ORIGIN, ORIGIN + 15)).independent
    assert not writer.write(_cut(ORIGIN + 15, ORIGIN + 30, sync=False)).independent


def test_a_cut_without_samples_is_a_gap() -> None:
    """A gap has a time and no bytes."""
    part = _writer().write(_cut(ORIGIN, ORIGIN + 15, empty=True))

    assert (part.gap, part.data, part.independent, part.duration) == (True, b"", False, 45_000)


def test_a_segment_that_lost_its_key_frame_is_still_written() -> None:
    """Where a gap swallowed the key frame, the next chunk does not claim to open a segment."""
    part = _writer().write(_cut(ORIGIN, ORIGIN + 15, sync=False))

    assert b"styp" not in part.data
    assert b"moof" in part.data
