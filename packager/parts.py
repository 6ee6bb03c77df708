"""Turns a cut into a part: bytes, and what the playlist says of them.

Comes in: cuts of one rendition, in order. Goes out: `Part` values. It never changes a sample.
"""

from levelchat.media.program import Part
from levelchat.media.time import NANOSECOND, rescale
from packager.cmaf.chunk import Sample, chunk
from packager.grid import Cut


class PartWriter:
    """One rendition's; units of the grid become ticks of its timescale."""

    def __init__(self, *, name: str, unit_rate: int, timescale: int, origin: int) -> None:
        self._name = name
        self._unit_rate = unit_rate
        self._ticks = timescale // unit_rate
        self._origin = origin
        self._sequence = 0

    def write(self, cut: Cut) -> Part:
        """The part that holds *cut*'s samples."""
        start = (cut.start - self._origin) * self._ticks
        wall_ns = rescale(cut.start, self._unit_rate, NANOSECOND)
        return Part(
            rendition=self._name,
            segment=cut.segment,
            index=cut.position,
            start=start,
            duration=(cut.end - cut.start) * self._ticks,
            wall_ns=wall_ns,
            # A3.5 SHOULD: every part that begins with an independent frame says so.
            independent=bool(cut.samples) and cut.samples[0].sync,
            last=cut.last,
            gap=not cut.samples,
            data=self._chunk(cut, start, wall_ns) if cut.samples else b"",
        )

    def _chunk(self, cut: Cut, start: int, wall_ns: int) -> bytes:
        self._sequence += 1
        samples = [
            Sample(coded.data, units * self._ticks, coded.sync)
            for coded, units in zip(cut.samples, cut.durations(), strict=True)
        ]
        return chunk(
            sequence=self._sequence,
            decode_time=start,
            samples=samples,
            wall_ns=wall_ns,
            segment_start=cut.position == 0 and samples[0].sync,
        )
