"""One WHIP session: a peer's packets become frames of its room's programme, or go to its stage.

Comes in: what the peer sends, and the time. Goes out: frames to the packager, what it publishes
to the stage, RTCP to the peer, and its end with a reason. It never decodes, and it ends by itself
when nothing comes.
"""

import secrets
from typing import Literal, Protocol

import msgspec
import structlog

from ingest.feedback import Feedback
from ingest.layer_choice import LayerChoice
from ingest.metrics import IngestMetrics
from ingest.reports import StreamReports
from ingest.routing import Place, Routing
from ingest.settings import IngestSettings
from ingest.streams import PassedStream, ReadStream, Stream
from levelchat.bus.seams import Bus
from levelchat.clock import Clock
from levelchat.errors import LevelChatError
from levelchat.media.codec import Kind
from levelchat.media.frame import EncodedFrame, TrackInfo
from levelchat.media.seams import FrameSink, FrameWriter, StageSink
from levelchat.media.stage import Layer, Publication, PublishedTrack
from levelchat.media.time import NANOSECOND
from levelchat.rtc import rtcp
from levelchat.rtc.endpoint import RtcEndpoint
from levelchat.rtc.negotiate import AcceptedTrack, Negotiation
from levelchat.rtc.peer import Peer
from levelchat.rtc.receiver import TrackStats
from levelchat.rtc.remb import RembEstimate
from levelchat.rtc.sdp import IceParameters
from levelchat.rtc.sender_clock import SenderClock
from levelchat.service.presence import Membership

_KEY_BYTES = 24
"""192 random bits. RFC 9725 §5: session URLs need "enough randomness" not to be guessed."""

_log = structlog.get_logger("ingest")

Target = Literal["programme", "stage"]
"""What a session publishes to: its room's one programme, which HLS shows and the stage too; or
only the stage, as one of many.
"""


class Surroundings(msgspec.Struct, frozen=True):
    """What every session stands on."""

    frames: FrameSink | None
    """None without a packager."""
    stage: StageSink | None
    """None without the cascade."""
    clock: Clock
    settings: IngestSettings
    metrics: IngestMetrics
    bus: Bus


class SessionOwner(Protocol):
    """Who keeps the sessions."""

    def on_live(self, session: "Session") -> None:
        """Its first media came: it is who publishes in its place now."""

    def on_end(self, session: "Session") -> None:
        """It is over."""


