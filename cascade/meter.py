"""What flows in the sources of a stage, and how loud it is.

Comes in: the forwarding core's counts of sources, the time. Goes out: rates, sizes, whether a
source flows, audio levels, counts of key frames. It remembers nothing of sources that nobody
names.
"""

from collections.abc import Callable, Iterable

import msgspec

from cascade.layers import Flow
from cascade.speakers import SILENCE
from levelchat.media.time import NANOSECOND
from levelchat.rtc.forward.seams import SourceStats

SILENT_NS = 1 * NANOSECOND
"""A layer that the encoder dropped is given up after this; pictures come more often."""
WINDOW_NS = 1 * NANOSECOND
"""Over which rates are taken."""

_BITS = 8


class _Measured(msgspec.Struct):
    since_ns: int
    bytes: int
    rate: int = 0


class Meter:
    """One room's."""

    def __init__(self, read: Callable[[int], SourceStats]) -> None:
        self._read = read
        self._measured: dict[int, _Measured] = {}
        self._heard: dict[int, int] = {}
        self.flows: dict[int, Flow] = {}
        self.levels: dict[int, int] = {}
        """-dBov of each source, the loudest since the look before; 127 is silence."""
        self.key_frames: dict[int, int] = {}

    def look(self, sources: Iterable[int], now_ns: int) -> bool:
        """At all *sources*; True if one began or ceased to flow, its rate is known now, or its
        size is another.
        """
        there = dict.fromkeys(sources)
        former = self._what_counts()
        for source in there:
            self._take(source, self._read(source), now_ns)
        for table in (
            self._measured,
            self._heard,
            self.flows,
            self.levels,
            self.key_frames,
        ):
            for source in [known for known in table if known not in there]:
                del table[source]
        return former != self._what_counts()

    def take_over(self, former: int, source: int, now_ns: int) -> None:
        """*source* is what *former* was, by another way: what was measured of that holds."""
        flow = self.flows.get(former)
        if flow is not None and source not in self._measured:
            self.flows[source] = flow
            self._measured[source] = _Measured(now_ns, self._read(source).bytes, flow.rate)

    def _what_counts(self) -> dict[int, Flow]:
        # Of a rate that is not known the allocation knows nothing: it gives all that is wished.
        return {
            source: flow._replace(rate=int(flow.rate > 0)) for source, flow in self.flows.items()
        }

    def _take(self, source: int, stats: SourceStats, now_ns: int) -> None:
        measured = self._measured.get(source)
        if measured is None:
            measured = self._measured[source] = _Measured(now_ns, stats.bytes)
        passed_ns = now_ns - measured.since_ns
        if passed_ns >= WINDOW_NS:
            rate = (stats.bytes - measured.bytes) * _BITS * NANOSECOND // passed_ns
            measured.since_ns, measured.bytes, measured.rate = now_ns, stats.bytes, rate
        flows = bool(stats.last_packet_ns) and now_ns - stats.last_packet_ns <= SILENT_NS
        size = (stats.width, stats.height) if stats.width else self._size(source)
        self.flows[source] = Flow(measured.rate, flows, *size)
        # The count begins anew whenever anybody reads it, a moment ago perhaps: one look without
        # any sound is not silence yet.
        heard, self._heard[source] = self._heard.get(source, SILENCE), stats.audio_level
        self.levels[source] = heard if stats.audio_level == SILENCE else stats.audio_level
        self.key_frames[source] = stats.key_frames

    def _size(self, source: int) -> tuple[int, int]:
        """What was known, of what came another way too."""
        flow = self.flows.get(source)
        return (flow.width, flow.height) if flow is not None else (0, 0)
