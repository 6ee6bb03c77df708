"""Packages one file as fast as it can: `python -m bench.pipeline_child FILE`.

Comes in: a Matroska file of H.264 and Opus. Goes out, on standard output: what became of it, as
JSON. Its whole processor time is what `bench.pipeline` compares.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import msgspec

from levelchat.media.codec import Codec, Kind
from levelchat.media.frame import EncodedFrame, TrackInfo
from levelchat.media.time import NANOSECOND, rescale
from levelchat.media.wire import Dropped, FromProcess, PartReady
from packager.pipeline import Pipeline
from packager.settings import PackagerSettings

ORIGIN_NS = 1_700_000_000 * NANOSECOND
"""When the file's time 0 was captured."""


class Outcome(msgspec.Struct):
    """What the pipeline gave."""

    parts: int = 0
    dropped: int = 0
    bytes: dict[str, int] = {}
    """By rendition, boxes included."""


def run(path: Path) -> Outcome:
    """Packages the file at *path*."""
    outcome = Outcome(bytes={})

    def emit(message: FromProcess) -> None:
        if isinstance(message, PartReady):
            part = message.part
            outcome.parts += 1
            outcome.bytes[part.rendition] = outcome.bytes.get(part.rendition, 0) + len(part.data)
        elif isinstance(message, Dropped):
            outcome.dropped += message.frames

    pipeline = Pipeline(PackagerSettings(), emit, patient=True)
    pipeline.open((TrackInfo(Codec.H264), TrackInfo(Codec.OPUS)))
    for frame in frames(path):
        pipeline.push(frame, frame.wall_ns)
    pipeline.finish()
    return outcome


def frames(path: Path) -> Iterator[EncodedFrame]:
    """The file as ingest would hand it over."""
    with av.open(path) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        annexb = av.BitStreamFilterContext("h264_mp4toannexb", video)
        for packet in container.demux(video, audio):
            if packet.stream is video:
                yield from (_frame(Codec.H264, whole) for whole in annexb.filter(packet))
            elif packet.size:
                yield _frame(Codec.OPUS, packet)


def _frame(codec: Codec, packet: "av.Packet[Any]") -> EncodedFrame:
    time_ns = int((packet.pts or 0) * packet.time_base * NANOSECOND)
    return EncodedFrame(
        codec=codec,
        pts=rescale(time_ns, NANOSECOND, codec.clock_rate),
        wall_ns=ORIGIN_NS + time_ns,
        key=packet.is_keyframe or codec.kind is Kind.AUDIO,
        broken=False,
        data=bytes(packet),
    )


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(run(Path(sys.argv[1]))))
