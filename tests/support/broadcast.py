"""Real encoded frames as ingest hands them on, and how to look at what a packager makes of them."""

import asyncio
import functools
import io
import itertools
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction

import av
import msgspec
import numpy as np

from levelchat.clock import Clock
from levelchat.media.codec import Codec
from levelchat.media.frame import EncodedFrame, TrackInfo
from levelchat.media.program import Part, Program, Rendition
from levelchat.media.seams import FrameWriter
from levelchat.media.wire import FromProcess, PartReady, Started
from packager.settings import PackagerSettings, Rung

SECOND = 1_000_000_000
START_NS = 1_700_000_000 * SECOND + 300_000_000
"""300 ms after a whole second, so that a first part is short."""
SMALL = PackagerSettings(
    ladder=(Rung(size=180, bitrate=300_000), Rung(size=90, bitrate=100_000)),
    preset="ultrafast",
    linger_seconds=1,
    warm_spares=0,
)
AV = (TrackInfo(Codec.H264), TrackInfo(Codec.OPUS))

ENCODERS = {
    Codec.H264: ("libx264", {"preset": "ultrafast", "tune": "zerolatency"}),
    Codec.VP8: ("libvpx", {"deadline": "realtime", "cpu-used": "-12", "lag-in-frames": "0"}),
    Codec.VP9: ("libvpx-vp9", {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}),
    Codec.AV1: ("libsvtav1", {"preset": "11", "svtav1-params": "pred-struct=1:rtc=1:rc=2:lp=1"}),
}


def flashes(wall_ns: int) -> bool:
    """Whether light and tone are on: in the first 100 ms of each second."""
    return wall_ns % SECOND < SECOND // 10


def picture(width: int, height: int, number: int, *, light: bool) -> av.VideoFrame:
    """A bar that moves on grey, or the same on white."""
    plane = np.full((height * 3 // 2, width), 128, np.uint8)
    plane[:height] = 235 if light else 40
    left = number * 4 % (width - 16)
    plane[height // 2 : height, left : left + 16] = 128
    return av.VideoFrame.from_ndarray(plane, "yuv420p")


@functools.cache
def video(
    codec: Codec = Codec.H264,
    count: int = 90,
    *,
    size: tuple[int, int] = (320, 180),
    start_ns: int = START_NS,
    rate: int = 30,
    gop: int = 30,
) -> tuple[EncodedFrame, ...]:
    """*count* frames of moving picture that flashes."""
    name, options = ENCODERS[codec]
    encoder = av.CodecContext.create(name, "w")
    encoder.width, encoder.height, encoder.pix_fmt = *size, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, rate), Fraction(rate)
    encoder.gop_size, encoder.bit_rate = gop, 500_000
    encoder.max_b_frames, encoder.thread_count = 0, 1
    encoder.options = options
    packets = []
    for number in range(count):
        light = flashes(start_ns + number * SECOND // rate)
        frame = picture(*size, number, light=light)
        frame.pts, frame.time_base = number, encoder.time_base
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    return tuple(_frame(codec, packet, start_ns, rate) for packet in packets)


def _frame(codec: Codec, packet: av.Packet, start_ns: int, rate: int) -> EncodedFrame:
    number = packet.pts or 0
    wall_ns = start_ns + number * SECOND // rate
    pts = 7_000_000 + number * 90_000 // rate
    return EncodedFrame(codec, pts, wall_ns, packet.is_keyframe, False, bytes(packet))


@functools.cache
def sound(count: int = 150, *, start_ns: int = START_NS) -> tuple[EncodedFrame, ...]:
    """*count* Opus packets of 20 ms with a tone while the picture flashes."""
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = 48_000, "stereo", "flt"
    encoder.bit_rate = 64_000
    encoder.options = {"application": "lowdelay"}
    delay = 120
    """Samples that libopus's low-delay mode adds at 48 kHz (2.5 ms)."""
    frames = []
    for number in range(count):
        at = np.arange(number * 960, (number + 1) * 960) + delay
        wall = start_ns + at * (SECOND // 1000) // 48
        tone = 0.5 * np.sin(2 * np.pi * 1000 * at / 48_000) * (wall % SECOND < SECOND // 10)
        block = av.AudioFrame.from_ndarray(
            tone.astype(np.float32).repeat(2).reshape(1, -1), "flt", "stereo"
        )
        block.sample_rate, block.pts = 48_000, number * 960
        for packet in encoder.encode(block):
            wall_ns = start_ns + number * 20_000_000
            pts = 3_000_000 + number * 960
            frames.append(EncodedFrame(Codec.OPUS, pts, wall_ns, True, False, bytes(packet)))
    return tuple(frames)


def merged(*tracks: Iterable[EncodedFrame]) -> list[EncodedFrame]:
    """The frames of *tracks* as they arrive."""
    return sorted((f for track in tracks for f in track), key=lambda frame: frame.wall_ns)


def moved(frames: Iterable[EncodedFrame], by_ns: int) -> list[EncodedFrame]:
    """The same frames, captured later."""
    return [msgspec.structs.replace(frame, wall_ns=frame.wall_ns + by_ns) for frame in frames]


def programs(messages: Iterable[FromProcess]) -> list[Program]:
    return [message.program for message in messages if isinstance(message, Started)]


def parts(messages: Iterable[FromProcess], name: str) -> list[Part]:
    return [
        message.part
        for message in messages
        if isinstance(message, PartReady) and message.part.rendition == name
    ]


def decoded(rendition: Rendition, listed: Sequence[Part]) -> list[av.VideoFrame | av.AudioFrame]:
    """What FFmpeg makes of the header and the parts behind each other."""
    file = io.BytesIO(rendition.init + b"".join(part.data for part in listed))
    with av.open(file) as container:
        return list(container.decode(container.streams[0]))


class Origin:
    """A `ProgramSink` that keeps what it is given."""

    def __init__(self) -> None:
        self.programs: list[Program] = []
        self.parts: list[Part] = []
        self.rooms: set[str] = set()
        self.ended: list[str] = []
        self.failing = False
        """Whether it raises, as nothing behind a seam should."""

    def start(self, room: str, program: Program) -> None:
        if self.failing:
            raise RuntimeError("a defect of the origin")
        self.rooms.add(room)
        self.programs.append(program)

    def add_rendition(self, room: str, rendition: Rendition) -> None:
        self.rooms.add(room)
        self.programs[-1] = msgspec.structs.replace(
            self.programs[-1], renditions=(*self.programs[-1].renditions, rendition)
        )

    def part(self, room: str, part: Part) -> None:
        self.rooms.add(room)
        self.parts.append(part)

    def end(self, room: str) -> None:
        self.ended.append(room)


async def eventually(condition: Callable[[], object], what: str, seconds: float = 10) -> None:
    """Returns once *condition* holds."""
    try:
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.01)
    except TimeoutError as error:
        raise AssertionError(f"not within {seconds} s: {what}") from error


async def on_air(writer: FrameWriter, clock: Clock) -> None:
    """Publishes picture and sound in real time, until cancelled."""
    frames = merged(video(gop=15), sound())
    begin_ns = clock.now_ns()
    for turn in itertools.count():
        for frame in moved(frames, begin_ns - START_NS + turn * 3 * SECOND):
            await asyncio.sleep(max(0, frame.wall_ns - clock.now_ns()) / SECOND)
            writer.write(msgspec.structs.replace(frame, pts=frame.pts + turn * 144_000))
