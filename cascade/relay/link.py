"""A link: one session as a node above sends it.

Comes in: the node's offer, its packets. Goes out: our answer, sources on the stage's terms, and
upward what one hop needs: NACK, reports, wishes for a key frame. It speaks no HTTP and decides
nothing: whose link it is, and when it is over, is the owner's.
"""

import asyncio
import secrets
from collections.abc import Callable

import msgspec

from cascade.relay.errors import PullFailed
from cascade.relay.streams import published_tracks
from levelchat.clock import Clock
from levelchat.media.codec import Kind
from levelchat.media.stage import PublishedTrack
from levelchat.media.time import NANOSECOND
from levelchat.rtc import rtcp
from levelchat.rtc.endpoint import RtcEndpoint
from levelchat.rtc.forward.seams import SourceStats
from levelchat.rtc.peer import Peer
from levelchat.rtc.pulling import PulledTrack, pull, render_pull
from levelchat.rtc.sdp import parse_offer
from levelchat.rtc.uplink import LOCAL_SSRC, Uplink, UplinkConfig

REPORT_NS = NANOSECOND
"""Between two receiver reports (RFC 3550 §6.2 allows less than 5 s on links as fast as these)."""


class Parent(msgspec.Struct, frozen=True):
    """Where a link comes from."""

    node: str
    path: tuple[str, ...]
    """From the publisher's node to the parent, as known when the link was made."""


