"""Loss and jitter of one received stream (RFC 3550 §6.4.1, §A.3, §A.8).

Comes in: unwrapped sequence numbers, timestamps, arrivals, sender reports. Goes out: report
blocks. Never counts retransmissions, which are a stream of their own (RFC 4588 §4).
"""

from levelchat.media.time import NANOSECOND
from levelchat.rtc.rtcp import ReportBlock, SenderReport

_JITTER_SHIFT = 4
"""The gain of 1/16 (RFC 3550 §6.4.1), kept as a scaled integer (§A.8)."""
_SHORT_SECOND = 1 << 16
"""Units of DLSR in a second."""


class ReceiveStats:
    __slots__ = (
        "_base",
        "_expected_before",
        "_highest",
        "_jitter",
        "_rate",
        "_received",
        "_received_before",
        "_sender_report",
        "_transit",
    )

    def __init__(self, clock_rate: int) -> None:
        self._rate = clock_rate
        self._sender_report: tuple[int, int] | None = None
        self.start(0)

    def start(self, sequence: int) -> None:
        """A new source: *sequence* is its first, unwrapped from zero."""
        self._base = sequence
        self._highest = sequence - 1
        self._received = 0
        self._expected_before = 0
        self._received_before = 0
        self._jitter = 0
        self._transit: int | None = None
        self._sender_report = None

    def on_packet(self, sequence: int, timestamp: int, arrival_ns: int) -> None:
        """Every packet counts, late and duplicate ones too (§6.4.1)."""
        self._received += 1
        self._highest = max(sequence, self._highest)
        transit = arrival_ns * self._rate // NANOSECOND - timestamp
        if self._transit is not None:
            # Modulo 2^32 as the timestamp is, so that its wrap is not jitter.
            distance = abs((transit - self._transit + (1 << 31) & 0xFFFFFFFF) - (1 << 31))
            self._jitter += distance - ((self._jitter + 8) >> _JITTER_SHIFT)
        self._transit = transit

    def on_sender_report(self, report: SenderReport, now_ns: int) -> None:
        self._sender_report = report.ntp >> 16 & 0xFFFFFFFF, now_ns

    @property
    def jitter(self) -> int:
        """Ticks."""
        return self._jitter >> _JITTER_SHIFT

    @property
    def packets_lost(self) -> int:
        return self._highest - self._base + 1 - self._received

    def report(self, ssrc: int, now_ns: int) -> ReportBlock | None:
        """What came since the report before; None when nothing did."""
        received = self._received - self._received_before
        # RFC 3550 §6.4: report blocks are for sources "from which this source has received RTP
        # data packets since the last report".
        if not received:
            return None
        expected_in_all = self._highest - self._base + 1
        expected = expected_in_all - self._expected_before
        lost = expected - received
        self._expected_before = expected_in_all
        self._received_before = self._received
        last, delay = 0, 0
        if self._sender_report is not None:
            last, at_ns = self._sender_report
            delay = min((now_ns - at_ns) * _SHORT_SECOND // NANOSECOND, 0xFFFFFFFF)
        return ReportBlock(
            ssrc=ssrc,
            fraction_lost=min((lost << 8) // expected, 255) if expected > 0 and lost > 0 else 0,
            packets_lost=min(max(self.packets_lost, -0x800000), 0x7FFFFF),
            highest_sequence=self._highest & 0xFFFFFFFF,
            jitter=min(self.jitter, 0xFFFFFFFF),
            last_sender_report=last,
            delay_since_last=delay,
        )
