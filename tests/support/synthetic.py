"""Programs and parts that exist only as arithmetic: what a packager would send, without media."""

from collections.abc import Iterator

from levelchat.media.codec import Codec
from levelchat.media.program import Part, Program, Rendition
from levelchat.media.time import NANOSECOND

PART_NS = NANOSECOND // 2
SEGMENT_SECONDS = 2
FRAME = 1024
START_NS = 1_800_000_000 * NANOSECOND

VIDEO = Rendition(
    "v720", Codec.H264, "avc1.64001f", 90_000, 45_000, 3_000_000, 2_000_000, b"init-v",
    width=1280, height=720, frame_rate=30,
)  # fmt: skip
SMALL = Rendition(
    "v240", Codec.H264, "avc1.640015", 90_000, 45_000, 600_000, 400_000, b"init-s",
    width=426, height=240, frame_rate=30,
)  # fmt: skip
AUDIO = Rendition(
    "a128", Codec.AAC, "mp4a.40.2", 48_000, 24 * FRAME, 140_000, 130_000, b"init-a", channels=2
)


def program(session: str = "s1", *renditions: Rendition) -> Program:
    return Program(session, SEGMENT_SECONDS, renditions or (VIDEO, SMALL, AUDIO))


def parts(
    running: Program, start_ns: int, seconds: float, *, whole: bool = True
) -> Iterator[Part]:
    """The parts of *running* from *start_ns* on, in the order in which they are complete.

    The last segment is closed only if it ends on the grid; without *whole*, sound lags one part.
    """
    end_ns = start_ns + int(seconds * NANOSECOND)
    indexes = {rendition.name: (-1, 0) for rendition in running.renditions}
    edge_ns = (start_ns // PART_NS + 1) * PART_NS
    begin_ns = start_ns
    while edge_ns <= end_ns:
        for rendition in running.renditions:
            if rendition.codec is Codec.AAC and not whole and edge_ns + PART_NS > end_ns:
                continue
            yield _part(rendition, start_ns, begin_ns, edge_ns, indexes)
        begin_ns, edge_ns = edge_ns, edge_ns + PART_NS


def _part(
    rendition: Rendition,
    origin_ns: int,
    begin_ns: int,
    edge_ns: int,
    indexes: dict[str, tuple[int, int]],
) -> Part:
    segment = begin_ns // NANOSECOND // SEGMENT_SECONDS
    before, index = indexes[rendition.name]
    index = index if segment == before else 0
    indexes[rendition.name] = (segment, index + 1)
    start = _ticks(rendition, begin_ns - origin_ns)
    end = _ticks(rendition, edge_ns - origin_ns)
    return Part(
        rendition=rendition.name,
        segment=segment,
        index=index,
        start=start,
        duration=end - start,
        wall_ns=origin_ns + start * NANOSECOND // rendition.timescale,
        independent=rendition.codec is Codec.AAC or begin_ns % NANOSECOND == 0 or start == 0,
        last=edge_ns % (SEGMENT_SECONDS * NANOSECOND) == 0,
        gap=False,
        data=f"{rendition.name}:{segment}.{index};".encode(),
    )


def _ticks(rendition: Rendition, since_ns: int) -> int:
    """Sound is cut between AAC frames: the last that begins before the edge is inside."""
    ticks = since_ns * rendition.timescale // NANOSECOND
    return -(-ticks // FRAME) * FRAME if rendition.codec is Codec.AAC else ticks
