"""What the parts of the cascade ask of each other: sessions below, the tree of nodes above."""

from typing import Protocol

from levelchat.media.stage import Publication


class StageWatcher(Protocol):
    """Somebody who subscribes in a room: a WHEP session, or a node below. Hashable by identity."""

    def on_published(self, publication: Publication) -> None:
        """New in the room."""

    def on_replaced(self, former: Publication, publication: Publication) -> None:
        """The same session with other sources or tracks: go over without a gap. The former's
        sources are closed soon after.
        """

    def on_unpublished(self, publication: Publication) -> None:
        """Gone."""


class Upstream(Protocol):
    """Asked by the stage and by WHEP; given by the relay."""

    def want(self, room: str) -> None:
        """The room has its first watcher here: what is published elsewhere is pulled, and comes
        to the stage as publications.
        """

    def unwant(self, room: str) -> None:
        """The last one left; what was pulled is let go a while later."""

    async def settle(self, room: str) -> None:
        """Returns when what is known to flow elsewhere is on the stage, or after 2 s."""

    def alternate(self, room: str) -> str | None:
        """The URL of a node that should take the next subscriber instead of this one."""
