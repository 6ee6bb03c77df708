"""One WHIP session: a peer's packets become frames of its room.

Comes in: what the peer sends, and the time. Goes out: frames to the packager, RTCP to the peer,
and its end with a reason. It never decodes, and it ends by itself when nothing comes.
"""

import secrets
from typing import Protocol

import msgspec
import structlog

from ingest.feedback import Feedback
from ingest.metrics import IngestMetrics
from ingest.reports import StreamReports
from ingest.settings import IngestSettings
from levelchat.bus.seams import Bus
from levelchat.clock import Clock
from levelchat.errors import LevelChatError
from levelchat.media.frame import EncodedFrame, TrackInfo
from levelchat.media.seams import FrameSink, FrameWriter
from levelchat.media.time import NANOSECOND
from levelchat.rtc import rtcp
from levelchat.rtc.endpoint import RtcEndpoint
from levelchat.rtc.negotiate import Negotiation
from levelchat.rtc.peer import Peer
from levelchat.rtc.receiver import TrackReceiver, TrackStats
from levelchat.rtc.remb import RembEstimate
from levelchat.rtc.sdp import IceParameters
from levelchat.rtc.sender_clock import SenderClock
from levelchat.service.presence import Membership

_KEY_BYTES = 24
"""192 random bits. RFC 9725 §5: session URLs need "enough randomness" not to be guessed."""

_log = structlog.get_logger("ingest")


class Surroundings(msgspec.Struct, frozen=True):
    """What every session stands on."""

    sink: FrameSink
    clock: Clock
    settings: IngestSettings
    metrics: IngestMetrics
    bus: Bus


class SessionOwner(Protocol):
    """Who keeps the sessions."""

    def on_live(self, session: "Session") -> None:
        """Its first media came: it is its room's publisher now."""

    def on_end(self, session: "Session") -> None:
        """It is over."""


