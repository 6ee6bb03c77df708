"""What can be published: the test pattern, or a media file.

Comes in: a size, or a path. Goes out: moments in the order in which they are due, each with a way
to render it for PyAV. Nothing here waits: who publishes holds each moment until its time.
"""

import heapq
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import count
from pathlib import Path
from typing import Protocol

import av
import msgspec
from av.stream import Disposition
from av.video.frame import PictureType

from levelchat.client.errors import MediaUnreadable
from levelchat.client.pattern import Pattern
from levelchat.media.codec import Kind
from levelchat.media.time import AUDIO_RATE, NANOSECOND

Frame = av.VideoFrame | av.AudioFrame

FRAME_RATE = 30
"""Pictures a second of the test pattern."""
PACKET = 960
"""Samples: 20 ms, what Opus encodes best and every WebRTC sender sends."""
PACKET_NS = PACKET * NANOSECOND // AUDIO_RATE
LARGEST = (1280, 720)
"""A file's picture is scaled down to this unless another size is asked for."""


class Moment(msgspec.Struct, frozen=True):
    """A picture, or 20 ms of sound."""

    kind: Kind
    captured_ns: int
    """Nanoseconds since the source began."""
    ready_ns: int
    """When it is whole: pictures at once, sound after its last sample."""
    render: Callable[[int], Frame]
    """Given the capture time since the Unix epoch."""


class Source(Protocol):
    """Something to publish."""

    @property
    def width(self) -> int:
        """0 when there is no picture."""

    @property
    def height(self) -> int: ...

    @property
    def rate(self) -> Fraction:
        """Pictures a second."""

    @property
    def has_sound(self) -> bool: ...

    def moments(self) -> Iterator[Moment]:
        """From the beginning, by `ready_ns`."""


class PatternSource:
    """The test pattern, without end."""

    has_sound = True

    def __init__(self, pattern: Pattern) -> None:
        self.width, self.height = pattern.width, pattern.height
        self.rate = Fraction(FRAME_RATE)
        self._pattern = pattern

    def moments(self) -> Iterator[Moment]:
        pictures = (self._picture(number) for number in count())
        sounds = (self._sound(number * PACKET_NS) for number in count())
        return heapq.merge(pictures, sounds, key=_ready)

    def _picture(self, number: int) -> Moment:
        at = number * NANOSECOND // FRAME_RATE

        def render(wall_ns: int) -> Frame:
            return av.VideoFrame.from_ndarray(self._pattern.picture(wall_ns, number), "yuv420p")

        return Moment(Kind.VIDEO, at, at, render)

    def _sound(self, at: int) -> Moment:
        def render(wall_ns: int) -> Frame:
            left_and_right = self._pattern.sound(wall_ns, PACKET).repeat(2)[None]
            frame = av.AudioFrame.from_ndarray(left_and_right, "s16", "stereo")
            frame.sample_rate = AUDIO_RATE
            return frame

        return Moment(Kind.AUDIO, at, at + PACKET_NS, render)


class FileSource(msgspec.Struct, frozen=True):
    """A media file, once or again and again; made by `open_file`."""

    path: Path
    width: int
    height: int
    rate: Fraction
    has_sound: bool
    start_ns: int
    """The file's own time of its first sample."""
    duration_ns: int
    loop: bool

    def moments(self) -> Iterator[Moment]:
        # Each stream is read by itself, so that none waits for how the file interleaves them.
        streams = [self._repeated(self._pictures)] if self.width else []
        streams += [self._repeated(self._sounds)] if self.has_sound else []
        return heapq.merge(*streams, key=_ready)

    def _repeated(self, once: Callable[[int], Iterator[Moment]]) -> Iterator[Moment]:
        begins = 0
        while True:
            try:
                yield from once(begins)
            except av.FFmpegError as error:
                raise MediaUnreadable(f"{self.path}: {error.strerror}") from error
            if not self.loop:
                return
            begins += self.duration_ns

    def _pictures(self, begins: int) -> Iterator[Moment]:
        with av.open(self.path) as container:
            track = _picture_track(container)
            for frame in container.decode(track) if track else ():
                at = self._since_start(frame)
                if at is not None:
                    yield Moment(Kind.VIDEO, begins + at, begins + at, self._scaled(frame))

    def _scaled(self, frame: av.VideoFrame) -> Callable[[int], Frame]:
        def render(_wall_ns: int) -> Frame:
            picture = frame.reformat(self.width, self.height, "yuv420p")
            # The decoder left its picture type there, which x264 would take for an order.
            picture.pict_type = PictureType.NONE
            return picture

        return render

    def _sounds(self, begins: int) -> Iterator[Moment]:
        resampler = av.AudioResampler("s16", "stereo", AUDIO_RATE, PACKET)
        with av.open(self.path) as container:
            for decoded in container.decode(container.streams.audio[0]):
                for frame in resampler.resample(decoded):
                    at = self._since_start(frame)
                    if at is not None:
                        yield _sound(frame, begins + at)

    def _since_start(self, frame: Frame) -> int | None:
        """Nanoseconds; None for what has no time, or lies before the file's start (priming)."""
        if frame.pts is None or frame.time_base is None:
            return None
        at = int(frame.pts * frame.time_base * NANOSECOND) - self.start_ns
        return at if at >= 0 else None


def open_file(path: Path, size: tuple[int, int] | None, *, loop: bool) -> FileSource:
    """The media file at *path*; raises `MediaUnreadable`."""
    try:
        with av.open(path) as container:
            return _examined(path, container, size, loop=loop)
    except FileNotFoundError as error:
        raise MediaUnreadable(f"there is no file {path}") from error
    except (av.FFmpegError, OSError) as error:
        raise MediaUnreadable(f"{path} cannot be read: {error.strerror}") from error


def _examined(
    path: Path,
    container: av.container.InputContainer,
    size: tuple[int, int] | None,
    *,
    loop: bool,
) -> FileSource:
    video = _picture_track(container)
    has_sound = bool(container.streams.audio)
    if video is None and not has_sound:
        raise MediaUnreadable(f"{path} has neither picture nor sound")
    if loop and not container.duration:
        raise MediaUnreadable(f"{path} does not say how long it is, so it cannot be looped")
    microsecond = NANOSECOND // 1_000_000
    width, height = _fitting(video.width, video.height, size) if video else (0, 0)
    return FileSource(
        path=path,
        width=width,
        height=height,
        rate=(video.average_rate if video else None) or Fraction(FRAME_RATE),
        has_sound=has_sound,
        start_ns=(container.start_time or 0) * microsecond,
        duration_ns=(container.duration or 0) * microsecond,
        loop=loop,
    )


def _picture_track(container: av.container.InputContainer) -> av.VideoStream | None:
    """The first one that moves: music files carry their cover as a video stream."""
    moving = (
        stream
        for stream in container.streams.video
        if not stream.disposition & Disposition.attached_pic
    )
    return next(moving, None)


def _fitting(width: int, height: int, size: tuple[int, int] | None) -> tuple[int, int]:
    """*size*, or the picture's own within `LARGEST`, of the same shape; both even."""
    if size is not None:
        return size
    scale = min(Fraction(1), Fraction(LARGEST[0], width), Fraction(LARGEST[1], height))
    return max(2, int(width * scale) // 2 * 2), max(2, int(height * scale) // 2 * 2)


def _sound(frame: av.AudioFrame, at: int) -> Moment:
    return Moment(Kind.AUDIO, at, at + PACKET_NS, lambda _wall_ns: frame)


def _ready(moment: Moment) -> int:
    return moment.ready_ns