class Link:
    """`begin`, `connected`, then `close`. The owner of its peer and its sources."""

    def __init__(self, parent: Parent, endpoint: RtcEndpoint, clock: Clock) -> None:
        self.parent = parent
        self.closed_reason = ""
        self.resource = ""
        """The URL by which the parent knows it."""
        self.on_ready: Callable[[Link], None] | None = None
        """Called when the sources are there and before any packet is: whoever selects them now
        has the key frame that the parent sends first."""
        self.on_close: Callable[[], None] | None = None
        self._endpoint = endpoint
        self._clock = clock
        self._cname = secrets.token_hex(8)
        self._pulled: tuple[PulledTrack, ...] = ()
        self._peer: Peer | None = None
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._uplinks: dict[int, Uplink] = {}
        """By source, in the order of the offer's m-lines."""
        self._reported_ns = 0
        self._begun_ns = clock.now_ns()

    def begin(self, text: str) -> str:
        """The answer to the parent's offer; raises what is wrong with that."""
        offer = parse_offer(text)
        decided = pull(offer)
        self._pulled = decided.tracks
        # What the names cannot mean is found out before anything is open.
        published_tracks(self._pulled, dict.fromkeys(range(len(self._pulled)), 0))
        self._peer = self._endpoint.open_controlling(offer, decided.setup, self)
        self._peer.only_receives = True
        return render_pull(offer, decided, self._endpoint.local_side(self._peer))

    async def connected(self) -> None:
        """Returns once packets may come; raises `PullFailed` if the peer closes before."""
        await asyncio.shield(self._ready)

    @property
    def tracks(self) -> tuple[PublishedTrack, ...]:
        """To be published, once connected."""
        return published_tracks(self._pulled, dict(enumerate(self._uplinks)))

    @property
    def sources(self) -> tuple[int, ...]:
        """Once connected."""
        return tuple(self._uplinks)

    @property
    def is_open(self) -> bool:
        return self._peer is not None and not self.closed_reason

    @property
    def is_connected(self) -> bool:
        return self.is_open and bool(self._uplinks)

    def silence_ns(self) -> int:
        """Since the newest packet of any source, or since the link began."""
        newest = max((stats.last_packet_ns for stats in self._stats()), default=0)
        return max(self._clock.now_ns() - max(newest, self._begun_ns), 0)

    def has_pictures(self) -> bool:
        """Whether every source that flows can be shown: video from a key frame on."""
        stats = [
            (track.codec.kind, self._endpoint.forwarder.source_stats(source))
            for track, source in zip(self._pulled, self._uplinks, strict=False)
        ]
        flowing = [(kind, item) for kind, item in stats if item.packets]
        return bool(flowing) and all(
            item.key_frames or kind is not Kind.VIDEO for kind, item in flowing
        )

    def request_key_frame(self, source: int) -> None:
        """As often as one likes; the parent is asked every 500 ms at most."""
        uplink = self._uplinks.get(source)
        if uplink is not None:
            uplink.request_key_frame()
            self._say(uplink.feedback(self._clock.now_ns()))

    def close(self, reason: str) -> None:
        """Ends it, and whoever carries its sources carries nothing."""
        if self._peer is not None:
            self._peer.close(reason)
        self.on_closed(reason)
        for source in self._uplinks:
            self._endpoint.close_source(source)
        self._uplinks = {}

    # -- the peer

    def on_connected(self) -> None:
        """Each m-line becomes a source."""
        peer = self._peer
        if peer is None or self._uplinks:
            return
        endpoint = self._endpoint
        for track in self._pulled:
            source = endpoint.open_source(track.source_config(), self)
            config = UplinkConfig(nack="nack" in track.feedback, pli="nack pli" in track.feedback)
            self._uplinks[source] = Uplink(config, self._key_frames(source), track.ssrc)
            endpoint.forwarder.attach(source, peer.route, track.ssrc)
            if track.rtx_ssrc:
                endpoint.forwarder.attach(source, peer.route, track.rtx_ssrc, repair=True)
        if not self._ready.done():
            self._ready.set_result(None)
        if self.on_ready is not None:
            self.on_ready(self)

    def on_stray(self, packet: bytes, now_ns: int) -> None:
        """A parent sends what it offered."""

    def on_rtcp(self, packet: bytes, now_ns: int) -> None:
        """The core has passed its sender reports on."""

    def on_tick(self, now_ns: int) -> None:
        """Questions may be repeated, reports due."""
        messages = [item for uplink in self._uplinks.values() for item in uplink.feedback(now_ns)]
        if now_ns - self._reported_ns >= REPORT_NS:
            self._reported_ns = now_ns
            self._report(messages, now_ns)
        else:
            self._say(messages)

    def on_closed(self, reason: str) -> None:
        """The peer is gone, by its will, ours, or silence. Its sources are the owner's to end."""
        if self.closed_reason:
            return
        self.closed_reason = reason
        if not self._ready.done():
            self._ready.set_exception(PullFailed(f"no connection to {self.parent.node}: {reason}"))
            # Perhaps nobody waits.
            self._ready.exception()
        if self.on_close is not None:
            self.on_close()

    # -- sources

    def on_packet(self, source: int, packet: bytes, now_ns: int) -> None:
        """None is tapped."""

    def on_gap(self, source: int, first: int, count: int, now_ns: int) -> None:
        """Asks for what is missing, at once where packets are rarely late."""
        uplink = self._uplinks.get(source)
        if uplink is not None:
            uplink.on_gap(first, count, now_ns)
            self._say(uplink.feedback(now_ns))

    def on_filled(self, source: int, sequence: int, now_ns: int) -> None:
        """One came after all."""
        uplink = self._uplinks.get(source)
        if uplink is not None:
            uplink.on_filled(sequence, now_ns)

    def _stats(self) -> list[SourceStats]:
        return [self._endpoint.forwarder.source_stats(source) for source in self._uplinks]

    def _key_frames(self, source: int) -> Callable[[], int]:
        return lambda: self._endpoint.forwarder.source_stats(source).key_frames

    def _report(self, messages: list[bytes], now_ns: int) -> None:
        blocks = [
            block
            for source, uplink in self._uplinks.items()
            if (
                block := uplink.report_block(self._endpoint.forwarder.source_stats(source), now_ns)
            )
        ]
        if self._peer is not None and (blocks or messages):
            self._peer.send_rtcp(rtcp.compound(LOCAL_SSRC, self._cname, blocks, messages))

    def _say(self, messages: list[bytes]) -> None:
        # RFC 5506: our own feeds always offer reduced-size RTCP.
        if messages and self._peer is not None and self.is_open:
            self._peer.send_rtcp(b"".join(messages))
