"""One media playlist as a player follows it: what to ask for next, and where it lies in time.

Comes in: versions of the playlist. Goes out: the next request, and the media that is new, each
with its place on the player's own time line. It opens no connection and knows no clock.
"""

from bisect import bisect_right
from collections import deque

import msgspec

from levelchat.client.errors import NotPlayable
from levelchat.client.rules import reading, succession
from levelchat.client.rules.reading import ListedPart, ListedSegment, Listing

MAX_OFFSETS = 64
"""Discontinuities whose dates are remembered; a playhead is seconds behind the newest."""

ROUNDING_NS = 5_000_000
"""Dates have milliseconds, durations five decimals; a real step is a frame or more."""

SAMPLE_EVERY = 5
"""Segments; each fifth is fetched whole as well, to compare it with its parts."""


class Item(msgspec.Struct, frozen=True):
    """A part to play."""

    url: str
    map_url: str
    msn: int
    index: int
    start_ns: int
    """On the player's time line: dates of the first program, and no gaps at a discontinuity."""
    duration_ns: int
    date_ns: int
    """When it was captured, nanoseconds since the Unix epoch."""
    independent: bool
    gap: bool

    @property
    def end_ns(self) -> int:
        return self.start_ns + self.duration_ns

    @property
    def end_date_ns(self) -> int:
        return self.date_ns + self.duration_ns


class Offsets:
    """Time line to date: a step at each discontinuity."""

    def __init__(self) -> None:
        self._starts: deque[int] = deque(maxlen=MAX_OFFSETS)
        self._offsets: deque[int] = deque(maxlen=MAX_OFFSETS)

    def add(self, start_ns: int, date_ns: int) -> None:
        """From *start_ns* on, positions stand for dates from *date_ns* on."""
        offset = date_ns - start_ns
        if not self._offsets or abs(self._offsets[-1] - offset) > ROUNDING_NS:
            self._starts.append(start_ns)
            self._offsets.append(offset)

    def date_ns(self, position_ns: int) -> int:
        """The date of *position_ns*."""
        index = max(0, bisect_right(self._starts, position_ns) - 1)
        return position_ns + (self._offsets[index] if self._offsets else 0)


class Track:
    """The newest version of one media playlist, and how far it was handed out."""

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self.url = url
        self.offsets = Offsets()
        self.deltas = 0
        """Delta updates merged."""
        self._listing: Listing | None = None
        self._full_ns = 0
        self._handed: tuple[int, int] = (-1, -1)
        self._end_ns: int | None = None
        self._closed: set[str] = set()

    @property
    def listing(self) -> Listing:
        """The newest version, deltas merged."""
        if self._listing is None:
            raise NotPlayable(f"{self.url} has not been loaded")
        return self._listing

    @property
    def ended(self) -> bool:
        return self._listing is not None and self._listing.ended

    @property
    def playable(self) -> bool:
        """There is an independent part with a date."""
        return bool(self._starts())

    @property
    def hint(self) -> str | None:
        """The part that comes next, if the playlist tells."""
        hinted = self._listing.hinted if self._listing is not None else []
        return hinted[0] if hinted else None

    def reload_url(self, now_ns: int) -> str:
        """The next version, held by the server until it lists something new."""
        if self._listing is None:
            return self.url
        msn, index = self._next()
        query = f"_HLS_msn={msn}&_HLS_part={index}"
        until = self._listing.attributes("EXT-X-SERVER-CONTROL").get("CAN-SKIP-UNTIL")
        boundary = reading.nanoseconds(until)
        # §6.3.7: "SHOULD NOT request a Playlist Delta Update unless it already has a version of
        # the Playlist that is no older than one-half of the Skip Boundary"
        if boundary is not None and now_ns - self._full_ns < boundary // 2:
            query += "&_HLS_skip=YES"
        return f"{self.url}{'&' if '?' in self.url else '?'}{query}"

    def update(self, text: str, now_ns: int) -> None:
        """The next version arrived; raises `NotPlayable` for what cannot be played."""
        listing = reading.read(text, self.url)
        if not listing.has("EXTM3U") or not listing.target_ns:
            raise NotPlayable(f"{self.url} is no media playlist")
        if listing.skipped:
            merged = succession.merge(self.listing, listing)
            if merged is None:
                self._full_ns = 0  # what is skipped is not known here: ask for all of it
                return
            self.deltas += 1
            listing = merged
        self._full_ns = now_ns
        if self._listing is None or listing.newest >= self._listing.newest or listing.ended:
            self._listing = listing

    def edge_ns(self) -> int:
        """The date at which the newest listed media ends."""
        end = self.listing.end_ns
        if end is None:
            raise NotPlayable(f"{self.url} has no media with a date yet")
        return end

    def start_at(self, date_ns: int) -> int:
        """Begins with the last independent part that starts at *date_ns* or before, else with the
        first one; gives its date.
        """
        starts = self._starts()
        if not starts:
            raise NotPlayable(f"{self.url} has no independent part")
        before = [start for start in starts if start[0] <= date_ns]
        date, msn, index = before[-1] if before else starts[0]
        self._handed = (msn, index - 1)
        self._end_ns = date
        return date

    def new_items(self) -> list[Item]:
        """What was listed since the last call, in order."""
        if self._end_ns is None:
            return []
        items: list[Item] = []
        for segment in self.listing.segments:
            for index, part, date in _dated(segment):
                if (segment.msn, index) > self._handed:
                    self._handed = (segment.msn, index)
                    items.append(self._item(segment, index, part, date))
        return items

    def new_samples(self) -> list[str]:
        """Segments that closed since the last call and are to be fetched whole."""
        closed = {s.url for s in self.listing.segments if s.url and s.msn % SAMPLE_EVERY == 0}
        new = sorted(closed - self._closed) if self._closed else []
        self._closed = closed or self._closed
        return new

    def _starts(self) -> list[tuple[int, int, int]]:
        """Date, segment and index of every part where a player can begin."""
        return [
            (date, segment.msn, index)
            for segment in self.listing.segments
            for index, part, date in _dated(segment)
            if part.independent and not part.gap
        ]

    def _item(self, segment: ListedSegment, index: int, part: ListedPart, date: int) -> Item:
        start = self._end_ns or date
        self.offsets.add(start, date)
        self._end_ns = start + (part.duration_ns or 0)
        attributes = reading.Tag("EXT-X-MAP", segment.map_value or "").attributes
        return Item(
            url=part.url,
            map_url=reading.absolute(self.url, attributes.get("URI", "")),
            msn=segment.msn,
            index=index,
            start_ns=start,
            duration_ns=part.duration_ns or 0,
            date_ns=date,
            independent=part.independent,
            gap=part.gap,
        )

    def _next(self) -> tuple[int, int]:
        msn, index = self.listing.newest
        closed = not self.listing.segments or self.listing.segments[-1].url is not None
        return (msn + 1, 0) if closed else (msn, index + 1)


def _dated(segment: ListedSegment) -> list[tuple[int, ListedPart, int]]:
    """Index, part and date of each part of *segment*."""
    dated: list[tuple[int, ListedPart, int]] = []
    date = segment.date_ns
    if date is None:
        return dated
    for index, part in enumerate(segment.parts):
        dated.append((index, part, date))
        date += part.duration_ns or 0
    return dated
