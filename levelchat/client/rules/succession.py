"""Rules between two versions of one media playlist.

Comes in: the older and the newer reading, delta updates already merged. Goes out: findings. It
knows no time: how late a version came is `cadence`'s.
"""

from collections.abc import Iterator
from itertools import pairwise

import msgspec

from levelchat.client.rules.finding import Finding
from levelchat.client.rules.reading import ListedSegment, Listing, nanoseconds

DATE_TOLERANCE_NS = 50_000_000
"""A9.2 asks for agreement within a frame; 50 ms is one frame at 20 fps, and two of AAC."""

MIN_SEGMENTS = 6
"""Apple's authoring specification 8.11: a live playlist MUST contain at least six segments."""

_CONSTANT = (
    ("EXT-X-TARGETDURATION", "A1.6"),
    ("EXT-X-PART-INF", "A1.5"),
    ("EXT-X-SERVER-CONTROL", "A1.5"),
    ("EXT-X-INDEPENDENT-SEGMENTS", "A1.5"),
)


def check(old: Listing, new: Listing) -> Iterator[Finding]:
    """What §6.2.1 allows to change between *old* and *new*, and nothing else."""
    yield from _constants(old, new)
    yield from _numbers(old, new)
    yield from _common(old, new)
    yield from _window(old, new)
    yield from _hint(old, new)
    yield from dates(new)
    if old.ended and new.text != old.text:
        yield Finding("A2.12", "a playlist changed after EXT-X-ENDLIST", "")


def merge(old: Listing, delta: Listing) -> Listing | None:
    """The full playlist that *delta* stands for; None if *old* does not reach far enough."""
    if not delta.skipped:
        return delta
    first, last = delta.sequence, delta.sequence + delta.skipped
    kept = tuple(segment for segment in old.segments if first <= segment.msn < last)
    if len(kept) != delta.skipped or any(segment.url is None for segment in kept):
        return None
    # §6.2.5.1: parts of skipped segments are gone too
    return msgspec.structs.replace(delta, segments=kept + delta.segments)


def delta_findings(delta: Listing) -> Iterator[Finding]:
    """A6.1: only what is further from the end than the Skip Boundary may be skipped."""
    boundary = nanoseconds(delta.attributes("EXT-X-SERVER-CONTROL").get("CAN-SKIP-UNTIL"))
    if not delta.skipped:
        return
    if boundary is None:
        yield Finding("A5.9", "a delta update although CAN-SKIP-UNTIL is not offered", "")
    elif delta.duration_ns < boundary:
        yield Finding("A6.1", "a segment within the Skip Boundary is skipped", str(delta.skipped))


def _constants(old: Listing, new: Listing) -> Iterator[Finding]:
    for name, rule in _CONSTANT:
        before = [tag.value for tag in old.all(name)]
        after = [tag.value for tag in new.all(name)]
        # §6.2.1: only the listed changes are allowed; these tags are not among them
        if before != after:
            yield Finding(rule, f"{name} changed", f"{before} to {after}")


def _numbers(old: Listing, new: Listing) -> Iterator[Finding]:
    # §6.2.2: "MUST NOT decrease or wrap"
    if new.sequence < old.sequence:
        yield Finding("A2.6", "EXT-X-MEDIA-SEQUENCE decreased", f"{old.sequence}, {new.sequence}")
    before = old.integer("EXT-X-DISCONTINUITY-SEQUENCE") or 0
    after = new.integer("EXT-X-DISCONTINUITY-SEQUENCE") or 0
    if after < before:
        yield Finding("A9.5", "EXT-X-DISCONTINUITY-SEQUENCE decreased", f"{before}, {after}")
    removed = [s for s in old.segments if s.msn < new.sequence]
    gone = sum(segment.discontinuity for segment in removed)
    # §6.2.2: incremented by 1 for each EXT-X-DISCONTINUITY that is removed. Segments that came
    # and went between the two versions are not known here.
    known = not old.segments or new.sequence <= old.segments[-1].msn + 1
    if known and after >= before and after - before != gone:
        seen = f"+{after - before}, removed {gone}"
        yield Finding("A9.5", "EXT-X-DISCONTINUITY-SEQUENCE does not count what left", seen)
    if new.newest < old.newest and new.sequence >= old.sequence and not _parts_left(old, new):
        yield Finding("A1.5", "the end of the playlist went back", f"{old.newest}, {new.newest}")


