"""All that is published on the stages of this node, and who watches.

Comes in: publications, of ingest here or pulled from a node above; watchers of rooms. Goes out:
calls to watchers, and to the upstream when a room gets its first watcher or loses its last.
It keeps nothing of a room without both, and never touches packets.
"""

from collections.abc import Callable

from cascade.seams import StageWatcher, Upstream
from levelchat.media.stage import Publication


class Stage:
    """The `StageSink` of the process."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._published: dict[str, dict[str, Publication]] = {}
        self._watchers: dict[str, dict[StageWatcher, None]] = {}
        self.on_change: list[Callable[[str], None]] = []
        """Told the room whenever its publications changed."""

    def publish(self, publication: Publication) -> None:
        """A session's media flow; the same session again replaces what it said before."""
        sessions = self._published.setdefault(publication.room, {})
        former = sessions.get(publication.session)
        sessions[publication.session] = publication
        for watcher in tuple(self._watchers.get(publication.room, ())):
            if former is None:
                watcher.on_published(publication)
            else:
                watcher.on_replaced(former, publication)
        self._changed(publication.room)

    def unpublish(self, room: str, session: str) -> None:
        """They do no more."""
        sessions = self._published.get(room, {})
        former = sessions.pop(session, None)
        if former is None:
            return
        if not sessions:
            del self._published[room]
        for watcher in tuple(self._watchers.get(room, ())):
            watcher.on_unpublished(former)
        self._changed(room)

    def publications(self, room: str) -> tuple[Publication, ...]:
        """What flows in the room, the longest there first."""
        return tuple(self._published.get(room, {}).values())

    def rooms(self) -> tuple[str, ...]:
        """Rooms with publications."""
        return tuple(self._published)

    def watch(self, room: str, watcher: StageWatcher) -> None:
        """*watcher* hears of the room's changes from now on."""
        watchers = self._watchers.setdefault(room, {})
        watchers[watcher] = None
        if len(watchers) == 1:
            self._upstream.want(room)

    def unwatch(self, room: str, watcher: StageWatcher) -> None:
        """It hears of no more."""
        watchers = self._watchers.get(room, {})
        if watcher not in watchers:
            return
        del watchers[watcher]
        if not watchers:
            del self._watchers[room]
            self._upstream.unwant(room)

    def watchers(self, room: str) -> int:
        """How many watch the room."""
        return len(self._watchers.get(room, ()))

    def _changed(self, room: str) -> None:
        for told in self.on_change:
            told(room)
