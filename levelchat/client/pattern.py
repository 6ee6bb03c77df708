"""The test pattern: a picture and a sound that carry their capture time (docs/clock-strip.md).

Comes in: a capture time. Goes out: a picture in I420 planes, or samples of sound, that depend on
nothing else. All that stands still is drawn once, when the pattern is made; a picture is then a
copy and a few small rectangles.
"""

import numpy as np
import numpy.typing as npt

from levelchat.client import lettering
from levelchat.media import clockstrip
from levelchat.media.time import AUDIO_RATE, NANOSECOND, rescale

Planes = npt.NDArray[np.uint8]
"""I420 as one array: `height` rows of luma, then a quarter of that of U and of V."""
Samples = npt.NDArray[np.int16]

BLACK, WHITE = 16, 235
"""Limited-range luma (ITU-R BT.709)."""
DARK = 28
"""Luma of the square while it does not flash; at most 40."""

FLASH_NS = NANOSECOND // 10
"""How long flash and beep last from the start of each UTC second."""
TONE = 1000
"""Hz."""
LOUDNESS = 8000
"""Of 32767: -12 dBFS, loud enough to be found and soft enough to be borne."""

SCROLL_NS = 8 * NANOSECOND
"""The background comes round once in this time: at 640 by 360, it moves in every picture."""
NAME = "LevelChat"


class Pattern:
    """Pictures of *width* by *height*, both even, and sound at 48 kHz."""

    def __init__(self, width: int, height: int) -> None:
        if width % 2 or height % 2 or width < 16 * 8 or height < 9 * 8:
            raise ValueError("a test pattern is at least 128x72, and both are even")
        self.width, self.height = width, height
        self._luma, self._chroma = _background(width, height)
        self._name = _Sign(lettering.mask(NAME, height // 6), width // 2, height * 9 // 32)
        digits = height // 14
        self._digits = {sign: lettering.mask(sign, digits) for sign in "0123456789: UTC"}
        self._second = _second()

    def picture(self, wall_ns: int, frame: int) -> Planes:
        """Picture number *frame*, captured at *wall_ns* since the Unix epoch."""
        width, height = self.width, self.height
        planes = np.empty((height * 3 // 2, width), np.uint8)
        luma = planes[:height]
        shift = wall_ns % SCROLL_NS * (width // 2) // SCROLL_NS
        luma[:] = self._luma[:, 2 * shift : 2 * shift + width]
        chroma = planes[height:].reshape(2, height // 2, width // 2)
        chroma[:] = self._chroma[:, :, shift : shift + width // 2]
        self._name.draw(luma)
        self._draw_time(luma, wall_ns)
        self._draw_flash(luma, chroma, wall_ns)
        clockstrip.write(luma, clockstrip.stamp(wall_ns, frame), black=BLACK, white=WHITE)
        chroma[:, : -(-height // 12)] = 128
        return planes

    def sound(self, wall_ns: int, count: int) -> Samples:
        """*count* samples of one channel, the first captured at *wall_ns*."""
        first = rescale(wall_ns % NANOSECOND, NANOSECOND, AUDIO_RATE)
        at = np.arange(first, first + count) % AUDIO_RATE
        return self._second[at]

    def _draw_flash(self, luma: Planes, chroma: Planes, wall_ns: int) -> None:
        left, right = self.width * 3 // 8, self.width * 5 // 8
        top, bottom = self.height // 2, self.height * 3 // 4
        flash = wall_ns % NANOSECOND < FLASH_NS
        luma[top:bottom, left:right] = WHITE if flash else DARK
        chroma[:, top // 2 : -(-bottom // 2), left // 2 : -(-right // 2)] = 128

    def _draw_time(self, luma: Planes, wall_ns: int) -> None:
        """The time of day in digits, and below it a bar that fills once a second."""
        seconds = wall_ns // NANOSECOND % 86_400
        text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02} UTC"
        row = np.hstack([self._digits[sign] for sign in text])
        _Sign(row, self.width // 2, self.height * 27 // 32).draw(luma)
        filled = wall_ns % NANOSECOND * self.width // NANOSECOND
        luma[self.height * 31 // 32 :, :filled] = WHITE


class _Sign:
    """A mask at its place; drawing it brightens what lies below."""

    def __init__(self, mask: Planes, middle: int, top: int) -> None:
        left = middle - mask.shape[1] // 2
        self._place = (slice(top, top + mask.shape[0]), slice(left, left + mask.shape[1]))
        self._mask = np.minimum(mask, WHITE)

    def draw(self, luma: Planes) -> None:
        target = luma[self._place]
        np.maximum(target, self._mask, out=target)


def _background(width: int, height: int) -> tuple[Planes, Planes]:
    """Luma and chroma twice as wide as a picture, so that any shift of it is a slice.

    Soft bands of violet, blue and green that meet themselves after one width.
    """
    x = np.arange(2 * width)[None, :] / width
    y = np.arange(height)[:, None] / height
    wave = np.sin(2 * np.pi * (x + 0.35 * np.sin(np.pi * y)))
    ripple = np.sin(2 * np.pi * (3 * x - 1.5 * y)) * np.sin(np.pi * y)
    luma = 76 + 26 * wave + 14 * ripple + 18 * (1 - y)
    u = 146 + 18 * wave + 0 * y
    v = 126 - 22 * np.sin(2 * np.pi * (x - 0.3 * y)) + 8 * ripple
    halves = np.stack([plane[::2, ::2] for plane in (u, v)])
    return luma.clip(BLACK, WHITE).astype(np.uint8), halves.clip(16, 240).astype(np.uint8)


def _second() -> Samples:
    """One UTC second: the tone, then silence."""
    at = np.arange(AUDIO_RATE)
    tone = LOUDNESS * np.sin(2 * np.pi * TONE * at / AUDIO_RATE)
    tone[AUDIO_RATE * FLASH_NS // NANOSECOND :] = 0
    return tone.astype(np.int16)
