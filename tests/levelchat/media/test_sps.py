"""Laws of sequence parameter sets, as x264 writes them."""

from fractions import Fraction

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from levelchat.media import sps

START_CODE = b"\x00\x00\x01"


def unit(width: int, height: int, pixels: str = "yuv420p", **options: str) -> bytes:
    """A real one."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, pixels
    encoder.time_base = Fraction(1, 30)
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", **options}
    frame = av.VideoFrame(width, height, pixels)
    for plane in frame.planes:
        plane.update(bytes(plane.buffer_size))
    (packet,) = encoder.encode(frame)
    units = [part.rstrip(b"\0") for part in bytes(packet).split(START_CODE)[1:]]
    return next(part for part in units if part[0] & 0x1F == 7)


@pytest.mark.parametrize(
    ("width", "height"),
    [(64, 64), (640, 360), (1920, 1080), (1366, 768), (1080, 1920), (322, 182)],
)
def test_a_size_is_what_is_shown(width: int, height: int) -> None:
    """Without the rows and columns that fill the last macroblocks."""
    said = sps.read(unit(width, height))

    assert (said.width, said.height) == (width, height)
    assert (said.chroma_format, said.luma_depth, said.chroma_depth) == (1, 0, 0)


@pytest.mark.parametrize(
    ("pixels", "options", "chroma"),
    [
        ("yuv420p", {"profile": "baseline"}, (1, 0, 0)),
        ("yuv420p", {"profile": "high", "x264-params": "cqm=jvt"}, (1, 0, 0)),
        ("yuv420p", {"x264-params": "interlaced=1"}, (1, 0, 0)),
        ("yuv420p10le", {}, (1, 2, 2)),
        ("yuv422p", {}, (2, 0, 0)),
        ("yuv444p", {}, (3, 0, 0)),
        ("yuv444p", {"x264-params": "cqm=jvt"}, (3, 0, 0)),
        ("gray", {}, (0, 0, 0)),
    ],
)
def test_every_format_says_its_size(
    pixels: str, options: dict[str, str], chroma: tuple[int, int, int]
) -> None:
    """Scaling lists, fields and chroma in any format come before it, and change what is cropped."""
    said = sps.read(unit(166, 100, pixels, **options))

    assert said == sps.SequenceParameterSet(*chroma, 166, 100)


def test_what_has_no_chroma_of_its_own_has_three_planes() -> None:
    """separate_colour_plane_flag: cropped by single pixels. No encoder here writes it."""
    # id 0, format 3, the flag, depths 0 and 1, no bypass, no lists, log2 0, order 2, no reference,
    # no gaps; 2 by 1 macroblocks, whole frames, no inference; cropped by 1, 2, 3 and 0; the end.
    bits = "1 00100 1 1 010 0 0 1 011 1 0 010 1 1 0 1 010 011 00100 1 1".replace(" ", "")
    data = int(bits.ljust(40, "0"), 2).to_bytes(5, "big")

    said = sps.read(bytes((0x67, 244, 0, 30)) + data)

    assert said == sps.SequenceParameterSet(3, 0, 1, 32 - 3, 16 - 3)


@given(st.binary(max_size=80), st.sampled_from([66, 100, 122, 244]))
def test_anything_is_read_or_refused(data: bytes, profile: int) -> None:
    """Where it cannot be one it is an `IndexError`, whatever it says."""
    try:
        said = sps.read(bytes((0x67, profile, 0, 30)) + data)
    except IndexError:
        return
    assert said.width >= 0
    assert said.height >= 0


def test_one_that_is_cut_off_is_refused() -> None:
    """At any byte before its size."""
    whole = unit(640, 360)
    for end in range(8):
        with pytest.raises(IndexError):
            sps.read(whole[:end])
