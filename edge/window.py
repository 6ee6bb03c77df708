"""The window of one rendition: its rolling segments and parts, and what they are called.

Comes in: programs, parts, holes. Goes out: the media playlist as a value, and the bodies behind
its URIs. Pure: it knows no HTTP, no loop and no clock.
"""

from collections import deque
from collections.abc import Iterator

import msgspec

from edge.shelf import Shelf
from levelchat.hls.blocking import Position, State
from levelchat.hls.media import MediaSegment, PartialSegment
from levelchat.media.program import Part, Rendition
from levelchat.media.time import NANOSECOND, rescale

MIN_SEGMENTS = 6
"""A2.8, Apple's authoring specification 8.11: at least six segments MUST be listed."""
PARTS_SECONDS = 3
"""A3.7: PART tags are listed for the last three target durations."""


class Segment(msgspec.Struct):
    """A segment that grows until it is closed."""

    msn: int
    date_ns: int
    header: str
    discontinuity: bool
    folder: str
    """Path below which its parts are found: `<session>/<rendition>`."""
    parts: list[PartialSegment] = msgspec.field(default_factory=list)
    bodies: list[bytes] = msgspec.field(default_factory=list)
    duration: int = 0
    closed: bool = False
    gap: bool = False

    @property
    def uri(self) -> str:
        return f"{self.folder}/{self.msn}.m4s"


