"""What is said back about one incoming stream: which packets to send again, reports, key frames.

Comes in: gaps that the forwarding core found, its counts, wishes for a key frame, the time. Goes
out: RTCP packets and report blocks, to be sent by the owner of the peer. Pure: it sends nothing.
"""

from collections.abc import Callable

import msgspec

from levelchat.media.time import NANOSECOND
from levelchat.rtc import rtcp
from levelchat.rtc.forward.seams import KEY_FRAME_SPACING_NS, SourceStats
from levelchat.rtc.nack import NackSchedule
from levelchat.rtc.rtcp import ReportBlock
from levelchat.rtc.sequence import SEQUENCE_BITS, unwrap

LOCAL_SSRC = 1
"""We send no media, so that ours only has to differ from the sender's; what receivers use by
default, and what browsers use who only receive."""
MAX_MISSING = 512
"""Packets that are waited for; of more the newest count (half of the core's history)."""
GIVE_UP_NS = NANOSECOND
"""What did not come within this time is of no use to a viewer any more."""
MAX_KEY_FRAME_TRIES = 3
"""A request may be lost, or the sender may never answer (FFmpeg); those below ask again."""

_SHORT_SECOND = 1 << 16
"""Units of DLSR in a second (RFC 3550 §6.4.1)."""


class UplinkConfig(msgspec.Struct, frozen=True):
    """What was agreed on with the sender."""

    nack: bool = True
    pli: bool = True
    fir: bool = False
    """Used where PLI was not agreed on."""


class Uplink:
    """One source's. *key_frames* counts those that came; it is called rarely."""

    def __init__(self, config: UplinkConfig, key_frames: Callable[[], int], ssrc: int = 0) -> None:
        self.ssrc = ssrc
        """What its packets have; 0 before it is known."""
        self.nacked = 0
        """Packets asked for again, each time counted."""
        self.key_frame_requests = 0
        self._config = config
        self._schedule = NackSchedule()
        self._missing: dict[int, int] = {}
        self._highest = 0
        self._key_frames = key_frames
        self._wanted = 0
        self._had = 0
        self._asked_ns: int | None = None
        self._before = SourceStats()
        self._restarts = 0

    @property
    def missing(self) -> int:
        """Packets that are waited for."""
        return len(self._missing)

    # -- what is missing

    def on_gap(self, first: int, count: int, now_ns: int) -> None:
        """16-bit sequence numbers that were passed over, as the core tells."""
        start = unwrap(first, self._highest, SEQUENCE_BITS)
        # What the core passes over lies above all before: a number below is of another count.
        if start < self._highest:
            self._forget()
        self._highest = start + count
        for number in range(max(start, start + count - MAX_MISSING), start + count):
            self._missing[number] = now_ns
        while len(self._missing) > MAX_MISSING:
            del self._missing[next(iter(self._missing))]

    def on_filled(self, sequence: int, now_ns: int) -> None:
        """One of them came."""
        number = unwrap(sequence, self._highest, SEQUENCE_BITS)
        if self._missing.pop(number, None) is not None:
            self._schedule.came(number, now_ns)

    # -- what to say

    def request_key_frame(self) -> None:
        """Somebody cannot go on without one."""
        if not self._wanted:
            self._wanted = MAX_KEY_FRAME_TRIES
            self._had = self._key_frames()

    def feedback(self, now_ns: int) -> list[bytes]:
        """What must be said now; call it after every event and about every 20 ms."""
        return [*self._nack(now_ns), *self._key_frame(now_ns)]

    def report_block(self, stats: SourceStats, now_ns: int) -> ReportBlock | None:
        """What came since the report before; None when nothing did."""
        before, self._before = self._before, stats
        if stats.ssrc:
            self.ssrc = stats.ssrc
        if stats.restarts != self._restarts:
            self._restarts = stats.restarts
            self._forget()
        received = stats.packets - before.packets
        # RFC 3550 §6.4: report blocks are for sources "from which this source has received RTP
        # data packets since the last report".
        if received <= 0 or not self.ssrc:
            return None
        # The core's count of losses shrinks when late packets come: what came twice and what was
        # lost cancel out, as in RFC 3550 §A.3.
        lost = max(stats.lost - before.lost, 0)
        return ReportBlock(
            ssrc=self.ssrc,
            fraction_lost=min((lost << 8) // (received + lost), 255),
            packets_lost=min(max(stats.lost, -0x800000), 0x7FFFFF),
            highest_sequence=stats.highest_sequence & 0xFFFFFFFF,
            jitter=min(max(stats.jitter, 0), 0xFFFFFFFF),
            last_sender_report=stats.last_sender_report,
            delay_since_last=_delay(stats, now_ns),
        )

    def _nack(self, now_ns: int) -> list[bytes]:
        oldest = now_ns - GIVE_UP_NS
        while self._missing and next(iter(self._missing.values())) < oldest:
            del self._missing[next(iter(self._missing))]
        if not self._missing or not self._config.nack or not self.ssrc:
            return []
        numbers = self._schedule.due(self._missing, now_ns)
        if not numbers:
            return []
        self.nacked += len(numbers)
        return [rtcp.nack(LOCAL_SSRC, self.ssrc, numbers)]

    def _key_frame(self, now_ns: int) -> list[bytes]:
        if not self._wanted or not self.ssrc:
            return []
        if self._asked_ns is not None and now_ns - self._asked_ns < KEY_FRAME_SPACING_NS:
            return []
        if self._key_frames() != self._had or not (self._config.pli or self._config.fir):
            self._wanted = 0
            return []
        self._asked_ns = now_ns
        self._wanted -= 1
        self.key_frame_requests += 1
        if self._config.pli:
            return [rtcp.pli(LOCAL_SSRC, self.ssrc)]
        return [rtcp.fir(LOCAL_SSRC, self.ssrc, self.key_frame_requests)]

    def _forget(self) -> None:
        self._missing.clear()
        self._schedule.forget()


def _delay(stats: SourceStats, now_ns: int) -> int:
    if not stats.last_sender_report:
        return 0
    passed_ns = max(now_ns - stats.last_sender_report_ns, 0)
    return min(passed_ns * _SHORT_SECOND // NANOSECOND, 0xFFFFFFFF)
