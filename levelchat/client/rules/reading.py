"""Reads a playlist line by line, as it stands.

Comes in: the text of a playlist. Goes out: its tags in order and its segments. It shares nothing
with `levelchat.hls`, which renders, on purpose: a mistake that renderer and parser share must not
hide here. It refuses nothing; what is missing is None, and rules say so.
"""

import re
from datetime import datetime
from urllib.parse import urljoin

import msgspec

from levelchat.media.time import NANOSECOND

_ATTRIBUTE = re.compile(r'([A-Z0-9-]+)=("[^"]*"|[^",]*)(?:,|$)')

_SECONDS = re.compile(r"([0-9]{1,12})(?:\.([0-9]{0,20}))?")
"""decimal-floating-point (§4.2), up to 31,000 years."""

_INTEGER = re.compile(r"[0-9]{1,19}")
"""decimal-integer (§4.2): up to 2^64-1."""

_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


class Tag(msgspec.Struct, frozen=True):
    """A line that begins with `#EXT`."""

    name: str
    value: str

    @property
    def attributes(self) -> dict[str, str]:
        """Of an attribute list; quotes taken off."""
        return {name: value.strip('"') for name, value in _ATTRIBUTE.findall(self.value)}

    @property
    def line(self) -> str:
        return f"#{self.name}:{self.value}" if self.value else f"#{self.name}"


class ListedPart(msgspec.Struct, frozen=True):
    """One EXT-X-PART."""

    url: str
    duration_ns: int | None
    independent: bool
    gap: bool
    value: str
    """The tag's attributes as written."""


class ListedSegment(msgspec.Struct, frozen=True):
    """A segment with its tags; `url` is None while only parts of it are listed."""

    msn: int
    url: str | None
    duration_ns: int | None
    date_ns: int | None
    discontinuity: bool
    gap: bool
    map_value: str | None
    """The EXT-X-MAP that applies, as written."""
    parts: tuple[ListedPart, ...]
    late: tuple[str, ...]
    """Tags that apply to the whole segment but came after its first EXT-X-PART."""


class Listing(msgspec.Struct, frozen=True):
    """One version of a playlist."""

    url: str
    text: str
    tags: tuple[Tag, ...]
    segments: tuple[ListedSegment, ...]
    uris: tuple[str, ...]
    """Lines that are no comment, as absolute URLs."""

    def all(self, name: str) -> list[Tag]:
        return [tag for tag in self.tags if tag.name == name]

    def attributes(self, name: str) -> dict[str, str]:
        """Of the first tag *name*; empty without one."""
        return next((tag.attributes for tag in self.tags if tag.name == name), {})

    def has(self, name: str) -> bool:
        return any(tag.name == name for tag in self.tags)

    def integer(self, name: str) -> int | None:
        """The value of the first tag *name*, if it is a decimal integer."""
        return integer(next((tag.value for tag in self.tags if tag.name == name), None))

    @property
    def target_ns(self) -> int:
        """EXT-X-TARGETDURATION; 0 without one."""
        return (self.integer("EXT-X-TARGETDURATION") or 0) * NANOSECOND

    @property
    def part_target_ns(self) -> int:
        """PART-TARGET; 0 without one."""
        return nanoseconds(self.attributes("EXT-X-PART-INF").get("PART-TARGET")) or 0

    @property
    def hold_back_ns(self) -> int:
        """PART-HOLD-BACK; 0 without one."""
        return nanoseconds(self.attributes("EXT-X-SERVER-CONTROL").get("PART-HOLD-BACK")) or 0

    @property
    def end_ns(self) -> int | None:
        """The date at which the newest listed media ends; None without a date."""
        if not self.segments or self.segments[-1].date_ns is None:
            return None
        last = self.segments[-1]
        parts = sum(part.duration_ns or 0 for part in last.parts)
        return (last.date_ns or 0) + (last.duration_ns or parts)

    @property
    def sequence(self) -> int:
        return self.integer("EXT-X-MEDIA-SEQUENCE") or 0

    @property
    def ended(self) -> bool:
        return self.has("EXT-X-ENDLIST")

    @property
    def skipped(self) -> int:
        """SKIPPED-SEGMENTS of a delta update, else 0."""
        return integer(self.attributes("EXT-X-SKIP").get("SKIPPED-SEGMENTS")) or 0

    @property
    def newest(self) -> tuple[int, int]:
        """Media sequence number and part index of the newest that is listed; the index of a
        complete segment without part tags is -1.
        """
        if not self.segments:
            return (self.sequence - 1, -1)
        last = self.segments[-1]
        return (last.msn, len(last.parts) - 1)

    @property
    def hinted(self) -> list[str]:
        """URLs of EXT-X-PRELOAD-HINT of TYPE=PART."""
        hints = (tag.attributes for tag in self.all("EXT-X-PRELOAD-HINT"))
        return [absolute(self.url, h.get("URI", "")) for h in hints if h.get("TYPE") == "PART"]

    @property
    def duration_ns(self) -> int:
        """Of all complete segments."""
        return sum(segment.duration_ns or 0 for segment in self.segments if segment.url)


