"""Letters for the test pattern, drawn from small bitmaps: no font file, no image library.

Comes in: a text of the few letters it knows and a height. Goes out: a mask of 0 … 255, smooth at
the edges. It is asked once for each text or digit, never once a picture.
"""

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.uint8]

ROWS = 7
MIDDLE = 0.4
"""Coverage at which the edge lies; below a half, so that diagonal cells grow together."""
SMOOTH = 0.18
"""Half width of the edge, in coverage: crisp, but not jagged."""

_GLYPHS = {
    "0": "01110 10001 10011 10101 11001 10001 01110",
    "1": "00100 01100 00100 00100 00100 00100 01110",
    "2": "01110 10001 00001 00110 01000 10000 11111",
    "3": "01110 10001 00001 00110 00001 10001 01110",
    "4": "00010 00110 01010 10010 11111 00010 00010",
    "5": "11111 10000 11110 00001 00001 10001 01110",
    "6": "00110 01000 10000 11110 10001 10001 01110",
    "7": "11111 00001 00010 00100 01000 01000 01000",
    "8": "01110 10001 10001 01110 10001 10001 01110",
    "9": "01110 10001 10001 01111 00001 00010 01100",
    ":": "0 0 1 0 1 0 0",
    " ": "00 00 00 00 00 00 00",
    "C": "01110 10001 10000 10000 10000 10001 01110",
    "L": "10000 10000 10000 10000 10000 10000 11111",
    "T": "11111 00100 00100 00100 00100 00100 00100",
    "U": "10001 10001 10001 10001 10001 10001 01110",
    "a": "00000 00000 01110 00001 01111 10001 01111",
    "e": "00000 00000 01110 10001 11111 10000 01110",
    "h": "10000 10000 10110 11001 10001 10001 10001",
    "l": "110 010 010 010 010 010 111",
    "t": "010 010 111 010 010 010 011",
    "v": "00000 00000 10001 10001 10001 01010 00100",
}


def mask(text: str, height: int) -> Mask:
    """*text* as white on black, *height* pixels high."""
    gap = np.zeros((ROWS, 1), np.float32)
    columns = [gap]
    for letter in text:
        columns += [_bitmap(letter), gap]
    cells = np.hstack(columns)
    grown = _grow(_grow(cells, height).T, round(cells.shape[1] * height / ROWS)).T
    # Between cells the coverage runs from 0 to 1; a steep slope around its middle rounds corners.
    sharp = np.clip((grown - MIDDLE) / (2 * SMOOTH) + 0.5, 0.0, 1.0)
    return np.asarray(sharp * 255, np.uint8)


def _bitmap(letter: str) -> npt.NDArray[np.float32]:
    rows = [[float(cell) for cell in row] for row in _GLYPHS[letter].split()]
    return np.asarray(rows, np.float32)


def _grow(cells: npt.NDArray[np.float32], size: int) -> npt.NDArray[np.float32]:
    """*cells* stretched along their first axis to *size*, linear in between, dark outside."""
    padded = np.pad(cells, ((1, 1), (0, 0)))
    at = (np.arange(size) + 0.5) * len(cells) / size + 0.5
    below = at.astype(int)
    part = (at - below)[:, None]
    return np.asarray(padded[below] * (1 - part) + padded[below + 1] * part, np.float32)