class Session:
    """Made for an offer; `begin` binds it to its peer, whose events it takes."""

    def __init__(
        self,
        place: Membership,
        decided: Negotiation,
        remote_ice: IceParameters,
        endpoint: RtcEndpoint,
        around: Surroundings,
        owner: SessionOwner,
    ) -> None:
        self.key = secrets.token_urlsafe(_KEY_BYTES)
        """The secret part of its URL."""
        self.room = place.grant.media_id
        """Its name on the media planes."""
        self.identity = place.grant.identity
        self.remote_ice = remote_ice
        self.live = False
        self._place = place
        self._endpoint = endpoint
        self._around = around
        self._owner = owner
        self._decided = decided
        clock = SenderClock()
        self._tracks = [
            (track, TrackReceiver(track.receiver(), clock)) for track in decided.tracks
        ]
        self._sources: dict[int, TrackReceiver] = {}
        self._by_payload_type: dict[int, tuple[int, bool]] = {}
        settings = around.settings
        self._feedback = Feedback(
            self._tracks,
            reduced_size=decided.rtcp_rsize,
            estimate=RembEstimate(settings.min_bitrate, settings.max_bitrate),
            interval_ms=settings.report_ms,
        )
        self._counted = [TrackStats() for _ in self._tracks]
        self._reports = StreamReports(around.bus, around.clock, place)
        self._stray = self._stray_counted = 0
        self._peer: Peer | None = None
        self._writer: FrameWriter | None = None
        self._begun_ns = self._connected_ns = self._heard_ns = 0
        self._log = _log.bind(room=self.room, session=place.session, identity=self.identity)

    @property
    def etag(self) -> str:
        """The strong entity-tag of the ICE session (RFC 9725 §4.3.1)."""
        return f'"{self.peer.ice.ufrag}"'

    @property
    def peer(self) -> Peer:
        if self._peer is None:
            raise RuntimeError("a session is used before it begins")
        return self._peer

    def begin(self, peer: Peer) -> None:
        """*peer* is on its way."""
        self._peer = peer
        self._begun_ns = self._around.clock.monotonic_ns()
        self._place.on_end = self.close
        self._log.info(
            "publisher session begins",
            codecs=[track.codec.value for track in self._decided.tracks],
        )

    def answers_to(self, room: str) -> bool:
        """*room* is one of its room's names."""
        return room in (self.room, self._place.grant.room)

    def restart_ice(self, remote: IceParameters) -> IceParameters:
        """The peer has new credentials, and so have we."""
        self.remote_ice = remote
        return self.peer.restart_ice()

    def close(self, reason: str) -> None:
        """Ends it; `on_closed` does the rest."""
        self.peer.close(reason)

    def on_connected(self) -> None:
        """DTLS is up: each track becomes a source of the forwarding core."""
        self._connected_ns = self._around.clock.now_ns()
        forwarder = self._endpoint.forwarder
        for track, receiver in self._tracks:
            source = self._endpoint.open_source(track.source_config(tap=True, gaps=False), self)
            self._sources[source] = receiver
            self._by_payload_type[track.format.payload_type] = (source, False)
            if track.media.ssrc is not None:
                forwarder.attach(source, self.peer.route, track.media.ssrc)
            if track.rtx is not None:
                self._by_payload_type[track.rtx.payload_type] = (source, True)
            if track.rtx is not None and track.media.rtx_ssrc is not None:
                forwarder.attach(source, self.peer.route, track.media.rtx_ssrc, repair=True)

    def on_stray(self, packet: bytes, now_ns: int) -> None:
        """A packet of an SSRC that was not announced: its payload type says whose it is."""
        # RFC 9143 §9.2 allows routing by payload type, which is unique in our bundles.
        source, repair = self._by_payload_type.get(packet[1] & 0x7F, (0, False))
        if not source:
            self._stray += 1
            return
        ssrc = int.from_bytes(packet[8:12], "big")
        self._endpoint.forwarder.attach(source, self.peer.route, ssrc, repair=repair)
        if repair:
            self.on_packet(source, packet, now_ns)
        else:
            self._endpoint.forwarder.push(source, packet, now_ns)

    def on_gap(self, source: int, first: int, count: int, now_ns: int) -> None:
        """The receiver of the track sees it by itself."""

    def on_filled(self, source: int, sequence: int, now_ns: int) -> None:
        """The receiver of the track sees it by itself."""

    def on_packet(self, source: int, packet: bytes, now_ns: int) -> None:
        """A packet came: frames may be complete, and a gap may show."""
        receiver = self._sources.get(source)
        if receiver is None or self.peer.is_closed:
            return
        if self._writer is None and not self._go_live(now_ns):
            return
        self._heard_ns = now_ns
        self._write(receiver.receive(packet, now_ns))
        messages = receiver.feedback(now_ns)
        if messages:
            self.peer.send_rtcp(self._feedback.urgent(messages))

    def on_rtcp(self, packet: bytes, now_ns: int) -> None:
        """Reports of the publisher on its own streams."""
        try:
            reports = rtcp.parse(packet)
        except rtcp.MalformedRtcp:
            self._around.metrics.malformed_rtcp.inc()
            return
        for report in reports:
            for _, receiver in self._tracks:
                if isinstance(report, rtcp.SenderReport):
                    receiver.on_sender_report(report, now_ns)
                elif isinstance(report, rtcp.Bye) and receiver.ssrc in report.ssrcs:
                    receiver.on_bye()

    def on_tick(self, now_ns: int) -> None:
        """Packets may be given up, questions repeated, reports due; or nobody is there."""
        if self._writer is None:
            if now_ns - self._connected_ns > self._settings.first_media_seconds * NANOSECOND:
                self.close(f"no media within {self._settings.first_media_seconds} s")
            return
        if now_ns - self._heard_ns > self._settings.idle_seconds * NANOSECOND:
            self.close(f"no media for {self._settings.idle_seconds} s")
            return
        messages = []
        for _, receiver in self._tracks:
            self._write(receiver.expire(now_ns))
            messages += receiver.feedback(now_ns)
        if messages:
            self.peer.send_rtcp(self._feedback.urgent(messages))
        if self._feedback.due(now_ns):
            self.peer.send_rtcp(self._feedback.report(now_ns))
            self._count()
        if self._reports.due(now_ns):
            self._reports.tell([receiver.stats for _, receiver in self._tracks], now_ns)

    def on_closed(self, reason: str) -> None:
        """The peer is gone, by its will, ours, or silence."""
        for source in self._sources:
            self._endpoint.close_source(source)
        if self._writer is not None:
            self._writer.close(reason)
        self._reports.stop(reason)
        self._place.leave(self._place.end_reason or "left")
        self._count()
        self._owner.on_end(self)
        seconds = (self._around.clock.monotonic_ns() - self._begun_ns) / NANOSECOND
        self._log.info(
            "publisher session ends",
            reason=reason,
            seconds=round(seconds, 1),
            srtp_errors=self.peer.stats.srtp_errors,
            stray_packets=self._stray,
            **self._summary(),
        )

    @property
    def _settings(self) -> IngestSettings:
        return self._around.settings

    def _go_live(self, now_ns: int) -> bool:
        tracks = tuple(TrackInfo(track.codec) for track in self._decided.tracks)
        try:
            self._writer = self._around.sink.open(self.room, tracks, self._request_key_frame)
        except LevelChatError as error:
            self.close(f"the packager refused: {error.detail}")
            return False
        self.live = True
        self._feedback.start(now_ns)
        self._reports.start([track.codec.kind for track in self._decided.tracks], now_ns)
        self._owner.on_live(self)
        return True

    def _request_key_frame(self) -> None:
        now_ns = self._around.clock.now_ns()
        for _, receiver in self._tracks:
            receiver.request_key_frame(now_ns)

    def _write(self, frames: list[EncodedFrame]) -> None:
        if self._writer is not None:
            for frame in frames:
                self._writer.write(frame)

    def _count(self) -> None:
        metrics = self._around.metrics
        metrics.stray_packets.inc(self._stray - self._stray_counted)
        self._stray_counted = self._stray
        for index, (track, receiver) in enumerate(self._tracks):
            stats = receiver.stats
            metrics.count_track(track.codec.kind, self._counted[index], stats)
            self._counted[index] = stats

    def _summary(self) -> dict[str, dict[str, int]]:
        """The counts that are not zero, by kind of track."""
        return {
            track.codec.kind.value: {
                name: value
                for name, value in msgspec.structs.asdict(receiver.stats).items()
                if value
            }
            for track, receiver in self._tracks
        }
