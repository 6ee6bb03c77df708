"""Rules between the media playlists of one broadcast.

Comes in: each version of each media playlist with the time it came. Goes out: findings. It keeps
the newest version of each playlist and nothing else.
"""

from collections.abc import Iterator

from levelchat.client.rules.finding import Finding
from levelchat.client.rules.reading import ListedSegment, Listing, absolute, integer, nanoseconds

DATE_TOLERANCE_NS = 50_000_000
"""A8.4, A8.5: audio segments cannot be cut where video is; they differ by less than one AAC frame
(21.3 ms) at either end."""

REPORT_TOLERANCE_NS = 100_000_000
"""Added to PART-TARGET: two answers written at the same instant arrive one after the other."""


class Renditions:
    """The newest version of each media playlist, compared with its neighbours."""

    def __init__(self) -> None:
        self._newest: dict[str, tuple[Listing, int]] = {}
        self._expected: set[str] = set()

    def expect(self, urls: set[str]) -> None:
        """The multivariant playlist names these media playlists."""
        self._expected = urls

    def observe(self, url: str, listing: Listing, now_ns: int) -> Iterator[Finding]:
        """*listing* is the newest version of *url*."""
        self._newest[url] = (listing, now_ns)
        if not listing.ended:
            yield from self._reports(url, listing, now_ns)
        for other, (known, _) in self._newest.items():
            if other != url:
                yield from _same(listing, known)

    def _reports(self, url: str, listing: Listing, now_ns: int) -> Iterator[Finding]:
        tags = [tag.attributes for tag in listing.all("EXT-X-RENDITION-REPORT")]
        reports = {absolute(url, report.get("URI", "")): report for report in tags}
        # Appendix B.1: a report for every other media playlist
        missing = self._expected - reports.keys() - {url}
        if self._expected and missing:
            yield Finding("A8.1", "a rendition report is missing", str(sorted(missing)))
        for other, report in reports.items():
            last = integer(report.get("LAST-MSN"))
            part = integer(report.get("LAST-PART"))
            if other in self._newest and last is not None:
                said = (last, part if part is not None else -1)
                yield from self._fresh(other, said, now_ns)

    def _fresh(self, other: str, said: tuple[int, int], now_ns: int) -> Iterator[Finding]:
        known, then_ns = self._newest[other]
        slack = known.part_target_ns + REPORT_TOLERANCE_NS
        # §4.4.5.4: "MUST be as up-to-date as the Playlist that contains it"
        if now_ns - then_ns > slack and said < known.newest:
            seen = f"{other}: said {said}, known {known.newest}"
            yield Finding("A8.2", "a rendition report is out of date", seen)


def _same(one: Listing, other: Listing) -> Iterator[Finding]:
    where = f"{one.url} and {other.url}"
    # §6.2.4: "MUST have the same Target Duration"
    if one.target_ns != other.target_ns:
        yield Finding("A8.4", "renditions differ in TARGETDURATION", where)
    control = [listing.attributes("EXT-X-SERVER-CONTROL") for listing in (one, other)]
    # §4.4.3.8: in all media playlists "with the same attributes and values"
    if control[0] != control[1]:
        yield Finding("A4.1", "renditions differ in EXT-X-SERVER-CONTROL", str(control))
    # Authoring specification 14.3: the longest part target of all renditions counts
    yield from _hold_back(one, other)
    yield from _timeline(one, other)


def _hold_back(one: Listing, other: Listing) -> Iterator[Finding]:
    value = nanoseconds(one.attributes("EXT-X-SERVER-CONTROL").get("PART-HOLD-BACK"))
    if value is not None and value < 3 * max(one.part_target_ns, other.part_target_ns):
        yield Finding("A4.2", "PART-HOLD-BACK is too small for another rendition", other.url)


def _timeline(one: Listing, other: Listing) -> Iterator[Finding]:
    """Versions of two instants: only segments that both list are compared."""
    theirs = {segment.msn: segment for segment in other.segments}
    for segment in one.segments:
        match = theirs.get(segment.msn)
        if match is not None:
            yield from _aligned(segment, match)
    if one.sequence == other.sequence:
        name = "EXT-X-DISCONTINUITY-SEQUENCE"
        # §6.2.4: "MUST have matching Discontinuity Sequence Numbers"
        if one.integer(name) != other.integer(name):
            yield Finding("A8.4", f"renditions differ in {name}", other.url)


def _aligned(segment: ListedSegment, match: ListedSegment) -> Iterator[Finding]:
    if segment.discontinuity != match.discontinuity:
        yield Finding("A8.4", "a discontinuity is in one rendition only", f"{segment.msn}")
    if segment.date_ns is None or match.date_ns is None:
        return
    # §6.2.4: mappings of EXT-X-PROGRAM-DATE-TIME must be consistent
    if abs(segment.date_ns - match.date_ns) > DATE_TOLERANCE_NS:
        seen = f"segment {segment.msn}: {segment.date_ns - match.date_ns} ns"
        yield Finding("A8.4", "the same segment begins at different dates", seen)
