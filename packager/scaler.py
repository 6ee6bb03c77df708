"""Brings pictures of any size to one size.

Comes in: decoded pictures. Goes out: 4:2:0 pictures of the rendition's size; a picture of another
shape gets black bars. It never changes a picture that fits already.
"""

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

FORMAT = "yuv420p"

SHAPE_PERCENT = 2
"""A shape that differs by less is a rounding of the publisher's, and is stretched."""

BLACK = (16, 128, 128)
"""Y, Cb, Cr of black in limited range (ITU-T H.273 §8.3)."""


class Scaler:
    """One rendition's; the last result is kept, for pictures that are repeated."""

    def __init__(self, width: int, height: int) -> None:
        self._width = width
        self._height = height
        self._reformatter = VideoReformatter()
        self._source: VideoFrame | None = None
        self._result: VideoFrame | None = None

    def fit(self, picture: VideoFrame) -> VideoFrame:
        """*picture* at the rendition's size."""
        if self._result is None or picture is not self._source:
            self._source, self._result = picture, self._fit(picture)
        return self._result

    def _fit(self, picture: VideoFrame) -> VideoFrame:
        width, height = self._inner(picture.width, picture.height)
        same = (width, height) == (picture.width, picture.height)
        if not same or picture.format.name != FORMAT:
            picture = self._reformatter.reformat(
                picture, width, height, FORMAT, interpolation="BICUBIC", threads=1
            )
        if (width, height) == (self._width, self._height):
            return picture
        return self._with_bars(picture)

    def _inner(self, width: int, height: int) -> tuple[int, int]:
        """The largest size with the picture's shape that fits."""
        wanted, given = self._width * height, width * self._height
        if abs(wanted - given) * 100 <= SHAPE_PERCENT * wanted:
            return self._width, self._height
        if given > wanted:
            return self._width, max(2, self._width * height // width // 2 * 2)
        return max(2, self._height * width // height // 2 * 2), self._height

    def _with_bars(self, picture: VideoFrame) -> VideoFrame:
        whole = VideoFrame(self._width, self._height, FORMAT)
        left = (self._width - picture.width) // 4 * 2
        top = (self._height - picture.height) // 4 * 2
        for number, (source, target) in enumerate(zip(picture.planes, whole.planes, strict=True)):
            shift = 0 if number == 0 else 1
            out = np.frombuffer(memoryview(target), np.uint8).reshape(-1, target.line_size)
            pixels = np.frombuffer(memoryview(source), np.uint8).reshape(-1, source.line_size)
            out[:] = BLACK[number]
            y, x = top >> shift, left >> shift
            inner = pixels[: source.height, : source.width]
            out[y : y + source.height, x : x + source.width] = inner
        return whole
