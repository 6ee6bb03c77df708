"""The incoming RTP streams of one publisher: tracks, and simulcast layers of tracks.

Comes in: packets, gaps and counts of one source of the forwarding core. Goes out: what is to be
said back about it, and frames where somebody wants them. Two kinds: a `ReadStream` is taken apart
into frames for a packager, a `PassedStream` is only handed on, and no packet of it comes here.
"""

from collections.abc import Callable
from typing import Protocol

import msgspec

from levelchat.media.codec import Kind
from levelchat.media.frame import EncodedFrame
from levelchat.rtc import rtcp
from levelchat.rtc.forward.seams import SourceStats
from levelchat.rtc.negotiate import AcceptedTrack
from levelchat.rtc.receiver import TrackReceiver, TrackStats
from levelchat.rtc.sender_clock import SenderClock
from levelchat.rtc.uplink import Uplink, UplinkConfig


class Stream(Protocol):
    """What both kinds can."""

    track: AcceptedTrack
    rid: str
    """Of its simulcast layer; empty without."""

    @property
    def ssrc(self) -> int | None:
        """None before it is known."""

    @property
    def stats(self) -> TrackStats:
        """A copy of the counts."""

    def feedback(self, now_ns: int) -> list[bytes]:
        """RTCP that is due now."""

    def report_block(self, now_ns: int) -> rtcp.ReportBlock | None:
        """What came since the block before; None when nothing did."""

    def request_key_frame(self, now_ns: int) -> None:
        """`feedback` will ask."""

    def heard_ns(self) -> int:
        """When the newest packet came; 0 before the first."""


class ReadStream:
    """One that becomes frames."""

    def __init__(self, track: AcceptedTrack, rid: str, clock: SenderClock) -> None:
        self.track = track
        self.rid = rid
        config = track.receiver()
        if rid:
            # The m-line's SSRCs, if it names any, are not said to be this layer's.
            config = msgspec.structs.replace(config, ssrc=None, rtx_ssrc=None)
        self._receiver = TrackReceiver(config, clock)
        self._heard_ns = 0

    @property
    def ssrc(self) -> int | None:
        return self._receiver.ssrc

    @property
    def stats(self) -> TrackStats:
        return self._receiver.stats

    def receive(self, packet: bytes, now_ns: int) -> list[EncodedFrame]:
        """Frames that *packet* completes."""
        self._heard_ns = now_ns
        return self._receiver.receive(packet, now_ns)

    def expire(self, now_ns: int) -> list[EncodedFrame]:
        """Frames that waited for packets which are now given up."""
        return self._receiver.expire(now_ns)

    def on_report(self, report: object, now_ns: int) -> None:
        """A sender report or a goodbye of the publisher."""
        if isinstance(report, rtcp.SenderReport):
            self._receiver.on_sender_report(report, now_ns)
        elif isinstance(report, rtcp.Bye) and self._receiver.ssrc in report.ssrcs:
            self._receiver.on_bye()

    def feedback(self, now_ns: int) -> list[bytes]:
        return self._receiver.feedback(now_ns)

    def report_block(self, now_ns: int) -> rtcp.ReportBlock | None:
        return self._receiver.report_block(now_ns)

    def request_key_frame(self, now_ns: int) -> None:
        self._receiver.request_key_frame(now_ns)

    def heard_ns(self) -> int:
        return self._heard_ns


class PassedStream:
    """One that is only forwarded. *read* gives the core's counts of its source."""

    def __init__(self, track: AcceptedTrack, rid: str, read: Callable[[], SourceStats]) -> None:
        self.track = track
        self.rid = rid
        self._read = read
        config = UplinkConfig(
            nack="nack" in track.feedback,
            pli="nack pli" in track.feedback,
            fir="ccm fir" in track.feedback,
        )
        announced = 0 if rid else track.media.ssrc or 0
        self._uplink = Uplink(config, lambda: read().key_frames, announced)

    @property
    def ssrc(self) -> int | None:
        return self._uplink.ssrc or None

    @property
    def stats(self) -> TrackStats:
        stats = self._read()
        return TrackStats(
            packets=stats.packets,
            bytes=stats.bytes,
            lost=max(stats.lost, 0),
            duplicates=stats.duplicates,
            key_frames=stats.key_frames,
            restarts=stats.restarts,
            key_frame_requests=self._uplink.key_frame_requests,
            nacks=self._uplink.nacked,
        )

    def on_gap(self, first: int, count: int, now_ns: int) -> None:
        """Numbers were passed over."""
        self._uplink.on_gap(first, count, now_ns)

    def on_filled(self, sequence: int, now_ns: int) -> None:
        """One of them came."""
        self._uplink.on_filled(sequence, now_ns)

    def feedback(self, now_ns: int) -> list[bytes]:
        if not self._uplink.ssrc:
            self._uplink.ssrc = self._read().ssrc
        return self._uplink.feedback(now_ns)

    def report_block(self, now_ns: int) -> rtcp.ReportBlock | None:
        return self._uplink.report_block(self._read(), now_ns)

    def request_key_frame(self, now_ns: int) -> None:  # noqa: ARG002 - the seam's
        if self.track.codec.kind is Kind.VIDEO:
            self._uplink.request_key_frame()

    def heard_ns(self) -> int:
        return self._read().last_packet_ns
