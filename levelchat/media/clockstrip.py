"""The clock strip: a capture time written into the picture itself (docs/clock-strip.md).

Comes in: a stamp and a plane of pixels, or a plane alone. Goes out: the plane with two rows of
black and white cells, or the stamp that is found there. A strip whose checksum fails is
unreadable; nothing here guesses.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.uint8]
"""Rows of luma, or rows of pixels of equal channels (RGB, BGR)."""

COLUMNS = 20
ROWS = 2
BANDS = 12
"""Rows of cells that would fill the picture's height."""
RIM = 8
"""A white cell's black rim is one part in so many of its size."""
BLACK, WHITE = 0, 255
THRESHOLD = 128
"""Mean luma from which a cell is read as white."""

DAY_MS = 86_400_000
COUNTERS = 32

_COUNTER_BITS = 5
_CRC_BITS = 8
_BITS = COLUMNS * ROWS


class Stamp(msgspec.Struct, frozen=True):
    """What a strip says."""

    milliseconds: int
    """Since 00:00 UTC."""
    counter: int
    """Of frames, modulo 32."""

    def delay_ms(self, now_ms: int) -> int:
        """From the stamp to *now_ms* (since any midnight UTC), at most half a day either way."""
        return (now_ms - self.milliseconds + DAY_MS // 2) % DAY_MS - DAY_MS // 2


def stamp(wall_ns: int, frame: int) -> Stamp:
    """The stamp of picture number *frame*, captured at *wall_ns* since the Unix epoch."""
    return Stamp(wall_ns // 1_000_000 % DAY_MS, frame % COUNTERS)


def write(plane: Plane, said: Stamp, *, black: int = BLACK, white: int = WHITE) -> None:
    """Draws the strip over the top sixth of *plane*."""
    cells = _cells(plane.shape[0], plane.shape[1])
    bits = _encode(said)
    plane[: cells[-1].bottom] = black
    for index, cell in enumerate(cells):
        if bits >> (_BITS - 1 - index) & 1:
            cell.inner(plane, RIM)[:] = white


def read(plane: Plane) -> Stamp | None:
    """What the strip on *plane* says; None when it cannot be read."""
    bits = 0
    for cell in _cells(plane.shape[0], plane.shape[1]):
        middle = cell.inner(plane, 4)
        if not middle.size:
            return None
        bits = bits << 1 | (float(middle.mean()) >= THRESHOLD)
    return _decode(bits)


class _Cell(NamedTuple):
    """Pixel edges of a cell."""

    left: int
    top: int
    right: int
    bottom: int

    def inner(self, plane: Plane, margin: int) -> Plane:
        """The cell without a rim of one part in *margin* of its size."""
        across = -(-(self.right - self.left) // margin)
        down = -(-(self.bottom - self.top) // margin)
        return plane[
            self.top + down : self.bottom - down, self.left + across : self.right - across
        ]


def _cells(height: int, width: int) -> list[_Cell]:
    """From left to right and from top to bottom, as the bits go."""
    columns = list(_edges(width, COLUMNS, COLUMNS))
    rows = list(_edges(height, BANDS, ROWS))
    return [_Cell(left, top, right, bottom) for top, bottom in rows for left, right in columns]


def _edges(size: int, parts: int, count: int) -> Iterator[tuple[int, int]]:
    """The first *count* of *parts* equal stretches of *size*, rounded to whole pixels."""
    ends = [(2 * index * size + parts) // (2 * parts) for index in range(count + 1)]
    return pairwise(ends)


def _encode(said: Stamp) -> int:
    payload = said.milliseconds << _COUNTER_BITS | said.counter
    return payload << _CRC_BITS | _crc8(payload.to_bytes(4, "big"))


def _decode(bits: int) -> Stamp | None:
    payload, crc = bits >> _CRC_BITS, bits & 0xFF
    milliseconds, counter = payload >> _COUNTER_BITS, payload & (COUNTERS - 1)
    if crc != _crc8(payload.to_bytes(4, "big")) or milliseconds >= DAY_MS:
        return None
    return Stamp(milliseconds, counter)


def _crc8(data: bytes) -> int:
    """Polynomial 0x07, initial value 0xFF, no reflection, no final XOR."""
    crc = 0xFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ (0x07 if crc & 0x80 else 0)) & 0xFF
    return crc
