"""One received track: RTP packets in, encoded frames and RTCP feedback out.

Comes in: decrypted packets of one track (media and retransmissions), sender reports, the time.
Goes out: complete frames in order, feedback that is due, report blocks, counts. Never raises for
what a peer sends, and keeps at most `ReceiverLimits.max_packets` packets and one frame.
"""

import msgspec

from levelchat.media.codec import Codec, Kind
from levelchat.media.frame import EncodedFrame
from levelchat.media.time import NANOSECOND
from levelchat.rtc import rtcp, rtp
from levelchat.rtc.depacketize import depacketizer
from levelchat.rtc.frames import Frame, FrameAssembler
from levelchat.rtc.nack import NackSchedule
from levelchat.rtc.receive_stats import ReceiveStats
from levelchat.rtc.reorder import ReorderBuffer
from levelchat.rtc.rtp import RtpPacket
from levelchat.rtc.sender_clock import SenderClock
from levelchat.rtc.sequence import SEQUENCE_BITS, unwrap
from levelchat.rtc.timeline import Timeline

_MILLISECOND = 1_000_000

MAX_DROPOUT = 3000
"""Packets. A jump further than this, forward or back, is another stream (RFC 3550 §A.1)."""
SILENT_NS = NANOSECOND
"""When only late packets came for this long, the sender went back and began anew."""
KEY_FRAME_INTERVAL_NS = 500 * _MILLISECOND
"""Between two requests; an encoder needs about as long to make and send a key frame."""
GONE_NS = 5 * NANOSECOND
"""Without a packet for this long the publisher is muted, and asking again is of no use."""


class ReceiverConfig(msgspec.Struct, frozen=True):
    """What SDP agreed on for the track."""

    codec: Codec
    payload_type: int
    rtx_payload_type: int | None = None
    ssrc: int | None = None
    """None: that of the first packet with the payload type."""
    rtx_ssrc: int | None = None
    """None: any."""
    abs_capture_time_id: int | None = None
    nack: bool = False
    pli: bool = False
    fir: bool = False
    """Used where PLI was not agreed on."""
    local_ssrc: int = 1
    """Ours in what we say; a receiver that sends no media has no other use for one."""


class ReceiverLimits(msgspec.Struct, frozen=True):
    max_packets: int = 512
    """Between the first missing and the newest: 1.5 s of 4 Mbit/s."""
    video_wait_ns: int = 250 * _MILLISECOND
    """For a packet that NACK asks for: two round-trips of a bad path."""
    audio_wait_ns: int = 60 * _MILLISECOND
    """Three packets; concealing one is better than delaying all."""
    reorder_wait_ns: int = 60 * _MILLISECOND
    """For a video packet that nobody asks for: it is late, or never comes."""


class TrackStats(msgspec.Struct):
    """Counts since the track began."""

    packets: int = 0
    bytes: int = 0
    lost: int = 0
    """Given up."""
    recovered: int = 0
    """Missing, and came by retransmission."""
    duplicates: int = 0
    """Came again, or too late."""
    malformed: int = 0
    """Not RTP, not this track's, or a payload that breaks its format."""
    frames: int = 0
    key_frames: int = 0
    frames_dropped: int = 0
    """Incomplete, or of no use without a key frame before it."""
    restarts: int = 0
    key_frame_requests: int = 0
    nacks: int = 0
    """Packets asked for again."""


