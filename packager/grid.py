"""The wall-clock grid, and the cutter that fills it with one rendition's samples.

Time here is counted in *units* since the Unix epoch: frames for video, audio samples for audio.
Comes in: coded samples in order, each at its unit. Goes out: a cut for each part of the grid, as
soon as its last unit is there. Renditions and programs that share the grid are cut alike.
"""

import itertools
from typing import NamedTuple

import msgspec


class Grid(msgspec.Struct, frozen=True):
    """Where parts and segments begin."""

    rate: int
    """Units a second."""
    part: int
    """Units of a part; divides `segment`."""
    segment: int
    """Units of a segment."""

    def part_of(self, unit: int) -> int:
        """Number of the part that *unit* lies in."""
        return unit // self.part

    def segment_of(self, unit: int) -> int:
        """Number of the segment that *unit* lies in."""
        return unit // self.segment

    def opens_part(self, unit: int) -> bool:
        """Whether a part begins at *unit*."""
        return unit % self.part == 0

    def next_segment(self, unit: int) -> int:
        """The unit at or after *unit* where a segment begins."""
        return -(-unit // self.segment) * self.segment


class Coded(NamedTuple):
    """One sample as an encoder made it."""

    at: int
    data: bytes
    sync: bool


class Cut(NamedTuple):
    """What a part is made of: samples from `start` to `end`, without a hole."""

    segment: int
    position: int
    start: int
    end: int
    samples: tuple[Coded, ...]
    """Empty when every one was left out: a part that is a gap."""
    last: bool
    """It closes its segment."""

    def durations(self) -> list[int]:
        """Units of each sample: up to the next one, so that what was left out is covered."""
        starts = [self.start, *(sample.at for sample in self.samples[1:]), self.end]
        return [after - before for before, after in itertools.pairwise(starts)]


class Cutter:
    """Cuts one rendition; *span* is the units that a sample lasts, *origin* its first unit."""

    def __init__(self, grid: Grid, span: int, origin: int) -> None:
        self._grid = grid
        self._span = span
        self._start = origin
        self._end = origin
        self._index = 0
        self._samples: list[Coded] = []

    def add(self, sample: Coded) -> Cut | None:
        """The part that *sample* completes."""
        self._samples.append(sample)
        return self._advance(sample.at)

    def leave_out(self, at: int) -> Cut | None:
        """The part that is complete because nothing was made of unit *at*."""
        return self._advance(at)

    def flush(self) -> Cut | None:
        """What is there, as the last part of its segment."""
        return None if self._end == self._start else self._cut(last=True)

    def _advance(self, at: int) -> Cut | None:
        self._end = at + self._span
        if self._grid.part_of(self._end) == self._grid.part_of(self._start):
            return None
        return self._cut(
            last=self._grid.segment_of(self._end) != self._grid.segment_of(self._start)
        )

    def _cut(self, *, last: bool) -> Cut:
        cut = Cut(
            segment=self._grid.segment_of(self._start),
            position=self._index,
            start=self._start,
            end=self._end,
            samples=tuple(self._samples),
            last=last,
        )
        self._index = 0 if last else self._index + 1
        self._start = self._end
        self._samples = []
        return cut
