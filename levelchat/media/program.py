"""What a packager hands to the origin: a program, its renditions, and their parts.

A *program* is one run of a packager over one broadcast: one set of init sections, one timeline
that starts at 0. A packager that restarts begins a new program of the same room.
"""

import msgspec

from levelchat.media.codec import Codec, Kind


class Rendition(msgspec.Struct, frozen=True):
    """One encoding of the program's picture or sound; becomes one media playlist."""

    name: str
    """Unique in the program and stable over programs, fit for a URL: `v720`, `a128`."""
    codec: Codec
    codecs: str
    """RFC 6381 string from the bitstream itself: `avc1.64001f`, `mp4a.40.2`."""
    timescale: int
    """Ticks a second of `Part.start` and `Part.duration`."""
    part_target: int
    """EXT-X-PART-INF, in ticks of `timescale`; the same in every program of a server."""
    bandwidth: int
    """Declared peak, bits a second, boxes included."""
    average_bandwidth: int
    init: bytes
    """The CMAF header (`ftyp` + `moov`)."""
    width: int = 0
    height: int = 0
    frame_rate: int = 0
    channels: int = 0

    @property
    def kind(self) -> Kind:
        return self.codec.kind


class Program(msgspec.Struct, frozen=True):
    """Announced before its first part."""

    session: str
    """Random, fit for a URL, never used before: keeps caches from serving an earlier program."""
    segment_seconds: int
    """EXT-X-TARGETDURATION, and the wall-clock grid on which segments are cut."""
    renditions: tuple[Rendition, ...]


class Part(msgspec.Struct, frozen=True, array_like=True):
    """One CMAF chunk (`moof` + `mdat`): a Partial Segment of LL-HLS.

    Parts of one rendition arrive in order, without holes, each as soon as it is complete.
    """

    rendition: str
    segment: int
    """Number of its parent on the wall-clock grid: capture time // segment duration. The same for
    all renditions at the same instant; +1 from segment to segment within a program."""
    index: int
    """Part Index within the parent, from 0."""
    start: int
    """tfdt: ticks of the rendition's timescale since the program began."""
    duration: int
    wall_ns: int
    """Capture time of the first sample, nanoseconds since the Unix epoch."""
    independent: bool
    """Holds an independent frame at its start (A3.5)."""
    last: bool
    """Closes its parent segment."""
    gap: bool
    """EXT-X-PART with GAP=YES; `data` is empty."""
    data: bytes
