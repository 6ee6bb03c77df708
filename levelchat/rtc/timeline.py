"""One track's RTP timestamps as one line of ticks, and each frame's capture time on it.

Comes in: frames with timestamps as the wire has them, sender reports, capture times. Goes out:
`EncodedFrame`s. Never lets `pts` jump because the publisher began anew.
"""

from levelchat.media.codec import Codec
from levelchat.media.frame import EncodedFrame
from levelchat.media.time import NANOSECOND
from levelchat.rtc.depacketize.opus import duration
from levelchat.rtc.frames import Frame
from levelchat.rtc.rtcp import SenderReport
from levelchat.rtc.sender_clock import SenderClock
from levelchat.rtc.sequence import TIMESTAMP_BITS, unwrap

_NTP_BYTES = 8


class Timeline:
    """*clock* is the publisher's, shared by all its tracks."""

    __slots__ = ("_at_ns", "_clock", "_codec", "_rate", "_rebase", "_ticks")

    def __init__(self, codec: Codec, clock: SenderClock) -> None:
        self._codec = codec
        self._rate = codec.clock_rate
        self._clock = clock.track(codec.clock_rate)
        self._ticks: int | None = None
        self._at_ns = 0
        self._rebase = 0

    def start(self, timestamp: int, now_ns: int) -> None:
        """A stream begins with *timestamp*; `pts` goes on from one before."""
        if self._ticks is not None:
            self._rebase += self._expected(now_ns) - timestamp
            self._clock.restart()
        self._ticks = timestamp
        self._at_ns = now_ns

    def _expected(self, now_ns: int) -> int:
        """Where the ticks should be now.

        A muted track may be silent for longer than half a turn of its timestamp (6.6 hours of
        video): the time that passed tells how many turns there were.
        """
        return (self._ticks or 0) + (now_ns - self._at_ns) * self._rate // NANOSECOND

    def _unwrap(self, timestamp: int, now_ns: int) -> int:
        return unwrap(timestamp, self._expected(now_ns), TIMESTAMP_BITS)

    def on_sender_report(self, report: SenderReport, now_ns: int) -> None:
        if self._ticks is not None:
            ticks = self._unwrap(report.rtp_timestamp, now_ns)
            self._clock.on_sender_report(report.ntp, ticks, now_ns)

    def on_capture_time(self, element: bytes, timestamp: int, arrival_ns: int) -> None:
        """*element* is the header extension abs-capture-time of the packet with *timestamp*."""
        if len(element) < _NTP_BYTES:
            return
        ntp = int.from_bytes(element[:_NTP_BYTES], "big")
        if len(element) >= 2 * _NTP_BYTES:
            # "Capture NTP Clock = Sender NTP Clock + Capture Clock Offset"; the offset is signed.
            offset = element[_NTP_BYTES : 2 * _NTP_BYTES]
            ntp -= int.from_bytes(offset, "big", signed=True)
        self._clock.on_capture_time(ntp, self._unwrap(timestamp, arrival_ns), arrival_ns)

    def encoded(self, frame: Frame) -> EncodedFrame:
        """The frame with its place in time."""
        arrival_ns = frame.arrival_ns
        ticks = self._unwrap(frame.timestamp, arrival_ns)
        self._ticks = ticks
        self._at_ns = arrival_ns
        ready = ticks + duration(frame.data) if self._codec is Codec.OPUS else ticks
        return EncodedFrame(
            codec=self._codec,
            pts=ticks + self._rebase,
            wall_ns=self._clock.stamp(ticks, ready, arrival_ns),
            key=frame.key,
            broken=frame.broken,
            data=frame.data,
        )
