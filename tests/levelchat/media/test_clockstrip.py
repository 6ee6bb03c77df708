"""Laws of the clock strip (docs/clock-strip.md)."""

import json
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from levelchat.media import clockstrip
from levelchat.media.clockstrip import DAY_MS, Stamp

SIZES = [(240, 426), (360, 640), (480, 854), (720, 1280), (181, 323)]
VECTORS = json.loads((Path(__file__).parents[3] / "docs" / "clock-strip-vectors.json").read_text())
"""What the reader in the browser is held against as well."""
STAMPS = [Stamp(0, 0), Stamp(DAY_MS - 1, 31), Stamp(12 * 3600 * 1000 + 345, 17)]


@pytest.mark.parametrize("shape", SIZES)
@pytest.mark.parametrize("said", STAMPS)
def test_what_is_written_is_read(shape: tuple[int, int], said: Stamp) -> None:
    """Every stamp comes back from a luma plane and from an RGB picture of every size."""
    luma = np.full(shape, 90, np.uint8)
    picture = np.full((*shape, 3), 90, np.uint8)
    clockstrip.write(luma, said, black=16, white=235)
    clockstrip.write(picture, said)

    assert clockstrip.read(luma) == said
    assert clockstrip.read(picture) == said


def test_the_strip_is_laid_out_as_the_page_says() -> None:
    """Milliseconds, counter and CRC-8, most significant bit first, row by row."""
    plane = np.zeros((240, 400), np.uint8)
    clockstrip.write(plane, Stamp(0x2AAAAAA, 0b10011))
    cells = [
        int(plane[row * 20 + 10, column * 20 + 10] == 255)
        for row in range(2)
        for column in range(20)
    ]

    assert "".join(map(str, cells[:32])) == f"{0x2AAAAAA:027b}10011"
    assert "".join(map(str, cells[32:])) == f"{0x74:08b}"


def test_the_checksum_is_the_one_of_the_page() -> None:
    """CRC-8 with polynomial 0x07 and initial value 0xFF: its check value is 0xFB."""
    assert clockstrip._crc8(b"123456789") == 0xFB


def test_a_white_cell_has_a_black_rim() -> None:
    """An eighth of a white cell's width and height is black along each edge."""
    plane = np.full((240, 400), 90, np.uint8)
    clockstrip.write(plane, Stamp(1 << 26, 0))
    cell = plane[:20, :20]

    assert cell[3:17, 3:17].min() == 255
    assert cell.sum() == 255 * 14 * 14


def test_only_the_top_sixth_is_touched() -> None:
    """Below the strip the picture stays as it was."""
    plane = np.full((240, 426), 90, np.uint8)
    clockstrip.write(plane, STAMPS[2])

    assert (plane[40:] == 90).all()


def test_a_strip_with_a_wrong_cell_is_unreadable() -> None:
    """A single flipped cell, wherever it is, is noticed."""
    for index in range(40):
        plane = np.zeros((240, 400), np.uint8)
        clockstrip.write(plane, STAMPS[2])
        row, column = divmod(index, 20)
        cell = plane[row * 20 : row * 20 + 20, column * 20 : column * 20 + 20]
        cell[:] = 0 if cell[10, 10] else 255
        assert clockstrip.read(plane) is None


@pytest.mark.parametrize("shape", [(0, 0), (1, 1), (24, 40), (240, 426)])
def test_a_picture_without_strip_is_unreadable(shape: tuple[int, int]) -> None:
    """Black pictures, and those too small for a strip, say nothing."""
    assert clockstrip.read(np.zeros(shape, np.uint8)) is None


def test_a_time_beyond_the_day_is_unreadable() -> None:
    """Milliseconds of no time of day are refused even under a right checksum."""
    plane = np.zeros((240, 400), np.uint8)
    clockstrip.write(plane, Stamp(DAY_MS, 0))

    assert clockstrip.read(plane) is None


def test_a_stamp_is_the_time_of_day_and_the_frame() -> None:
    """Nanoseconds since the epoch become milliseconds since midnight UTC."""
    assert clockstrip.stamp((3 * DAY_MS + 5) * 1_000_000 + 999_999, 65) == Stamp(5, 1)


@pytest.mark.parametrize(
    ("stamped", "now", "delay"),
    [
        (1000, 2500, 1500),
        (2500, 1000, -1500),
        (DAY_MS - 500, 200, 700),
        (200, DAY_MS - 500, -700),
        (5, 3 * DAY_MS + 9, 4),
    ],
)
def test_the_delay_knows_midnight(stamped: int, now: int, delay: int) -> None:
    """The delay is taken modulo one day, at most half a day either way."""
    assert Stamp(stamped, 0).delay_ms(now) == delay


def test_it_survives_240p_at_300_kbit_s() -> None:
    """Of a busy picture of 426 by 240 at 300 kbit/s, at least 98 of 100 strips are readable."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = 426, 240, "yuv420p"
    encoder.time_base, encoder.framerate, encoder.bit_rate = Fraction(1, 30), Fraction(30), 300_000
    encoder.gop_size = 30
    encoder.options = {"preset": "superfast", "bf": "0", "maxrate": "300k", "bufsize": "300k"}
    decoder = av.CodecContext.create("h264", "r")
    noise = np.random.default_rng(1).integers(16, 235, (540, 2200), np.uint8)
    sent, read, size = [], [], 0
    for index in range(150):
        sent.append(clockstrip.stamp(index * 33_333_333, index))
        source = np.full((1080, 1280), 128, np.uint8)
        source[:720] = np.repeat(noise[::3, index * 4 : index * 4 + 320], 4, axis=0)[:720].repeat(
            4, axis=1
        )
        clockstrip.write(source[:720], sent[-1], black=16, white=235)
        frame = av.VideoFrame.from_ndarray(source, "yuv420p").reformat(426, 240)
        frame.pts = index
        packets = encoder.encode(frame)
        size += sum(packet.size for packet in packets)
        read += [picture for packet in packets for picture in decoder.decode(packet)]
    for packet in encoder.encode(None):
        size += packet.size
        read += decoder.decode(packet)
    read += decoder.decode(None)
    right = sum(
        clockstrip.read(picture.to_ndarray()[:240]) == said
        for picture, said in zip(read, sent, strict=True)
    )

    assert size * 8 / 5 < 330_000
    assert right >= 0.98 * len(sent)


def _drawn(bits: str) -> np.ndarray:
    cells = np.array([int(bit) for bit in bits], np.uint8).reshape(2, 20) * 255
    return np.pad(cells.repeat(20, axis=0).repeat(20, axis=1), ((0, 200), (0, 0)))


def test_python_and_the_browser_read_the_same() -> None:
    """Every strip of the shared vectors is read, or is unreadable, as they say."""
    for vector in VECTORS["readable"]:
        said = Stamp(vector["milliseconds"], vector["counter"])
        assert f"{clockstrip._encode(said):040b}" == vector["bits"]
        assert clockstrip.read(_drawn(vector["bits"])) == said
    for vector in VECTORS["unreadable"]:
        assert clockstrip.read(_drawn(vector["bits"])) is None
    for vector in VECTORS["delays"]:
        assert Stamp(vector["milliseconds"], 0).delay_ms(vector["now"]) == vector["delay"]
