"""Rules on one init section, part or segment by itself (CMAF, ISO/IEC 23000-19).

Comes in: what `boxes` read, and what the playlist says of it. Goes out: findings.
"""

from collections.abc import Iterator

from levelchat.client.boxes import Chunk, Header, Media
from levelchat.client.rules.finding import Finding
from levelchat.client.rules.reading import ListedPart
from levelchat.media.time import NANOSECOND

DURATION_TOLERANCE_NS = 2_000_000
"""Five decimals round by 5 µs and a frame is at least 8 ms: what differs by 2 ms is another
number of frames."""

_BEFORE_MOOF = {"styp", "prft", "emsg", "sidx"}


def of_init(header: Header) -> Iterator[Finding]:
    """B1, B7."""
    # §7.3.1: ftyp first, then moov with exactly one track
    if header.kinds[:1] != ("ftyp",) or "moov" not in header.kinds or "mdat" in header.kinds:
        yield Finding("B1", "the init section is not ftyp and moov", str(header.kinds))
    if header.tracks != 1:
        yield Finding("B1", "the init section has not exactly one track", str(header.tracks))
    if not {"cmfc", "cmf2"} & set(header.brands):
        yield Finding("B7", "no CMAF brand in the init section", str(header.brands))


def of_part(part: ListedPart, media: Media, header: Header) -> Iterator[Finding]:
    """B2 and the truth of EXT-X-PART."""
    kinds = tuple(kind for kind in media.kinds if kind not in _BEFORE_MOOF)
    # §7.3.2.3: a chunk is one moof and one mdat; ours has one chunk a part
    if kinds != ("moof", "mdat"):
        yield Finding("B2", "a part is not one moof and one mdat", f"{part.url}: {media.kinds}")
    if not media.chunks:
        return
    chunk = media.chunks[0]
    yield from of_duration(part.duration_ns, media, header, part.value)
    # RFC 8216bis §4.4.4.9: INDEPENDENT=YES "if the Partial Segment contains an independent frame"
    if part.independent and not chunk.independent:
        yield Finding("A3.5", "a part says INDEPENDENT=YES and is not", part.value)
    if chunk.independent and not part.independent:
        yield Finding("A3.5", "an independent part does not say so", part.value)


def of_duration(
    listed_ns: int | None, media: Media, header: Header, evidence: str
) -> Iterator[Finding]:
    """A2.2: what is listed is what is there."""
    ticks = sum(chunk.duration for chunk in media.chunks)
    actual = ticks * NANOSECOND // max(1, header.timescale)
    if listed_ns is not None and abs(listed_ns - actual) > DURATION_TOLERANCE_NS:
        yield Finding(
            "A2.2", "a listed duration is not that of the media", f"{actual}: {evidence}"
        )


def of_chunks(url: str, media: Media, header: Header, end: int | None) -> Iterator[Finding]:
    """B3 to B5; *end* is where the media before it ended, None if that is not known."""
    for chunk in media.chunks:
        yield from _shape(url, chunk, header)
        # §7.3.2.2: tfdt is the previous tfdt and its durations, without gap or overlap
        if end is not None and chunk.decode_time != end:
            seen = f"{url}: {chunk.decode_time}, expected {end}"
            yield Finding("B5", "tfdt does not follow from the media before", seen)
        end = chunk.decode_time + chunk.duration


def _shape(url: str, chunk: Chunk, header: Header) -> Iterator[Finding]:
    # Table 4: one traf, one tfdt, one trun
    if chunk.tracks != 1 or chunk.runs != 1:
        yield Finding("B3", "not exactly one traf with one trun", url)
    if chunk.track != header.track:
        yield Finding("B3", "the track is not that of the init section", f"{url}: {chunk.track}")
    # §7.3.2.3: default-base-is-moof, and offsets relative to the moof
    if not chunk.base_is_moof or chunk.data_offset != chunk.expected_offset:
        yield Finding("B4", "data offsets are not from the start of the moof", url)
    if chunk.sample_bytes != chunk.payload_bytes:
        yield Finding("B4", "the samples are not all of the mdat", url)
    if not chunk.samples:
        yield Finding("B2", "a chunk has no samples", url)
