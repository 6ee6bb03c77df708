"""One incoming stream: what came of it, and who shall have it (F4 to F7).

Comes in: decrypted packets of a track or layer, its retransmissions, its sender reports. Goes out:
each packet once, kept in the history; what was passed over, counts. Never sends.
"""

from copy import copy
from typing import TYPE_CHECKING

from levelchat.media.time import NANOSECOND
from levelchat.rtc import rtp
from levelchat.rtc.forward import extensions, sender_reports, sizes
from levelchat.rtc.forward.dependency import DependencyReader
from levelchat.rtc.forward.history import History
from levelchat.rtc.forward.packets import Packet
from levelchat.rtc.forward.seams import SIZE_SPACING_NS, SourceConfig, SourceStats
from levelchat.rtc.rtcp import SenderReport
from levelchat.rtc.sequence import SEQUENCE_BITS

if TYPE_CHECKING:
    from levelchat.rtc.forward.outlet import Outlet

_SEQUENCE = (1 << SEQUENCE_BITS) - 1
_SILENCE = 127
_JITTER_SHIFT = 4
"""RFC 3550 §A.8."""


class Source:
    """One stream, in the state of its newest SSRC."""

    __slots__ = (
        "_clock_rate",
        "_dependency",
        "_sized_ns",
        "_transit",
        "attached",
        "carrying",
        "config",
        "filled",
        "gap",
        "history",
        "jitter",
        "lost_before",
        "number",
        "stats",
        "waiting",
    )

    def __init__(self, number: int, config: SourceConfig) -> None:
        self.number = number
        self.config = config
        self.stats = SourceStats()
        self.attached: set[tuple[int, int]] = set()
        """Routes and SSRCs."""
        self.carrying: list[Outlet] = []
        """Whom each packet goes to."""
        self.waiting: list[Outlet] = []
        """Who will carry it from a key frame on."""
        self.gap: tuple[int, int] | None = None
        """What the newest packet passed over: first and count."""
        self.filled: int | None = None
        """The number that was passed over before and came with the newest packet."""
        self._clock_rate = config.codec.clock_rate
        self._sized_ns = -SIZE_SPACING_NS
        self.lost_before = 0
        self._begin()

    def _begin(self) -> None:
        self.history = History(self.config.history)
        self._dependency = DependencyReader()
        self._transit: int | None = None
        self.jitter = 0

    def accept(self, data: bytes, now_ns: int, *, repair: bool = False) -> Packet | None:
        """The packet in *data*; None for what is none, came before or is of another kind."""
        self.gap = self.filled = None
        try:
            packet: rtp.RtpPacket | None = rtp.parse(data, now_ns)
        except rtp.MalformedRtp:
            return None
        if repair and packet is not None:
            packet = self._original(packet)
        if packet is None or packet.payload_type != self.config.payload_type:
            return None
        if not repair:
            self._follow(packet)
        elif not self.history.continues(packet.sequence):
            return None
        return self._keep(packet, repair=repair)

    def _original(self, packet: rtp.RtpPacket) -> rtp.RtpPacket | None:
        config = self.config
        if packet.payload_type != config.rtx_payload_type or not self.stats.ssrc:
            return None
        original = rtp.from_retransmission(packet, config.payload_type, self.stats.ssrc)
        # RFC 4588 §4: a payload of the number alone is padding, which probes for bandwidth.
        return original if original is not None and original.payload else None

    def _follow(self, packet: rtp.RtpPacket) -> None:
        """Begins anew where *packet* does not continue what came before (F5)."""
        stats = self.stats
        changed = stats.ssrc not in (0, packet.ssrc)
        if changed or not self.history.continues(packet.sequence):
            self.lost_before += self.history.expected - self.history.unique
            self.history.forget()
            self._begin()
            stats.restarts += 1
        stats.ssrc = packet.ssrc

    def _keep(self, packet: rtp.RtpPacket, *, repair: bool) -> Packet | None:
        history, stats = self.history, self.stats
        number = history.number(packet.sequence)
        if number is None:
            stats.duplicates += 1
            return None
        highest = history.highest
        if highest < 0:
            stats.first_sequence = packet.sequence
        elif history.first < number < highest:
            self.filled = packet.sequence
        elif number > highest + 1:
            self.gap = highest + 1 & _SEQUENCE, number - highest - 1
        kept = extensions.read(packet, self.config.extensions)
        made = Packet(packet, kept, self.config.codec)
        made.sequence = number
        if kept.dependency is not None:
            made.frame = self._dependency.read(kept.dependency)
        history.add(made)
        self._count(made)
        if not repair:
            self._measure_jitter(packet)
        return made

    def _count(self, packet: Packet) -> None:
        stats = self.stats
        stats.packets += 1
        stats.bytes += len(packet.payload)
        stats.key_frames += packet.key
        stats.last_packet_ns = packet.arrival_ns
        if packet.kept.audio_level:
            # RFC 6464 §3: 0 is the loudest; the highest bit says whether it is voice.
            stats.audio_level = min(stats.audio_level, packet.kept.audio_level[0] & _SILENCE)
        if packet.key and packet.arrival_ns - self._sized_ns >= SIZE_SPACING_NS:
            self._sized_ns = packet.arrival_ns
            size = sizes.read(self.config.codec, packet.payload)
            if size != sizes.UNKNOWN:
                stats.width, stats.height = size

    def _measure_jitter(self, packet: rtp.RtpPacket) -> None:
        """RFC 3550 §A.8, in sixteenths."""
        arrival = packet.arrival_ns * self._clock_rate // NANOSECOND
        transit = arrival - packet.timestamp & 0xFFFFFFFF
        if self._transit is not None:
            step = transit - self._transit & 0xFFFFFFFF
            step = min(step, (1 << 32) - step)
            self.jitter += step - (self.jitter + 8 >> _JITTER_SHIFT)
        self._transit = transit

    def on_report(self, report: SenderReport, now_ns: int) -> None:
        """The publisher says when what was captured."""
        self.history.report = report
        self.stats.last_sender_report = sender_reports.middle(report.ntp)
        self.stats.last_sender_report_ns = now_ns

    def snapshot(self) -> SourceStats:
        """The counts by now; the audio level begins anew."""
        stats, history = self.stats, self.history
        stats.lost = self.lost_before + history.expected - history.unique
        stats.highest_sequence = max(history.highest, 0) & 0xFFFFFFFF
        stats.jitter = self.jitter >> _JITTER_SHIFT
        said = copy(stats)
        stats.audio_level = _SILENCE
        return said