class Window:
    """Rolling segments of *rendition*; bodies are kept on the *shelf*."""

    def __init__(
        self, rendition: Rendition, shelf: Shelf, target_seconds: int, window_seconds: int
    ) -> None:
        self.rendition = rendition
        self._shelf = shelf
        self._target_seconds = target_seconds
        self._window_ticks = window_seconds * rendition.timescale
        self._segments: deque[Segment] = deque()
        self._header = ""
        self._folder = ""
        self._discontinuity = False
        self._closed_parts = 0
        self.discontinuity_sequence = 0
        self.last_msn = -1
        self.first_msn = -1
        self.ended = False

    def begin(self, session: str, rendition: Rendition, *, discontinuity: bool) -> None:
        """A program begins; what was open is closed as it is."""
        self.close_open()
        self.rendition = rendition
        self._folder = f"{session}/{rendition.name}"
        self._header = f"{self._folder}/init.mp4"
        self._discontinuity = discontinuity and bool(self._segments)
        self._shelf.put(self._header, rendition.init)

    def add(self, msn: int, part: Part, now_ns: int) -> list[str]:
        """Lists *part* in segment *msn*; returns the paths that can be fetched now."""
        segment = self._open(msn, part.wall_ns)
        path = f"{segment.folder}/{msn}.{part.index}.m4s"
        segment.parts.append(PartialSegment(path, part.duration, part.independent, part.gap))
        segment.bodies.append(part.data)
        segment.duration += part.duration
        paths = [path]
        if not part.gap:
            self._shelf.put(path, part.data)
        if part.last:
            self._close(segment)
            paths.append(segment.uri)
            self._trim(now_ns)
        return paths

    def fill(self, msn: int, duration: int, date_ns: int) -> None:
        """A hole where other renditions have a segment (A2.11): EXT-X-GAP."""
        segment = self._open(msn, date_ns)
        segment.gap = True
        segment.duration = max(duration, 1)
        self._close(segment)

    def close_open(self) -> None:
        """The open segment ends here; one without parts vanishes."""
        if self._segments and not self._segments[-1].closed:
            if self._segments[-1].parts:
                self._close(self._segments[-1])
            else:
                self._segments.pop()

    @property
    def position(self) -> Position:
        """The last part that is listed."""
        open_ = self._open_segment()
        return Position(self.last_msn + 1, len(open_.parts) - 1 if open_ else -1)

    @property
    def report(self) -> Position:
        """A8.2: LAST-MSN and LAST-PART; a segment that is complete counts with its last part."""
        open_ = self._open_segment()
        if open_ is not None and open_.parts:
            return Position(open_.msn, len(open_.parts) - 1)
        return Position(self.last_msn, max(self._closed_parts - 1, 0))

    @property
    def ready(self) -> bool:
        """hls.js needs at least one complete segment."""
        return self.last_msn >= 0 and bool(self._segments) and self._segments[0].closed

    @property
    def next_part(self) -> str:
        """The path of the part to come: cuts are on a grid, so its name is known (A7.5)."""
        position = self.position
        return f"{self._folder}/{position.msn}.{position.part + 1}.m4s"

    def state(self) -> State:
        """Where the playlist stands, for blocking requests."""
        target = self.rendition.part_target
        below_second = target < self.rendition.timescale
        return State(
            first_msn=self.first_msn,
            last_segment=self.last_msn,
            open_parts=self.position.part + 1,
            closed_parts=self._closed_parts,
            advance_limit=-(-3 * self.rendition.timescale // target) if below_second else 3,
            ended=self.ended,
        )

    def listed(self) -> tuple[MediaSegment, ...]:
        """The segments as the playlist shows them."""
        reach = PARTS_SECONDS * self._target_seconds * self.rendition.timescale
        shown: list[MediaSegment] = []
        for segment in reversed(self._segments):
            shown.append(_listed(segment, with_parts=reach > 0))
            reach -= segment.duration
        return tuple(reversed(shown))

    def last_date_ns(self) -> int:
        """When the last listed segment ends, by its own clock."""
        last = self._segments[-1]
        return last.date_ns + rescale(last.duration, self.rendition.timescale, NANOSECOND)

    def folders(self) -> Iterator[str]:
        """Folders that listed segments lie in."""
        return (segment.folder for segment in self._segments)

    def _open_segment(self) -> Segment | None:
        last = self._segments[-1] if self._segments else None
        return None if last is None or last.closed else last

    def _open(self, msn: int, date_ns: int) -> Segment:
        open_ = self._open_segment()
        if open_ is not None:
            return open_
        segment = Segment(msn, date_ns, self._header, self._discontinuity, self._folder)
        self._discontinuity = False
        self._segments.append(segment)
        if self.first_msn < 0:
            self.first_msn, self.last_msn = msn, msn - 1
        return segment

    def _close(self, segment: Segment) -> None:
        segment.closed = True
        self.last_msn = segment.msn
        self._closed_parts = len(segment.parts)
        if not segment.gap:
            # A3.4: a segment is the concatenation of its parts.
            self._shelf.put(segment.uri, b"".join(segment.bodies))
        segment.bodies.clear()

    def _trim(self, now_ns: int) -> None:
        total = sum(segment.duration for segment in self._segments)
        while len(self._segments) > MIN_SEGMENTS:
            total -= self._segments[0].duration
            if total < self._window_ticks:
                break
            self._remove(self._segments.popleft(), now_ns)

    def _remove(self, segment: Segment, now_ns: int) -> None:
        # A2.9: it stays for its own duration and that of the longest playlist that had it.
        keep = self._window_ticks + segment.duration
        until = now_ns + rescale(keep, self.rendition.timescale, NANOSECOND)
        self._shelf.expire(segment.uri, until)
        for part in segment.parts:
            self._shelf.expire(part.uri, until)
        if self._segments and self._segments[0].header != segment.header:
            self._shelf.expire(segment.header, until)
        # A9.5: +1 when the segment with the tag leaves… the tag belongs to the one that is first.
        self.first_msn = self._segments[0].msn if self._segments else segment.msn + 1
        if segment.discontinuity:
            self.discontinuity_sequence += 1


def _listed(segment: Segment, *, with_parts: bool) -> MediaSegment:
    return MediaSegment(
        date_ns=segment.date_ns,
        header=segment.header,
        uri=segment.uri,
        duration=segment.duration if segment.closed else 0,
        parts=tuple(segment.parts) if with_parts else (),
        discontinuity=segment.discontinuity,
        gap=segment.gap,
    )