def nanoseconds(text: str | None) -> int | None:
    """Decimal seconds, cut off after the ninth decimal; None if they are none."""
    match = _SECONDS.fullmatch(text or "")
    if match is None:
        return None
    whole, fraction = match.groups()
    return int(whole) * NANOSECOND + int((fraction or "").ljust(9, "0")[:9])


def integer(text: str | None) -> int | None:
    """A decimal integer; None if it is none."""
    return int(text) if text is not None and _INTEGER.fullmatch(text) else None


def absolute(base: str, uri: str) -> str:
    """*uri* resolved against *base*; as it stands if it is no URI at all."""
    try:
        return urljoin(base, uri)
    except ValueError:
        return uri


def date_ns(text: str) -> int | None:
    """An ISO 8601 date with time zone, as nanoseconds since the Unix epoch; None if it is none."""
    try:
        delta = datetime.fromisoformat(text) - _EPOCH
    except (ValueError, TypeError, OverflowError):
        return None
    return ((delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds) * 1_000


def read(text: str, url: str) -> Listing:
    """The playlist *text* that came from *url*."""
    lines = [line for line in text.replace("\r\n", "\n").split("\n") if line]
    tags = tuple(_tag(line) for line in lines if line.startswith("#EXT"))
    listing = Listing(url, text, tags, (), ())
    collector = _Collector(url, listing.sequence + listing.skipped)
    for line in lines:
        if line.startswith("#EXT"):
            collector.tag(_tag(line))
        elif not line.startswith("#"):
            collector.uri(line)
    return Listing(url, text, tags, collector.finish(), tuple(collector.uris))


def _tag(line: str) -> Tag:
    name, _, value = line[1:].partition(":")
    return Tag(name, value)


class _Collector:
    """Gathers lines into segments."""

    def __init__(self, url: str, msn: int) -> None:
        self.uris: list[str] = []
        self._url = url
        self._msn = msn
        self._segments: list[ListedSegment] = []
        self._map: str | None = None
        self._begin()

    def _begin(self) -> None:
        self._duration: int | None = None
        self._date: int | None = None
        self._discontinuity = False
        self._gap = False
        self._parts: list[ListedPart] = []
        self._late: list[str] = []

    def tag(self, tag: Tag) -> None:
        if tag.name in _OF_SEGMENT and self._parts:
            self._late.append(tag.name)
        match tag.name:
            case "EXTINF":
                self._duration = nanoseconds(tag.value.partition(",")[0])
            case "EXT-X-PROGRAM-DATE-TIME":
                self._date = date_ns(tag.value)
            case "EXT-X-MAP":
                self._map = tag.value
            case "EXT-X-DISCONTINUITY":
                self._discontinuity = True
            case "EXT-X-GAP":
                self._gap = True
            case "EXT-X-PART":
                self._parts.append(self._part(tag))

    def uri(self, line: str) -> None:
        self.uris.append(absolute(self._url, line))
        self._close(self.uris[-1])

    def finish(self) -> tuple[ListedSegment, ...]:
        if self._parts:
            self._close(None)
        return tuple(self._segments)

    def _close(self, url: str | None) -> None:
        segment = ListedSegment(
            msn=self._msn,
            url=url,
            duration_ns=self._duration,
            date_ns=self._date,
            discontinuity=self._discontinuity,
            gap=self._gap,
            map_value=self._map,
            parts=tuple(self._parts),
            late=tuple(self._late),
        )
        self._segments.append(segment)
        self._msn += 1
        self._begin()

    def _part(self, tag: Tag) -> ListedPart:
        attributes = tag.attributes
        return ListedPart(
            url=absolute(self._url, attributes.get("URI", "")),
            duration_ns=nanoseconds(attributes.get("DURATION")),
            independent=attributes.get("INDEPENDENT") == "YES",
            gap=attributes.get("GAP") == "YES",
            value=tag.value,
        )


_OF_SEGMENT = {
    "EXT-X-DISCONTINUITY",
    "EXT-X-KEY",
    "EXT-X-MAP",
    "EXT-X-PROGRAM-DATE-TIME",
}