class TrackReceiver:
    def __init__(
        self, config: ReceiverConfig, clock: SenderClock, limits: ReceiverLimits | None = None
    ) -> None:
        limits = limits or ReceiverLimits()
        self._config = config
        self._is_video = config.codec.kind is Kind.VIDEO
        self._wait_ns = limits.audio_wait_ns
        if self._is_video:
            self._wait_ns = limits.video_wait_ns if config.nack else limits.reorder_wait_ns
        self._buffer = ReorderBuffer(limits.max_packets)
        self._assembler = FrameAssembler(
            depacketizer(config.codec), needs_key_frames=self._is_video
        )
        self._timeline = Timeline(config.codec, clock)
        self._nack = NackSchedule()
        self._reception = ReceiveStats(config.codec.clock_rate)
        self._stats = TrackStats()
        self._ssrc = config.ssrc
        self._rtx_ssrc = config.rtx_ssrc
        self._started = False
        self._said_bye = False
        self._stranger: RtpPacket | None = None
        self._heard_ns = 0
        self._advanced_ns = 0
        self._key_frame_asked_ns: int | None = None
        self._commands = 0

    @property
    def ssrc(self) -> int | None:
        """The source we listen to; None before the first packet, if SDP did not say."""
        return self._ssrc

    @property
    def stats(self) -> TrackStats:
        """A copy of the counts."""
        return msgspec.structs.replace(
            self._stats,
            malformed=self._stats.malformed + self._assembler.malformed,
            frames_dropped=self._assembler.dropped,
        )

    def receive(self, packet: bytes, now_ns: int) -> list[EncodedFrame]:
        """Takes one decrypted packet; the frames that it completes."""
        try:
            parsed = rtp.parse(packet, now_ns)
        except rtp.MalformedRtp:
            self._stats.malformed += 1
            return []
        self._stats.packets += 1
        self._stats.bytes += len(packet)
        if parsed.payload_type == self._config.payload_type:
            self._heard_ns = now_ns
            return self._on_media(parsed)
        if parsed.payload_type == self._config.rtx_payload_type:
            return self._on_retransmission(parsed)
        self._stats.malformed += 1
        return []

    def _on_media(self, packet: RtpPacket) -> list[EncodedFrame]:
        if packet.ssrc != self._ssrc or not self._started:
            return self._on_stranger(packet)
        sequence = unwrap(packet.sequence, self._buffer.highest, SEQUENCE_BITS)
        ahead = sequence - self._buffer.highest
        if 0 < ahead <= MAX_DROPOUT:
            self._advanced_ns = packet.arrival_ns
        elif abs(ahead) > MAX_DROPOUT or self._went_back(sequence, packet.arrival_ns):
            return self._on_stranger(packet)
        self._stranger = None
        self._reception.on_packet(sequence, packet.timestamp, packet.arrival_ns)
        return self._insert(sequence, packet)

    def _went_back(self, sequence: int, now_ns: int) -> bool:
        return sequence < self._buffer.next and now_ns - self._advanced_ns > SILENT_NS

    def _on_stranger(self, packet: RtpPacket) -> list[EncodedFrame]:
        """A packet of another source, or far from where its source should be."""
        if not self._started and self._ssrc in (None, packet.ssrc):
            return self._start(packet)
        if self._said_bye and packet.ssrc != self._ssrc:
            return self._start(packet)
        before, self._stranger = self._stranger, packet
        # RFC 3550 §A.1: a source is valid, and one that jumped began anew, when two packets with
        # consecutive sequence numbers came.
        if before is None:
            return []
        if before.ssrc != packet.ssrc or packet.sequence != before.sequence + 1 & 0xFFFF:
            self._stats.malformed += 1
            return []
        return self._start(before) + self._on_media(packet)

    def _start(self, packet: RtpPacket) -> list[EncodedFrame]:
        """A stream begins with *packet*."""
        if self._started:
            self._stats.restarts += 1
            self._assembler.lose()
        if packet.ssrc != self._ssrc and self._started:
            # Whoever retransmits for the new source is not known; any may.
            self._rtx_ssrc = None
        self._ssrc = packet.ssrc
        self._started = True
        self._said_bye = False
        self._stranger = None
        self._buffer.start(packet.sequence)
        self._reception.start(packet.sequence)
        self._nack.forget()
        self._timeline.start(packet.timestamp, packet.arrival_ns)
        return self._on_media(packet)

    def _on_retransmission(self, packet: RtpPacket) -> list[EncodedFrame]:
        if not self._started or self._rtx_ssrc not in (None, packet.ssrc):
            return []
        original = rtp.from_retransmission(packet, self._config.payload_type, self._ssrc or 0)
        # Chrome probes for bandwidth with retransmissions that are empty, or of old packets.
        if original is None:
            return []
        sequence = unwrap(original.sequence, self._buffer.highest, SEQUENCE_BITS)
        if sequence not in self._buffer.missing:
            self._stats.duplicates += 1
            return []
        self._stats.recovered += 1
        return self._insert(sequence, original)

    def _insert(self, sequence: int, packet: RtpPacket) -> list[EncodedFrame]:
        buffer = self._buffer
        frames: list[Frame] = []
        if buffer.passes(sequence):
            self._deliver(packet, frames)
            return [self._encoded(frame) for frame in frames]
        if sequence in buffer.missing:
            self._nack.came(sequence, packet.arrival_ns)
        if not buffer.reaches(sequence):
            self._make_room(sequence, frames)
        if not buffer.insert(sequence, packet):
            self._stats.duplicates += 1
            return []
        if self._assembler.resumes_with(packet):
            self._give_up(buffer.skip_to(sequence))
        self._release(packet.arrival_ns, frames)
        return [self._encoded(frame) for frame in frames]

    def _make_room(self, sequence: int, frames: list[Frame]) -> None:
        """Gives up gaps until the bound reaches *sequence*."""
        buffer = self._buffer
        while buffer.missing and not buffer.reaches(sequence):
            self._give_up(buffer.skip())
            self._take_ready(frames)
        # A gap wider than the bound: too much to ask for again.
        if not buffer.reaches(sequence):
            self._give_up(sequence - buffer.next)
            buffer.start(sequence)

    def _give_up(self, packets: int) -> None:
        self._stats.lost += packets
        self._assembler.lose()

    def _release(self, now_ns: int, frames: list[Frame]) -> None:
        """Takes what is ready, and gives up gaps that were waited for long enough."""
        buffer = self._buffer
        self._take_ready(frames)
        while (since_ns := buffer.blocked_since) is not None:
            if now_ns - since_ns < self._wait_ns:
                break
            self._give_up(buffer.skip())
            self._take_ready(frames)

    def _take_ready(self, frames: list[Frame]) -> None:
        while (packet := self._buffer.take()) is not None:
            self._deliver(packet, frames)

    def _deliver(self, packet: RtpPacket, frames: list[Frame]) -> None:
        wanted = self._config.abs_capture_time_id
        if wanted is not None and packet.extension:
            element = rtp.extension_element(packet, wanted)
            if element is not None:
                self._timeline.on_capture_time(element, packet.timestamp, packet.arrival_ns)
        self._assembler.push(packet, frames)

    def _encoded(self, frame: Frame) -> EncodedFrame:
        self._stats.frames += 1
        self._stats.key_frames += frame.key
        return self._timeline.encoded(frame)

    def expire(self, now_ns: int) -> list[EncodedFrame]:
        """The frames that waited for packets which are now given up."""
        frames: list[Frame] = []
        if self._buffer.missing:
            self._release(now_ns, frames)
        return [self._encoded(frame) for frame in frames]

    def feedback(self, now_ns: int) -> list[bytes]:
        """The RTCP messages that are due now, for a compound or reduced-size packet."""
        messages = []
        if self._ssrc is not None and self._config.nack and self._buffer.missing:
            numbers = self._nack.due(self._buffer.missing, now_ns)
            if numbers:
                self._stats.nacks += len(numbers)
                messages.append(rtcp.nack(self._config.local_ssrc, self._ssrc, numbers))
        if self._assembler.wants_key_frame:
            messages += self._key_frame_request(now_ns)
        return messages

    def _key_frame_request(self, now_ns: int) -> list[bytes]:
        asked_ns, config = self._key_frame_asked_ns, self._config
        if asked_ns is not None and now_ns - asked_ns < KEY_FRAME_INTERVAL_NS:
            return []
        if self._ssrc is None or now_ns - self._heard_ns > GONE_NS:
            return []
        if not config.pli and not config.fir:
            return []
        self._key_frame_asked_ns = now_ns
        self._stats.key_frame_requests += 1
        if config.pli:
            return [rtcp.pli(config.local_ssrc, self._ssrc)]
        # RFC 5104 §4.3.1.1: each new request has a command number one higher, modulo 256.
        self._commands += 1
        return [rtcp.fir(config.local_ssrc, self._ssrc, self._commands)]

    def request_key_frame(self, now_ns: int) -> None:
        """The decoder cannot go on; `feedback` will ask, also of a source that is silent now."""
        if self._is_video:
            self._assembler.wants_key_frame = True
            self._heard_ns = now_ns

    def report_block(self, now_ns: int) -> rtcp.ReportBlock | None:
        """What came since the report block before; None when nothing did."""
        if self._ssrc is None or not self._started:
            return None
        return self._reception.report(self._ssrc, now_ns)

    def on_sender_report(self, report: rtcp.SenderReport, now_ns: int) -> None:
        """A report of our source; those of others are ignored."""
        if self._started and report.ssrc == self._ssrc:
            self._reception.on_sender_report(report, now_ns)
            self._timeline.on_sender_report(report, now_ns)

    def on_bye(self) -> None:
        """The source is gone; another may take its place at once."""
        self._said_bye = True
