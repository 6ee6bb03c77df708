"""Feeds: what this node sends to nodes below, one session of a publication to one node each.

Comes in: a node that asks for a session, its answer, the stage's changes. Goes out: our offer
with an m-line for each layer of each track, and the packets of all of them, unchosen. A feed ends
when the publication does. It never reads media, and trusts that the caller proved the node.
"""

import secrets
from collections.abc import Callable

import msgspec
import structlog

from cascade.relay.errors import FeedNotFound, FeedsDraining, FeedsFull, NotCarried, WouldLoop
from cascade.relay.streams import Stream, sent_tracks, streams_of
from cascade.stage import Stage
from levelchat.clock import Clock
from levelchat.errors import LevelChatError
from levelchat.media.codec import Kind
from levelchat.media.stage import Publication
from levelchat.rtc import offering, sdp
from levelchat.rtc.endpoint import RtcEndpoint
from levelchat.rtc.forward.seams import Selection
from levelchat.rtc.peer import Peer

MAX_FEEDS = 2000
"""Of a node; each costs as much as a subscriber."""
STALE_NS = 500_000_000
"""A source silent for this long is not replayed: what is sent then must mean that it flows."""

_KEY_BYTES = 24
_MILLISECOND = 1_000_000
_RETRY = {"Retry-After": "5"}

Path = Callable[[str, str], tuple[str, ...]]
"""The nodes that a session of a room comes through, from the publisher's to this one; empty while
it comes from nowhere."""

_log = structlog.get_logger("feed")


class Ground(msgspec.Struct, frozen=True):
    """What every feed stands on."""

    stage: Stage
    endpoint: RtcEndpoint
    clock: Clock


class Feeds:
    """All feeds of the node. `offer`, then `answer`, and `end` when the other says so."""

    def __init__(self, ground: Ground, path: Path) -> None:
        self._ground = ground
        self._path = path
        self._feeds: dict[str, Feed] = {}
        self.draining = False
        self.on_change: Callable[[str], None] | None = None
        """Told the room whose children have changed."""

    def __len__(self) -> int:
        return len(self._feeds)

    def children(self, room: str) -> int:
        """Nodes that are fed anything of the room."""
        return len({feed.node for feed in self._feeds.values() if feed.room == room})

    def offer(self, room: str, session: str, node: str) -> tuple[str, str]:
        """A feed of *session* for *node*: its key, which is the secret part of its URL, and the
        offer. Raises `NotCarried`, `WouldLoop`, `FeedsFull` or `FeedsDraining`.
        """
        if self.draining:
            raise FeedsDraining("this node is stopping; pull from another", headers=_RETRY)
        if len(self._feeds) >= MAX_FEEDS:
            raise FeedsFull(f"this node gives {MAX_FEEDS} feeds already", headers=_RETRY)
        publication = self._find(room, session)
        path = self._path(room, session)
        if not path:
            raise NotCarried(f"{session} comes from nowhere at the moment; pull from another")
        if node in path:
            raise WouldLoop(f"{node} feeds this node with {session}; pull from another")
        feed = Feed(secrets.token_urlsafe(_KEY_BYTES), node, publication, self._ground, self._gone)
        text = feed.begin()
        self._feeds[feed.key] = feed
        self._changed(room)
        return feed.key, text

    def answer(self, key: str, text: str) -> None:
        """The node's answer. Raises `FeedNotFound`, or what is wrong with the SDP."""
        feed = self._feeds.get(key)
        if feed is None:
            raise FeedNotFound("this feed never was, or is over; ask for another")
        feed.accept(text)

    def end(self, key: str) -> None:
        """The node wants no more. Raises `FeedNotFound`."""
        feed = self._feeds.get(key)
        if feed is None:
            raise FeedNotFound("this feed never was, or is over")
        feed.close("the node below has ended it")

    def node_of(self, key: str) -> str:
        """Whose feed it is; empty if there is none."""
        feed = self._feeds.get(key)
        return feed.node if feed is not None else ""

    def silence_ms(self, key: str) -> int:
        """For how long nothing came here of what the feed sends. Raises `FeedNotFound`."""
        feed = self._feeds.get(key)
        if feed is None:
            raise FeedNotFound("this feed never was, or is over")
        return feed.silence_ns() // _MILLISECOND

    def fed(self) -> set[tuple[str, str]]:
        """Rooms and sessions that any node is fed with."""
        return {feed.of for feed in self._feeds.values()}

    def on_stage(self, room: str) -> None:
        """The room's publications have changed; one of `Stage.on_change`."""
        there = {item.session: item for item in self._ground.stage.publications(room)}
        for feed in tuple(self._feeds.values()):
            if feed.room == room:
                feed.follow(there.get(feed.of[1]))

    def close(self, reason: str) -> None:
        """Ends all of them."""
        for feed in tuple(self._feeds.values()):
            feed.close(reason)

    def _find(self, room: str, session: str) -> Publication:
        for publication in self._ground.stage.publications(room):
            if publication.session == session:
                return publication
        raise NotCarried(f"nothing of {session[:80]} flows through this node; pull from another")

    def _gone(self, feed: "Feed") -> None:
        if self._feeds.pop(feed.key, None) is not None:
            self._changed(feed.room)

    def _changed(self, room: str) -> None:
        if self.on_change is not None:
            self.on_change(room)


