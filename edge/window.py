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
PART_TARGETS = 3
"""A3.7: PART tags are listed for the last three target durations, and parts can be fetched for as
long again; A2.8: a playlist MUST NOT become shorter than that either."""


class Segment(msgspec.Struct):
    """A segment that grows until it is closed."""

    msn: int
    date_ns: int
    header: str
    sequence: int
    """Discontinuity Sequence Number (§4.4.3.3)."""
    discontinuity: bool
    """Carries the tag: the segment before it has another sequence number."""
    folder: str
    """Path below which its parts are found: `<session>/<rendition>`."""
    since_ns: int = 0
    """When its URI was listed."""
    parts: list[PartialSegment] = msgspec.field(default_factory=list)
    bodies: list[bytes] = msgspec.field(default_factory=list)
    duration: int = 0
    closed: bool = False
    gap: bool = False
    lists_parts: bool = True
    shown: MediaSegment | None = None
    """As the playlist lists it; None when that has changed."""

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
        self._recent_ticks = PART_TARGETS * target_seconds * rendition.timescale
        # A2.8, §6.2.2: a segment MUST NOT be removed if less than three target durations remain.
        self._window_ticks = max(window_seconds * rendition.timescale, self._recent_ticks)
        self._longest_ticks = 0
        self._segments: deque[Segment] = deque()
        self._header = ""
        self._folder = ""
        self._closed_parts = 0
        self.sequence = 0
        """Discontinuity Sequence Number of segments to come; A8.4: alike in all renditions."""
        self.last_msn = -1
        self.first_msn = -1
        self.ended = False

    def begin(self, session: str, rendition: Rendition) -> None:
        """A program begins; the one before is closed by now."""
        self._drop_unused_header()
        self.rendition = rendition
        self._folder = f"{session}/{rendition.name}"
        self._header = f"{self._folder}/init.mp4"
        self._shelf.put(self._header, rendition.init)

    def add(self, msn: int, part: Part, now_ns: int) -> list[str]:
        """Lists *part* in segment *msn*; returns the paths that can be fetched now."""
        segment = self._open(msn, part.wall_ns)
        path = f"{segment.folder}/{msn}.{part.index}.m4s"
        segment.parts.append(PartialSegment(path, part.duration, part.independent, part.gap))
        segment.bodies.append(part.data)
        segment.duration += part.duration
        segment.shown = None
        paths = [path]
        if not part.gap:
            self._shelf.put(path, part.data)
        if part.last:
            self._close(segment, now_ns)
            paths.append(segment.uri)
        return paths

    def fill(self, like: "Window", now_ns: int) -> None:
        """Holes where *like* has segments that this one has not (A2.11): EXT-X-GAP."""
        if like.first_msn > self.last_msn + 1:
            self.retire(now_ns)
            self._segments.clear()
            self.first_msn = -1
        for other in [other for other in like.segments() if other.msn > self.last_msn]:
            self.sequence = other.sequence
            segment = self._open(other.msn, other.date_ns)
            segment.gap = True
            ticks = rescale(other.duration, like.rendition.timescale, self.rendition.timescale)
            segment.duration = max(ticks, 1)
            self._close(segment, now_ns)

    def close_open(self, now_ns: int) -> None:
        """The open segment ends here."""
        open_ = self._open_segment()
        if open_ is not None:
            self._close(open_, now_ns)

    def retire(self, now_ns: int) -> None:
        """The playlist is no more; its segments go when their time is over."""
        self._drop_unused_header()
        for segment in self._segments:
            # A2.9, §6.2.2: of a playlist with EXT-X-ENDLIST the time counts from the removal.
            until_ns = self._withdraw(segment, now_ns, now_ns)
            self._shelf.expire(segment.header, until_ns)

    def segments(self) -> Iterator[Segment]:
        """Those that are listed, the oldest first."""
        return iter(self._segments)

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
    def discontinuity_sequence(self) -> int:
        """§4.4.3.3: that of the first segment, without the tag that it carries itself."""
        first = self._segments[0] if self._segments else None
        return self.sequence if first is None else first.sequence - first.discontinuity

    @property
    def next_header(self) -> str:
        """The header of the part to come, where it is another than that of the last one."""
        same = self._segments and self._segments[-1].header == self._header
        return "" if same else self._header

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
        return tuple(self._show(segment) for segment in self._segments)

    def _show(self, segment: Segment) -> MediaSegment:
        if segment.shown is None:
            segment.shown = _shown(segment, self.rendition.timescale)
        return segment.shown

    def _open_segment(self) -> Segment | None:
        last = self._segments[-1] if self._segments else None
        return None if last is None or last.closed else last

    def _open(self, msn: int, date_ns: int) -> Segment:
        open_ = self._open_segment()
        if open_ is not None:
            return open_
        tagged = bool(self._segments) and self._segments[-1].sequence != self.sequence
        segment = Segment(msn, date_ns, self._header, self.sequence, tagged, self._folder)
        self._segments.append(segment)
        if self.first_msn < 0:
            self.first_msn, self.last_msn = msn, msn - 1
        return segment

    def _close(self, segment: Segment, now_ns: int) -> None:
        segment.closed = True
        segment.shown = None
        segment.since_ns = now_ns
        # A2.11: a segment without any media is a gap, and so are all of its parts.
        segment.gap = all(part.gap for part in segment.parts)
        self.last_msn = segment.msn
        self._closed_parts = len(segment.parts)
        if not segment.gap:
            # A3.4: a segment is the concatenation of its parts.
            self._shelf.put(segment.uri, b"".join(segment.bodies))
        segment.bodies.clear()
        self._trim(now_ns)

    def _trim(self, now_ns: int) -> None:
        self._withdraw_parts(now_ns)
        total = sum(segment.duration for segment in self._segments)
        self._longest_ticks = max(self._longest_ticks, total)
        while len(self._segments) > MIN_SEGMENTS:
            total -= self._segments[0].duration
            if total < self._window_ticks:
                break
            segment = self._segments.popleft()
            self.first_msn = self._segments[0].msn
            until_ns = self._withdraw(segment, segment.since_ns, now_ns)
            if segment.header != self._segments[0].header:
                self._shelf.expire(segment.header, until_ns)

    def _withdraw_parts(self, now_ns: int) -> None:
        behind = 0
        for segment in reversed(self._segments):
            if behind >= self._recent_ticks and segment.lists_parts:
                segment.lists_parts = False
                segment.shown = None
                self._expire_parts(segment, now_ns)
            behind += segment.duration

    def _withdraw(self, segment: Segment, since_ns: int, now_ns: int) -> int:
        # A2.9, §6.2.2: "until the time at which it first appeared in the Playlist plus the
        # segment's Availability Duration": its own and that of the longest playlist that had it.
        keep = self._longest_ticks + segment.duration
        until_ns = max(now_ns, since_ns + rescale(keep, self.rendition.timescale, NANOSECOND))
        self._shelf.expire(segment.uri, until_ns)
        if segment.lists_parts:
            self._expire_parts(segment, now_ns)
        return until_ns

    def _expire_parts(self, segment: Segment, now_ns: int) -> None:
        # A3.7, §6.2.2: "at least three Target Durations after the EXT-X-PART tag is removed".
        keep_ns = rescale(self._recent_ticks, self.rendition.timescale, NANOSECOND)
        for part in segment.parts:
            self._shelf.expire(part.uri, now_ns + keep_ns)

    def _drop_unused_header(self) -> None:
        if self._header and self.next_header:
            self._shelf.drop(self._header)


def _shown(segment: Segment, timescale: int) -> MediaSegment:
    return MediaSegment(
        timescale=timescale,
        date_ns=segment.date_ns,
        header=segment.header,
        uri=segment.uri,
        duration=segment.duration if segment.closed else 0,
        parts=tuple(segment.parts) if segment.lists_parts else (),
        discontinuity=segment.discontinuity,
        gap=segment.gap and segment.closed,
    )