class Session:
    """Made for an offer; `begin` binds it to its peer, whose events it takes."""

    def __init__(
        self,
        place: Membership,
        target: Target,
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
        self.target = target
        self.remote_ice = remote_ice
        self.live = False
        self._place = place
        self._endpoint = endpoint
        self._around = around
        self._owner = owner
        self._decided = decided
        self._routing = Routing(decided.tracks)
        self._streams: dict[int, Stream] = {}
        """By source."""
        self._sources: dict[Place, int] = {}
        self._choices = {
            track.index: LayerChoice(max(len(track.rids), 1)) for track in decided.tracks
        }
        self._counted: dict[int, TrackStats] = {}
        self._reports = StreamReports(around.bus, around.clock, place)
        self._stray = self._stray_counted = 0
        self._peer: Peer | None = None
        self._writer: FrameWriter | None = None
        self._feedback: Feedback | None = None
        self._begun_ns = self._connected_ns = 0
        self._log = _log.bind(room=self.room, session=place.session, identity=self.identity)

    @property
    def place(self) -> tuple[str, str]:
        """What only one can have: the programme of a room, or an identity on its stage."""
        return self.room, self.identity if self.target == "stage" else ""

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
        peer.only_receives = True
        self._begun_ns = self._around.clock.monotonic_ns()
        self._place.on_end = self.close
        self._log.info(
            "publisher session begins",
            codecs=[track.codec.value for track in self._decided.tracks],
            to=self.target,
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

    # -- the peer

    def on_connected(self) -> None:
        """DTLS is up: each track, or each layer of it, becomes a source of the forwarding core."""
        if self._streams:
            return
        self._connected_ns = self._around.clock.now_ns()
        clock = SenderClock()
        for track in self._decided.tracks:
            for rid in track.quality_order() or ("",):
                self._open(track, rid, clock)
        self._feedback = Feedback(
            list(self._streams.values()),
            reduced_size=self._decided.rtcp_rsize,
            estimate=RembEstimate(self._settings.min_bitrate, self._settings.max_bitrate),
            interval_ms=self._settings.report_ms,
        )

    def on_stray(self, packet: bytes, now_ns: int) -> None:
        """A packet of an SSRC that was not announced says by itself whose it is."""
        routed = self._routing.find(packet)
        if routed is None:
            self._stray += 1
            return
        source = self._sources[routed.place]
        ssrc = int.from_bytes(packet[8:12], "big")
        forwarder = self._endpoint.forwarder
        forwarder.attach(source, self.peer.route, ssrc, repair=routed.repair)
        if not routed.repair:
            forwarder.push(source, packet, now_ns)
        elif self.target == "programme":
            self.on_packet(source, packet, now_ns)

    def on_rtcp(self, packet: bytes, now_ns: int) -> None:
        """Reports of the publisher on its own streams."""
        try:
            reports = rtcp.parse(packet)
        except rtcp.MalformedRtcp:
            self._around.metrics.malformed_rtcp.inc()
            return
        for stream in self._streams.values():
            if isinstance(stream, ReadStream):
                for report in reports:
                    stream.on_report(report, now_ns)

    def on_tick(self, now_ns: int) -> None:
        """Packets may be given up, questions repeated, reports due; or nobody is there."""
        if not self.live:
            self._await_media(now_ns)
            return
        for stream in self._streams.values():
            if isinstance(stream, ReadStream):
                self._write(stream, stream.expire(now_ns), now_ns)
        self._say(list(self._streams.values()), now_ns)
        if self._feedback is not None and self._feedback.due(now_ns):
            self.peer.send_rtcp(self._feedback.report(now_ns))
            self._count()
            if now_ns - self._heard_ns() > self._settings.idle_seconds * NANOSECOND:
                self.close(f"no media for {self._settings.idle_seconds} s")
                return
        if self._reports.due(now_ns):
            self._reports.tell([stream.stats for stream in self._streams.values()], now_ns)

    def on_closed(self, reason: str) -> None:
        """The peer is gone, by its will, ours, or silence."""
        summary = self._summary()
        self._count()
        try:
            self._withdraw(reason)
        except Exception:  # noqa: BLE001 - a defect of who took its media costs no place
            self._log.exception("a publisher was not let go by all")
        self._place.leave(self._place.end_reason or "left")
        self._owner.on_end(self)
        seconds = (self._around.clock.monotonic_ns() - self._begun_ns) / NANOSECOND
        self._log.info(
            "publisher session ends",
            reason=reason,
            seconds=round(seconds, 1),
            srtp_errors=self.peer.stats.srtp_errors,
            stray_packets=self._stray,
            **summary,
        )

    def _withdraw(self, reason: str) -> None:
        if self.live and self._around.stage is not None:
            self._around.stage.unpublish(self.room, self._place.session)
        for source in self._streams:
            self._endpoint.close_source(source)
        self._reports.stop(reason)
        if self._writer is not None:
            self._writer.close(reason)

    # -- sources

    def on_packet(self, source: int, packet: bytes, now_ns: int) -> None:
        """A packet came: frames may be complete, and a gap may show."""
        stream = self._streams.get(source)
        if not isinstance(stream, ReadStream) or self.peer.is_closed:
            return
        if not self.live and not self._go_live(now_ns):
            return
        self._write(stream, stream.receive(packet, now_ns), now_ns)
        self._say([stream], now_ns)

    def on_gap(self, source: int, first: int, count: int, now_ns: int) -> None:
        """Numbers were passed over. A stream that is read sees it by itself."""
        stream = self._streams.get(source)
        if isinstance(stream, PassedStream):
            stream.on_gap(first, count, now_ns)
            self._say([stream], now_ns)

    def on_filled(self, source: int, sequence: int, now_ns: int) -> None:
        """One of them came after all."""
        stream = self._streams.get(source)
        if isinstance(stream, PassedStream):
            stream.on_filled(sequence, now_ns)

    @property
    def _settings(self) -> IngestSettings:
        return self._around.settings

    def _open(self, track: AcceptedTrack, rid: str, clock: SenderClock) -> None:
        is_read = self.target == "programme"
        source = self._endpoint.open_source(
            track.source_config(tap=is_read, gaps=not is_read), self
        )
        forwarder = self._endpoint.forwarder
        self._sources[Place(track.index, rid)] = source
        self._streams[source] = (
            ReadStream(track, rid, clock)
            if is_read
            else PassedStream(track, rid, lambda: forwarder.source_stats(source))
        )
        if rid:
            return
        if track.media.ssrc is not None:
            forwarder.attach(source, self.peer.route, track.media.ssrc)
        if track.rtx is not None and track.media.rtx_ssrc is not None:
            forwarder.attach(source, self.peer.route, track.media.rtx_ssrc, repair=True)

    def _heard_ns(self) -> int:
        return max(stream.heard_ns() for stream in self._streams.values())

    def _await_media(self, now_ns: int) -> None:
        if self._heard_ns():
            self._go_live(now_ns)
        elif now_ns - self._connected_ns > self._settings.first_media_seconds * NANOSECOND:
            self.close(f"no media within {self._settings.first_media_seconds} s")

    def _go_live(self, now_ns: int) -> bool:
        if self.target == "programme" and self._around.frames is not None:
            tracks = tuple(TrackInfo(track.codec) for track in self._decided.tracks)
            try:
                self._writer = self._around.frames.open(self.room, tracks, self._request_all)
            except LevelChatError as error:
                self.close(f"the packager refused: {error.detail}")
                return False
        self.live = True
        if self._feedback is not None:
            self._feedback.start(now_ns)
        self._reports.start([track.codec.kind for track in self._decided.tracks], now_ns)
        if self._around.stage is not None:
            self._around.stage.publish(self._publication())
        # Whoever had the place goes now, so that viewers find the newcomer there already.
        self._owner.on_live(self)
        return True

    def _publication(self) -> Publication:
        return Publication(
            room=self.room,
            session=self._place.session,
            identity=self.identity,
            name=self._place.grant.name or self.identity,
            tracks=tuple(self._published(track) for track in self._decided.tracks),
            request_key_frame=self._request_key_frame,
            programme=self.target == "programme",
        )

    def _published(self, track: AcceptedTrack) -> PublishedTrack:
        return PublishedTrack(
            codec=track.codec,
            layers=tuple(
                Layer(self._sources[Place(track.index, rid)], rid)
                for rid in track.quality_order() or ("",)
            ),
            fmtp=track.format.fmtp,
            dependency_descriptor=track.dependency_descriptor,
            red=track.red is not None,
        )

    def _request_key_frame(self, source: int) -> None:
        stream = self._streams.get(source)
        if stream is not None and not self.peer.is_closed:
            now_ns = self._around.clock.now_ns()
            stream.request_key_frame(now_ns)
            self._say([stream], now_ns)

    def _request_all(self) -> None:
        """The packager cannot go on. Layers that it does not get are not asked."""
        now_ns = self._around.clock.now_ns()
        for stream in self._streams.values():
            if self._choices[stream.track.index].needs(_layer(stream)):
                stream.request_key_frame(now_ns)

    def _say(self, streams: list[Stream], now_ns: int) -> None:
        messages = [item for stream in streams for item in stream.feedback(now_ns)]
        if messages and self._feedback is not None:
            self.peer.send_rtcp(self._feedback.urgent(messages))

    def _write(self, stream: ReadStream, frames: list[EncodedFrame], now_ns: int) -> None:
        """What the packager shall have of them: of several layers the best."""
        choice, layer = self._choices[stream.track.index], _layer(stream)
        for frame in frames:
            is_key = frame.key or stream.track.codec.kind is Kind.AUDIO
            if choice.passes(layer, now_ns, key=is_key) and self._writer is not None:
                self._writer.write(frame)
        if frames and choice.wanted(now_ns) == layer:
            stream.request_key_frame(now_ns)

    def _count(self) -> None:
        metrics = self._around.metrics
        metrics.stray_packets.inc(self._stray - self._stray_counted)
        self._stray_counted = self._stray
        for source, stream in self._streams.items():
            stats = stream.stats
            before = self._counted.get(source, TrackStats())
            metrics.count_track(stream.track.codec.kind, before, stats)
            self._counted[source] = stats

    def _summary(self) -> dict[str, dict[str, int]]:
        """The counts that are not zero, by kind of track and layer."""
        return {
            f"{stream.track.codec.kind.value}{stream.rid and '_' + stream.rid}": {
                name: value
                for name, value in msgspec.structs.asdict(stream.stats).items()
                if value
            }
            for stream in self._streams.values()
        }


def _layer(stream: Stream) -> int:
    """Its number among those of its track, from the lowest."""
    return stream.track.quality_order().index(stream.rid) if stream.rid else 0