class Feed:
    """One session to one node: the owner of its peer and outlets."""

    # It is no watcher of the stage: a room that is only fed to others is not wanted here, and two
    # nodes that feed each other's sessions would otherwise want them of each other for ever.

    def __init__(
        self,
        key: str,
        node: str,
        publication: Publication,
        ground: Ground,
        gone: Callable[["Feed"], None],
    ) -> None:
        self.key = key
        self.node = node
        self.room = publication.room
        self.of = (publication.room, publication.session)
        self._publication = publication
        self._ground = ground
        self._gone = gone
        self._streams: tuple[Stream, ...] = streams_of(publication)
        self._tracks = sent_tracks(publication, self._streams, key)
        self._answered: tuple[offering.AnsweredTrack, ...] = ()
        self._outlets: dict[int, int] = {}
        """Place of the stream by outlet."""
        self._peer: Peer | None = None
        self._log = _log.bind(room=self.room, session=publication.session, node=node)

    def begin(self) -> str:
        """Our offer."""
        self._peer = self._ground.endpoint.open_offering(self)
        self._peer.wants_ticks = False
        try:
            text = offering.render_offer(
                self._tracks, self._ground.endpoint.local_side(self._peer)
            )
        except LevelChatError:
            self._peer.close("the offer could not be made")
            raise
        return text

    def accept(self, text: str) -> None:
        """The answer."""
        answer = sdp.parse_answer(text)
        self._answered = offering.read_answer(answer, self._tracks)
        if self._peer is not None:
            self._peer.accept(answer)

    def close(self, reason: str) -> None:
        """Ends it; `on_closed` does the rest."""
        if self._peer is not None:
            self._peer.close(reason)

    def silence_ns(self) -> int:
        """Since the newest packet of any of its sources."""
        stats = self._ground.endpoint.forwarder.source_stats
        newest = max(stats(stream.source).last_packet_ns for stream in self._streams)
        return max(self._ground.clock.now_ns() - newest, 0)

    def follow(self, publication: Publication | None) -> None:
        """What is published now of the session; None: nothing."""
        if publication is None:
            self.close("the session has ended")
        elif publication is not self._publication:
            self._go_over(publication)

    def _go_over(self, publication: Publication) -> None:
        """Its packets come another way now."""
        streams = streams_of(publication)
        if [stream.shape for stream in streams] != [stream.shape for stream in self._streams]:
            # What the m-lines say is settled for good; the node asks again and sees the new ones.
            self.close("the session has other tracks now")
            return
        self._publication, self._streams = publication, streams
        for outlet, place in self._outlets.items():
            # Waits for a key frame, so that those below never see half of two pictures.
            self._select(outlet, place, at_once=False)

    # -- the peer

    def on_connected(self) -> None:
        """Everything is sent at once, from the newest key frame on."""
        peer, endpoint = self._peer, self._ground.endpoint
        if peer is None or self._outlets:
            return
        for place, (track, answered) in enumerate(zip(self._tracks, self._answered, strict=True)):
            if answered.slot is None:
                continue
            config = answered.slot.outlet_config(track.ssrc, track.rtx_ssrc)
            outlet = endpoint.open_outlet(peer, config, self)
            self._outlets[outlet] = place
            self._select(outlet, place, at_once=True)
        self._log.info("feed begins", streams=len(self._outlets))

    def on_stray(self, packet: bytes, now_ns: int) -> None:
        """Nodes below send no media."""

    def on_rtcp(self, packet: bytes, now_ns: int) -> None:
        """The core has answered what there was to answer."""

    def on_tick(self, now_ns: int) -> None:
        """A feed has nothing to do in time."""

    def on_closed(self, reason: str) -> None:
        """The peer is gone, by its will, ours, or silence."""
        for outlet in self._outlets:
            self._ground.endpoint.close_outlet(outlet)
        self._gone(self)
        self._log.info("feed ends", reason=reason)

    # -- outlets

    def on_key_frame_wanted(self, outlet: int, now_ns: int) -> None:  # noqa: ARG002 - the seam's
        """Asks the publisher, or the node above."""
        place = self._outlets.get(outlet)
        if place is not None:
            self._publication.request_key_frame(self._streams[place].source)

    def on_switched(self, outlet: int, source: int, now_ns: int) -> None:
        """As it was told."""

    def _select(self, outlet: int, place: int, *, at_once: bool) -> None:
        stream, slot = self._streams[place], self._answered[place].slot
        chosen = slot.format_for(stream.codec, stream.fmtp) if slot is not None else None
        if chosen is None:
            return
        self._ground.endpoint.forwarder.select(
            outlet,
            Selection(
                source=stream.source,
                payload_type=chosen.payload_type,
                rtx_payload_type=chosen.rtx_payload_type,
                replay=at_once and self._is_fresh(stream),
                at_once=at_once,
            ),
        )

    def _is_fresh(self, stream: Stream) -> bool:
        if stream.codec.kind is not Kind.VIDEO:
            return False
        last_ns = self._ground.endpoint.forwarder.source_stats(stream.source).last_packet_ns
        return self._ground.clock.now_ns() - last_ns < STALE_NS
