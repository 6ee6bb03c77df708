"""The seams between planes: the little that each asks of the next.

Planes do not import planes; the composition root hands one's object to the other under these
names. Calls are synchronous, return at once, and never raise because the other side is slow:
whoever receives has a bound and says when it drops.
"""

from collections.abc import Callable
from typing import Protocol

from levelchat.media.frame import EncodedFrame, TrackInfo
from levelchat.media.program import Part, Program, Rendition
from levelchat.media.stage import Publication


class FrameWriter(Protocol):
    """One publisher's way into the packager of its room."""

    def write(self, frame: EncodedFrame) -> None:
        """Takes the next frame of any track; drops (counted) when its bound is reached."""

    def close(self, reason: str) -> None:
        """The publisher is gone. Frames written before are still packaged."""


class FrameSink(Protocol):
    """Asked by ingest, given by packager."""

    def open(
        self,
        room: str,
        tracks: tuple[TrackInfo, ...],
        request_key_frame: Callable[[], None],
    ) -> FrameWriter:
        """A publisher begins. A second `open` of a room replaces its publisher and continues the
        same broadcast. *request_key_frame* is called when the decoder cannot go on.
        """


class ProgramSink(Protocol):
    """Asked by packager, given by edge (the origin)."""

    def start(self, room: str, program: Program) -> None:
        """A program begins: the first of a broadcast, or one that continues it after a restart
        (then the playlists get a discontinuity; sequence numbers go on).
        """

    def add_rendition(self, room: str, rendition: Rendition) -> None:
        """The running program's source became larger: a rung joins at its next segment."""

    def part(self, room: str, part: Part) -> None:
        """A part is complete and must be listed at once."""

    def end(self, room: str) -> None:
        """The broadcast is over: EXT-X-ENDLIST."""


class StageSink(Protocol):
    """Asked by ingest, given by cascade."""

    def publish(self, publication: Publication) -> None:
        """A session's media flow; the same session again replaces what it said before."""

    def unpublish(self, room: str, session: str) -> None:
        """They do no more. Its sources are closed after this returns."""
