"""What is said back to one publisher: reports, REMB, NACK and key-frame requests.

Comes in: its streams and the time. Goes out: RTCP packets to send. Pure: it sends nothing.
"""

import secrets
from collections.abc import Sequence

from ingest.streams import Stream
from levelchat.media.codec import Kind
from levelchat.media.time import NANOSECOND
from levelchat.rtc import rtcp
from levelchat.rtc.remb import RembEstimate

FIRST_REPORT_NS = 100_000_000
"""After the first packet: a browser begins at 300 kbit/s and grows only when told that it may."""

LOCAL_SSRC = 1
"""We send no media, so that ours only has to differ from the publisher's; what receivers use by
default, and what browsers use who only receive."""

_MILLISECOND = 1_000_000


class Feedback:
    """One publisher's."""

    def __init__(
        self,
        streams: Sequence[Stream],
        *,
        reduced_size: bool,
        estimate: RembEstimate,
        interval_ms: int,
    ) -> None:
        self._streams = streams
        self._reduced_size = reduced_size
        self._estimate = estimate
        self._interval_ns = interval_ms * _MILLISECOND
        self._cname = secrets.token_hex(8)
        self._due_ns = 0
        self._reported_ns = 0
        self._bytes = 0

    @property
    def bitrate(self) -> int:
        """Bits a second that the publisher was last told it may send."""
        return self._estimate.bitrate

    def start(self, now_ns: int) -> None:
        """The first packet came."""
        self._due_ns = now_ns + FIRST_REPORT_NS
        self._reported_ns = now_ns

    def due(self, now_ns: int) -> bool:
        """A report is due."""
        return now_ns >= self._due_ns

    def report(self, now_ns: int) -> bytes:
        """The compound packet: report blocks, REMB, and whatever else is due."""
        blocks = []
        worst = 0
        for stream in self._streams:
            block = stream.report_block(now_ns)
            if block is not None:
                blocks.append(block)
                if stream.track.remb:
                    worst = max(worst, block.fraction_lost)
        messages = [item for stream in self._streams for item in stream.feedback(now_ns)]
        self._due_ns = now_ns + self._interval_ns
        return rtcp.compound(
            LOCAL_SSRC, self._cname, blocks, [*self._remb(worst, now_ns), *messages]
        )

    def urgent(self, messages: list[bytes]) -> bytes:
        """*messages* as a packet of their own."""
        # RFC 5506 §3.4: reduced-size packets only where "a=rtcp-rsize" was agreed on; otherwise
        # RFC 3550 §6.1 has every packet begin with a report.
        if self._reduced_size:
            return b"".join(messages)
        return rtcp.compound(LOCAL_SSRC, self._cname, [], messages)

    def _remb(self, worst: int, now_ns: int) -> list[bytes]:
        ssrcs = [
            stream.ssrc
            for stream in self._streams
            if stream.track.remb and stream.ssrc is not None
        ]
        received = sum(
            stream.stats.bytes for stream in self._streams if stream.track.codec.kind is Kind.VIDEO
        )
        elapsed_ns = max(now_ns - self._reported_ns, 1)
        bitrate = (received - self._bytes) * 8 * NANOSECOND // elapsed_ns
        self._bytes = received
        self._reported_ns = now_ns
        if not ssrcs:
            return []
        return [rtcp.remb(LOCAL_SSRC, self._estimate.on_interval(worst, bitrate), ssrcs)]
