"""Rules that one version of one media playlist keeps or breaks by itself.

Comes in: a reading. Goes out: findings, with the rule's id of the numbered list in
docs/llhls-rules.md ("§" is draft-pantos-hls-rfc8216bis-22). It knows no other version, no other
playlist and no time.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from itertools import zip_longest

from levelchat.client.rules.finding import Finding
from levelchat.client.rules.reading import ListedPart, ListedSegment, Listing, integer, nanoseconds
from levelchat.media.time import NANOSECOND

_ONCE = (
    "EXTM3U",
    "EXT-X-VERSION",
    "EXT-X-TARGETDURATION",
    "EXT-X-MEDIA-SEQUENCE",
    "EXT-X-DISCONTINUITY-SEQUENCE",
    "EXT-X-PART-INF",
    "EXT-X-SERVER-CONTROL",
    "EXT-X-PLAYLIST-TYPE",
    "EXT-X-ENDLIST",
    "EXT-X-INDEPENDENT-SEGMENTS",
    "EXT-X-START",
    "EXT-X-SKIP",
)
_MULTIVARIANT = ("EXT-X-STREAM-INF", "EXT-X-MEDIA", "EXT-X-I-FRAME-STREAM-INF")

PART_FLOOR_PERCENT = 85
"""§4.4.4.9: of the Part Target Duration."""

_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,}(Z|[+-]\d\d:?\d\d)")


def check(listing: Listing) -> Iterator[Finding]:
    """Everything that can be said of *listing* alone."""
    yield from text(listing.text)
    yield from _tags(listing)
    yield from _version(listing)
    yield from _control(listing)
    yield from _segments(listing)
    for segment in listing.segments:
        yield from _parts(segment, listing.part_target_ns)
    yield from _live_edge(listing)
    yield from _reports(listing)


def text(content: str) -> Iterator[Finding]:
    """A1.1: what every playlist file is made of."""
    # §4.1: "MUST begin with EXTM3U", "MUST NOT contain a Byte Order Mark"
    if not content.startswith("#EXTM3U\n") and not content.startswith("#EXTM3U\r\n"):
        yield Finding("A1.1", "the first line is not #EXTM3U", repr(content[:40]))
    # §4.1: "MUST NOT contain UTF-8 control characters … with the exceptions of CR and LF"
    if any(unicodedata.category(c) == "Cc" and c not in "\r\n" for c in content):
        yield Finding("A1.1", "the playlist has control characters", "")
    if not unicodedata.is_normalized("NFC", content):
        yield Finding("A1.1", "the playlist is not in normal form C", "")
    for line in content.replace("\r\n", "\n").split("\n"):
        # §4.1: "MUST NOT contain any white space except for elements in which it is explicitly
        # specified"
        if line != line.strip():
            yield Finding("A1.1", "a line begins or ends with white space", repr(line))


def _tags(listing: Listing) -> Iterator[Finding]:
    counts = Counter(tag.name for tag in listing.tags)
    for name in _ONCE:
        # §4.4.3: "There MUST NOT be more than one Media Playlist tag of each type"
        if counts[name] > 1:
            yield Finding("A1.4", f"{name} is there more than once", f"{counts[name]} times")
    for name in _MULTIVARIANT:
        # §4.4.6: "MUST NOT contain both Multivariant Playlist tags and Media Playlist tags"
        if counts[name]:
            yield Finding("A1.4", "a media playlist has tags of a multivariant playlist", name)
    # §4.4.3.1: "The EXT-X-TARGETDURATION tag is REQUIRED"
    if not listing.target_ns:
        yield Finding("A1.4", "there is no EXT-X-TARGETDURATION", "")
    # §6.2.2: a server that removes segments "MUST NOT" say EVENT or VOD
    if counts["EXT-X-PLAYLIST-TYPE"] and not listing.ended:
        yield Finding("A1.8", "a live playlist has EXT-X-PLAYLIST-TYPE", "")
    if not counts["EXT-X-DISCONTINUITY-SEQUENCE"]:
        yield Finding("A9.5", "there is no EXT-X-DISCONTINUITY-SEQUENCE", "")
    yield from _order(listing)


def _order(listing: Listing) -> Iterator[Finding]:
    names = [tag.name for tag in listing.tags]
    first = names.index("EXTINF") if "EXTINF" in names else len(names)
    for name in ("EXT-X-MEDIA-SEQUENCE", "EXT-X-DISCONTINUITY-SEQUENCE"):
        # §4.4.3.2, §4.4.3.3: "MUST appear before the first Media Segment"
        if name in names[first:]:
            yield Finding("A2.6", f"{name} comes after the first segment", "")


def _version(listing: Listing) -> Iterator[Finding]:
    version = listing.integer("EXT-X-VERSION") or 1
    needed = _needed_version(listing)
    # §8: "MUST" be at least; §6.2.1: "SHOULD NOT" be greater than required
    if version < needed:
        yield Finding("A1.3", "EXT-X-VERSION is too low", f"{version}, needed is {needed}")
    elif version > needed:
        yield Finding("A1.3b", "EXT-X-VERSION is higher than needed", f"{version} > {needed}")


def _needed_version(listing: Listing) -> int:
    """§8, the features that a media playlist of ours can have."""
    skip = listing.attributes("EXT-X-SKIP")
    needs = (
        (10, "RECENTLY-REMOVED-DATERANGES" in skip),
        (9, bool(skip)),
        (8, listing.has("EXT-X-DEFINE")),
        (6, listing.has("EXT-X-MAP") and not listing.has("EXT-X-I-FRAMES-ONLY")),
        (5, listing.has("EXT-X-MAP")),
        (4, listing.has("EXT-X-BYTERANGE") or listing.has("EXT-X-I-FRAMES-ONLY")),
        (3, any("." in tag.value.partition(",")[0] for tag in listing.all("EXTINF"))),
    )
    return next((version for version, needed in needs if needed), 1)


def _control(listing: Listing) -> Iterator[Finding]:
    control = listing.attributes("EXT-X-SERVER-CONTROL")
    target, part_target = listing.target_ns, listing.part_target_ns
    if control.get("CAN-BLOCK-RELOAD") != "YES":
        yield Finding("A4.5", "CAN-BLOCK-RELOAD is not YES", str(control))
    if part_target:
        # Apple's authoring specification 14.3: "MUST be at least three times the … part target"
        yield from _at_least(control, "PART-HOLD-BACK", 3 * part_target, "A4.2")
        if part_target > target:
            yield Finding("A3.2", "PART-TARGET exceeds TARGETDURATION", f"{part_target} ns")
    # §4.4.3.8: HOLD-BACK "MUST be at least three times the Target Duration"
    if "HOLD-BACK" in control:
        yield from _at_least(control, "HOLD-BACK", 3 * target, "A4.3")
    # §4.4.3.8: "The Skip Boundary MUST be at least six times the Target Duration"
    if "CAN-SKIP-UNTIL" in control:
        yield from _at_least(control, "CAN-SKIP-UNTIL", 6 * target, "A4.4")
    elif "CAN-SKIP-DATERANGES" in control:
        yield Finding("A4.4", "CAN-SKIP-DATERANGES without CAN-SKIP-UNTIL", str(control))


def _at_least(control: dict[str, str], name: str, least: int, rule: str) -> Iterator[Finding]:
    value = nanoseconds(control.get(name))
    if value is None or value < least:
        seen = control.get(name, "absent")
        yield Finding(rule, f"{name} is too small", f"{seen}, at least {least / NANOSECOND:g} s")


def _segments(listing: Listing) -> Iterator[Finding]:
    for segment in listing.segments:
        yield from _segment(segment, listing)
    if listing.segments and listing.integer("EXT-X-MEDIA-SEQUENCE") is None:
        yield Finding("A2.6", "there is no EXT-X-MEDIA-SEQUENCE", "")
    for tag in listing.all("EXT-X-PROGRAM-DATE-TIME"):
        # §4.4.4.6: "SHOULD indicate a time zone and fractional parts … to millisecond accuracy"
        if not _DATE.fullmatch(tag.value):
            yield Finding("A9.1", "a date lacks milliseconds or its time zone", tag.value)


def _segment(segment: ListedSegment, listing: Listing) -> Iterator[Finding]:
    name = f"segment {segment.msn}"
    if segment.url is not None:
        duration = segment.duration_ns
        # §4.4.4.1: "EXTINF … REQUIRED for each Media Segment"
        if duration is None:
            yield Finding("A2.1", "a segment has no EXTINF", name)
        # §4.4.3.1: "EXTINF duration …, when rounded to the nearest integer, MUST be less than or
        # equal to the Target Duration"
        elif (2 * duration + NANOSECOND) // (2 * NANOSECOND) * NANOSECOND > listing.target_ns:
            yield Finding("A2.1", "a segment is longer than TARGETDURATION", f"{name}: {duration}")
    if segment.map_value is None:
        yield Finding("A2.5", "no EXT-X-MAP applies to a segment", name)
    if segment.date_ns is None:
        yield Finding("A9.1", "a segment has no EXT-X-PROGRAM-DATE-TIME", name)
    if segment.late:
        # §4.4.4.9: they "MUST" be before the first EXT-X-PART of the segment
        yield Finding("A3.6", "a segment's tag comes after its first part", str(segment.late))


def _parts(segment: ListedSegment, target: int) -> Iterator[Finding]:
    for index, (part, after) in enumerate(zip_longest(segment.parts, segment.parts[1:])):
        name = f"part {segment.msn}.{index}: {part.value}"
        if part.duration_ns is None or "URI=" not in part.value:
            yield Finding("A3.2", "a part lacks URI or DURATION", name)
        # §4.4.4.9: "MUST be less than or equal to the Part Target Duration"
        elif part.duration_ns > target:
            yield Finding("A3.2", "a part is longer than PART-TARGET", name)
        # §4.4.4.9: at least 85 %, "with the exception of Partial Segments with INDEPENDENT=YES,
        # GAP=YES, those immediately followed by a Partial Segment with GAP=YES, and the last
        # Partial Segment of any Parent Segment"; the newest part may turn out to be the last.
        elif 100 * part.duration_ns < PART_FLOOR_PERCENT * target and not _may_be_short(
            part, after
        ):
            yield Finding("A3.3", "a part is shorter than 85 % of PART-TARGET", name)


def _may_be_short(part: ListedPart, after: ListedPart | None) -> bool:
    return part.independent or part.gap or after is None or after.gap


def _live_edge(listing: Listing) -> Iterator[Finding]:
    parts = [part for segment in listing.segments for part in segment.parts]
    hints = [tag.attributes for tag in listing.all("EXT-X-PRELOAD-HINT")]
    if parts and not listing.part_target_ns:
        yield Finding("A3.1", "there are parts but no PART-TARGET", "")
    if listing.part_target_ns and not parts and listing.segments and not listing.ended:
        yield Finding("A3.11", "PART-INF is there, but no part", "")
    if listing.ended:
        # §4.4.5.3: "MUST NOT" be in a playlist with EXT-X-ENDLIST
        if hints:
            yield Finding("A2.12", "an ended playlist has EXT-X-PRELOAD-HINT", str(hints[0]))
        return
    for kind in ("PART", "MAP"):
        count = sum(hint.get("TYPE") == kind for hint in hints)
        # §6.2.1: "SHOULD NOT" be more than one of each TYPE; appendix B.1: one for the next part
        if count > 1 or (kind == "PART" and parts and not count):
            yield Finding("A7.1", f"not exactly one hint of TYPE={kind}", f"{count} hints")
    yield from _old_parts(listing)


def _old_parts(listing: Listing) -> Iterator[Finding]:
    behind = 0
    for segment in reversed(listing.segments):
        # §6.2.2: parts further than three Target Durations from the end SHOULD be removed; ours
        # go with their parent, hence one more.
        if behind > 4 * listing.target_ns and segment.parts:
            yield Finding("A3.7", "parts are listed far from the live edge", f"{segment.msn}")
        behind += segment.duration_ns or sum(part.duration_ns or 0 for part in segment.parts)


def _reports(listing: Listing) -> Iterator[Finding]:
    for tag in listing.all("EXT-X-RENDITION-REPORT"):
        report = tag.attributes
        # §4.4.5.4: "URI … MUST be relative to the URI of the Media Playlist"
        if "URI" not in report or "://" in report["URI"]:
            yield Finding("A8.2", "a rendition report's URI is not relative", tag.line)
        if integer(report.get("LAST-MSN")) is None:
            yield Finding("A8.2", "a rendition report has no LAST-MSN", tag.line)
        # §4.4.5.4: LAST-PART "REQUIRED if the Rendition contains Partial Segments"
        if listing.part_target_ns and integer(report.get("LAST-PART")) is None:
            yield Finding("A8.2", "a rendition report has no LAST-PART", tag.line)