def _parts_left(old: Listing, new: Listing) -> bool:
    """The newest segment is the same and only lost its part tags."""
    return (
        bool(old.segments and new.segments)
        and new.segments[-1].msn == old.segments[-1].msn
        and not new.segments[-1].parts
        and new.segments[-1].url is not None
    )


def _common(old: Listing, new: Listing) -> Iterator[Finding]:
    newer = {segment.msn: segment for segment in new.segments}
    numbers = {segment.url: segment.msn for segment in old.segments if segment.url}
    for segment in new.segments:
        if segment.url and numbers.get(segment.url, segment.msn) != segment.msn:
            yield Finding("A2.6", "a segment changed its media sequence number", segment.url)
    for before in old.segments:
        after = newer.get(before.msn)
        if after is not None:
            yield from _segment(before, after)
        elif before.msn >= new.sequence:
            yield Finding("A1.5", "a segment vanished from the middle", str(before.msn))


def _segment(old: ListedSegment, new: ListedSegment) -> Iterator[Finding]:
    name = f"segment {old.msn}"
    if old.url is not None and (old.url, old.duration_ns) != (new.url, new.duration_ns):
        yield Finding("A1.5", "a listed segment changed", f"{name}: {old.url}, {new.url}")
    if (old.date_ns, old.discontinuity) != (new.date_ns, new.discontinuity):
        yield Finding("A1.5", "the date or discontinuity of a listed segment changed", name)
    if old.map_value != new.map_value:
        yield Finding("A1.5", "the EXT-X-MAP of a listed segment changed", name)
    before = [part.value for part in old.parts]
    after = [part.value for part in new.parts]
    # §6.2.2: parts are removed in order, hence those that are left are a suffix; new ones are
    # appended only while the segment is open.
    left = [value for value in after if value in set(before)] if after else []
    if left != before[len(before) - len(left) :] or (after and after[: len(left)] != left):
        yield Finding("A1.5", "listed parts changed", f"{name}: {before} to {after}")
    if old.url is not None and len(after) > len(before):
        yield Finding("A1.5", "a complete segment got another part", name)
    if old.url is None and new.url is not None and after:
        yield from _closing(new)


def _closing(segment: ListedSegment) -> Iterator[Finding]:
    total = sum(part.duration_ns or 0 for part in segment.parts)
    # §3.2: a segment and its parts have the same timing; 5 decimals round each by 5 µs.
    slack = 10_000 * (len(segment.parts) + 1)
    if segment.duration_ns is not None and abs(total - segment.duration_ns) > slack:
        seen = f"segment {segment.msn}: {total} ns, EXTINF {segment.duration_ns} ns"
        yield Finding("A3.4", "EXTINF is not the sum of the parts", seen)


def _window(old: Listing, new: Listing) -> Iterator[Finding]:
    if new.sequence <= old.sequence or new.ended:
        return
    # §6.2.2: "MUST NOT remove a Media Segment … if that would produce a Playlist whose duration
    # is less than three times the target duration"
    if new.duration_ns < 3 * new.target_ns:
        seen = f"{new.duration_ns} ns"
        yield Finding("A2.8", "a segment was removed from a playlist too short for it", seen)
    count = sum(segment.url is not None for segment in new.segments)
    if count < MIN_SEGMENTS:
        yield Finding("A2.8", "fewer than six segments are left", str(count))


def _hint(old: Listing, new: Listing) -> Iterator[Finding]:
    if not old.hinted or new.ended:
        return
    msn, index = old.newest
    after = {
        (segment.msn, number): (part.url, segment.discontinuity)
        for segment in new.segments
        for number, part in enumerate(segment.parts)
    }
    url, discontinuity = after.get((msn, index + 1)) or after.get((msn + 1, 0)) or ("", True)
    # §4.4.5.3: the hinted URI MUST match the URI of the EXT-X-PART that follows; §6.2.6 allows a
    # hint that will not be published, which is so when another program begins.
    if url != old.hinted[0] and not discontinuity:
        yield Finding("A7.2", "the next part is not the hinted one", f"{old.hinted[0]}, {url}")


def dates(listing: Listing) -> Iterator[Finding]:
    """A9.2: the dates of neighbours agree with the durations between them."""
    for before, after in pairwise(listing.segments):
        if after.discontinuity or None in (before.date_ns, after.date_ns, before.duration_ns):
            continue
        expected = (before.date_ns or 0) + (before.duration_ns or 0)
        if abs((after.date_ns or 0) - expected) > DATE_TOLERANCE_NS:
            seen = f"segment {after.msn}: off by {(after.date_ns or 0) - expected} ns"
            yield Finding("A9.2", "a date does not follow from the one before", seen)
