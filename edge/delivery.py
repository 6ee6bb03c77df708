"""Which answer a request gets, apart from any HTTP library.

Comes in: a room, a name, a query, whether gzip is taken. Goes out: an `Answer`, or an error of
`edge.errors`; it waits where the protocol says wait.
"""

from collections.abc import Mapping

import msgspec

from edge.broadcast import Beginning, Body, Broadcast, Key, Listing
from edge.errors import BadDirective, NoSuchBroadcast, NotInTime, TooManyWaiting
from edge.metrics import EdgeMetrics
from edge.origin import Origin
from edge.settings import EdgeSettings
from edge.snapshot import Snapshot
from levelchat.hls.blocking import Reject, Wait
from levelchat.media.codec import Kind

PLAYLIST_TYPE = "application/vnd.apple.mpegurl"
BLOCKING_TARGETS = 6
"""A11.6: a blocking playlist may be cached for six target durations."""
MEDIA_SECONDS = 3600
"""A11.6 asks for at least six target durations; media never changes under its name."""
SHORT = {"Cache-Control": "public, max-age=1"}
"""A11.6: an answer that may be other in a moment; a cached 404 would be a stall."""


class Answer(msgspec.Struct, frozen=True):
    """A 200."""

    body: bytes
    content_type: str
    max_age: int
    """Seconds that it may be kept."""
    priority: str
    immutable: bool = False
    gzipped: bool = False


class Delivery:
    """Answers requests from what the origin holds."""

    def __init__(self, origin: Origin, settings: EdgeSettings, metrics: EdgeMetrics) -> None:
        self._origin = origin
        self._settings = settings
        self._metrics = metrics
        self._waiting = 0

    async def multivariant(self, room: str, *, gzip: bool) -> Answer:
        """The multivariant playlist; held until the first whole segment is there."""
        broadcast = self._broadcast(room)
        await self._first_segment(broadcast)
        if not broadcast.listed():
            raise NoSuchBroadcast("the broadcast ended before it began", headers=SHORT)
        return self._playlist(broadcast, broadcast.multivariant(), gzip=gzip, blocking=False)

    async def playlist(
        self, room: str, rendition: str, query: Mapping[str, str], *, gzip: bool
    ) -> Answer:
        """A media playlist; held as the directives in *query* say."""
        broadcast = self._broadcast(room)
        if rendition not in broadcast.windows:
            raise NoSuchBroadcast(f"room {room} has no rendition {rendition}", headers=SHORT)
        await self._first_segment(broadcast)
        decision = broadcast.decide(rendition, query)
        if decision is None:
            raise NoSuchBroadcast(f"rendition {rendition} has not begun yet", headers=SHORT)
        if isinstance(decision, Reject):
            raise BadDirective(decision.reason, headers=SHORT)
        if isinstance(decision, Wait):
            await self._wait(broadcast, Listing(rendition, decision.until))
        blocking = isinstance(decision, Wait) or decision.blocking
        snapshot = broadcast.playlist(rendition)
        return self._playlist(broadcast, snapshot, gzip=gzip, blocking=blocking)

    async def media(self, room: str, path: str) -> Answer:
        """A header, a segment or a part; a hinted part is held until it is whole (A7.3)."""
        broadcast = self._broadcast(room)
        body = broadcast.shelf.get(path)
        if body is None and broadcast.hinted(path):
            await self._wait(broadcast, Body(path))
            body = broadcast.shelf.get(path)
        if body is None:
            # A7.4: 404 for a resource that is neither known nor hinted.
            raise NoSuchBroadcast(f"there is no {path} in room {room}", headers=SHORT)
        window = broadcast.windows.get(path.split("/")[1])
        audio = window is not None and window.rendition.kind is Kind.AUDIO
        return Answer(
            body,
            "audio/mp4" if audio else "video/mp4",
            MEDIA_SECONDS,
            "u=3",
            immutable=True,
        )

    def _broadcast(self, room: str) -> Broadcast:
        broadcast = self._origin.broadcasts.get(room)
        if broadcast is None:
            raise NoSuchBroadcast(f"nothing is broadcast in room {room} now", headers=SHORT)
        return broadcast

    async def _first_segment(self, broadcast: Broadcast) -> None:
        if not broadcast.ready:
            await self._wait(broadcast, Beginning())

    async def _wait(self, broadcast: Broadcast, key: Key) -> None:
        if self._waiting >= self._settings.max_waiters:
            raise TooManyWaiting("this edge holds as many requests as it can", headers=SHORT)
        self._waiting += 1
        self._metrics.waiting.inc()
        try:
            came = await broadcast.waiters.wait(key)
        finally:
            self._waiting -= 1
            self._metrics.waiting.dec()
        # A5.7, §6.2.5.2: "503 Service Unavailable" when it is not there after three TD.
        if not came:
            raise NotInTime("the broadcast has stalled; try again", headers=SHORT)

    def _playlist(
        self, broadcast: Broadcast, snapshot: Snapshot, *, gzip: bool, blocking: bool
    ) -> Answer:
        targets = BLOCKING_TARGETS * broadcast.target_seconds
        # A11.6: half a target duration without directives, six with them.
        seconds = targets if blocking else max(1, broadcast.target_seconds // 2)
        body = snapshot.gzip if gzip else snapshot.plain
        return Answer(body, PLAYLIST_TYPE, seconds, "u=1", gzipped=gzip)
