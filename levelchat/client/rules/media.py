"""Rules on the media of one rendition: the order of its parts, and its segments.

Comes in: bodies as they arrive, in any order, and the versions of the playlist. Goes out:
findings. It decodes nothing. Bodies wait only until the playlist names them, and no more than
`MAX_PENDING` of them.
"""

import hashlib
from collections import OrderedDict, deque

from levelchat.client.boxes import BoxError, Header, Media, read_header, read_media
from levelchat.client.rules import chunks
from levelchat.client.rules.finding import Finding
from levelchat.client.rules.reading import ListedPart, ListedSegment, Listing
from levelchat.media.time import NANOSECOND

MAX_PENDING = 64
"""Bodies not yet listed, and digests of segments: more than three target durations of parts."""

MAX_WAIT = 6
"""Parts that arrive after one that never does; a player asks for them in order."""

PEAK_PERCENT = 125
"""Authoring specification 1.29: the measured peak MUST be below 125 % of what is declared."""

_Key = tuple[int, int]


class _Assembly:
    """The parts of one segment so far."""

    def __init__(self, *, whole: bool) -> None:
        self.whole = whole
        self.hash = hashlib.sha256()
        self.size = 0

    def add(self, body: bytes) -> None:
        self.hash.update(body)
        self.size += len(body)


class MediaRules:
    """The media of one rendition."""

    def __init__(self) -> None:
        self.bandwidth = 0
        """What the multivariant playlist declares for the variant; 0: unknown."""
        self.dropped = 0
        """Bodies that waited too long for the playlist to name them."""
        self._header: Header | None = None
        self._pending: OrderedDict[str, bytes] = OrderedDict()
        self._position: _Key | None = None
        self._end: int | None = None
        """tfdt that comes next; None when something between was not seen."""
        self._assembly = _Assembly(whole=False)
        self._digests: OrderedDict[str, str] = OrderedDict()
        self._gaps: deque[int] = deque(maxlen=MAX_PENDING)
        """Media sequence numbers of segments with a part that is a gap."""

    def init(self, body: bytes) -> list[Finding]:
        """The init section arrived."""
        self._end = None
        try:
            self._header = read_header(body)
        except BoxError as error:
            return [Finding("B1", "the init section cannot be read", str(error))]
        return list(chunks.of_init(self._header))

    def part(self, url: str, body: bytes) -> None:
        """A part arrived; it is judged when the playlist lists it."""
        self._pending[url] = body
        if len(self._pending) > MAX_PENDING:
            self._pending.popitem(last=False)
            self.dropped += 1

    def segment(self, url: str, body: bytes, listed: ListedSegment | None) -> list[Finding]:
        """A whole segment arrived; *listed* is how the newest playlist has it."""
        found: list[Finding] = []
        digest = self._digests.get(url)
        # §3.2: a segment's parts one after the other are the same media
        if digest is not None and digest != hashlib.sha256(body).hexdigest():
            found.append(Finding("A3.4", "a segment is not its parts one after the other", url))
        media = self._read(url, body, found)
        # What a gap left out is missing in the segment's time line as well.
        if media is not None and self._header is not None and not self._has_gap(listed):
            duration = listed.duration_ns if listed is not None else None
            found += chunks.of_chunks(url, media, self._header, None)
            found += chunks.of_duration(duration, media, self._header, url)
            # Authoring specification 7.4: "MUST start with an IDR"
            if not media.chunks[0].independent:
                text = "a segment does not begin with an independent frame"
                found.append(Finding("A2.4", text, url))
        return found

    def _has_gap(self, listed: ListedSegment | None) -> bool:
        if listed is None:
            return False
        return listed.gap or listed.msn in self._gaps or any(part.gap for part in listed.parts)

    def settle(self, listing: Listing) -> list[Finding]:
        """Judges every part that *listing* names and that is here, in order."""
        found: list[Finding] = []
        if self._header is None:
            return found
        ahead = self._ahead(listing)
        for index, (key, segment, part) in enumerate(ahead):
            if part.url in self._pending:
                self._place(key, segment)
                found += self._judge(segment, part)
            elif part.gap or self._passed(ahead[index:]):
                self._lose_track(key if part.gap else None)
            else:
                break
        return found

    def _ahead(self, listing: Listing) -> list[tuple[_Key, ListedSegment, ListedPart]]:
        return [
            ((segment.msn, index), segment, part)
            for segment in listing.segments
            for index, part in enumerate(segment.parts)
            if self._position is None or (segment.msn, index) > self._position
        ]

    def _passed(self, rest: list[tuple[_Key, ListedSegment, ListedPart]]) -> bool:
        """The first of *rest* will not arrive any more."""
        if self._position is None:
            return True
        return sum(part.url in self._pending for _, _, part in rest) >= MAX_WAIT

    def _lose_track(self, gap: _Key | None = None) -> None:
        self._end = None
        self._assembly.whole = False
        if gap is not None:
            self._gaps.append(gap[0])
            self._position = gap if self._position is not None else None

    def _place(self, key: _Key, segment: ListedSegment) -> None:
        if self._position is not None and key[0] > self._position[0] + 1:
            self._lose_track()
        if key[1] == 0:
            self._assembly = _Assembly(whole=True)
            if segment.discontinuity:
                self._end = None
        self._position = key

    def _judge(self, segment: ListedSegment, part: ListedPart) -> list[Finding]:
        found: list[Finding] = []
        body = self._pending.pop(part.url)
        self._assembly.add(body)
        media = self._read(part.url, body, found)
        if media is not None and self._header is not None:
            found += chunks.of_part(part, media, self._header)
            found += chunks.of_chunks(part.url, media, self._header, self._end)
            self._end = media.chunks[-1].decode_time + media.chunks[-1].duration
        if part is segment.parts[-1] and segment.url is not None and self._assembly.whole:
            found += self._complete(segment, segment.url)
        return found

    def _complete(self, segment: ListedSegment, url: str) -> list[Finding]:
        self._digests[url] = self._assembly.hash.hexdigest()
        if len(self._digests) > MAX_PENDING:
            self._digests.popitem(last=False)
        bits = 8 * self._assembly.size * NANOSECOND // max(1, segment.duration_ns or NANOSECOND)
        if self.bandwidth and 100 * bits > PEAK_PERCENT * self.bandwidth:
            text = "a segment's bit rate is above 125 % of BANDWIDTH"
            return [Finding("A10", text, f"{bits} bit/s, declared {self.bandwidth}")]
        return []

    def _read(self, url: str, body: bytes, found: list[Finding]) -> Media | None:
        if self._header is None:
            return None
        try:
            media = read_media(body, self._header)
        except BoxError as error:
            found.append(Finding("B2", "media cannot be read", f"{url}: {error}"))
            return None
        return media if media.chunks else None
