"""Laws of H.264 between Annex B and MP4."""

from fractions import Fraction

import av
import numpy as np
import pytest

from packager.cmaf import h264
from packager.cmaf.errors import BitstreamError

SPS = bytes.fromhex("6742c01ed900a0")
PPS = bytes.fromhex("68cb83cb20")
IDR = bytes.fromhex("658884")
SLICE = bytes.fromhex("419a01")
AUD = bytes.fromhex("0910")
SEI = bytes.fromhex("0605010180")
FILLER = bytes.fromhex("0cff80")
LONG, SHORT = b"\0\0\0\1", b"\0\0\1"


@pytest.mark.parametrize("code", [LONG, SHORT])
def test_parameter_sets_come_without_start_codes(code: bytes) -> None:
    """The SPS and PPS are found behind start codes of either length."""
    unit = code + AUD + code + SPS + code + PPS + code + IDR

    assert h264.parameter_sets(unit) == (SPS, PPS)


@pytest.mark.parametrize(
    "unit", [b"", b"junk", LONG + SPS, LONG + PPS, LONG + b"\x67" + LONG + PPS]
)
def test_missing_parameter_sets_are_refused(unit: bytes) -> None:
    """What has no whole SPS and PPS is no key frame to make a header of."""
    with pytest.raises(BitstreamError):
        h264.parameter_sets(unit)


def test_a_sample_keeps_slices_alone() -> None:
    """AUD, SPS, PPS, SEI and filler are stripped, slices keep their order and bytes."""
    unit = b"".join(LONG + nal for nal in (AUD, SPS, PPS, SEI, IDR, FILLER, SLICE))

    assert h264.to_sample(unit) == b"\0\0\0\3" + IDR + b"\0\0\0\3" + SLICE


def test_trailing_zeros_are_not_part_of_a_unit() -> None:
    """Zeros before a start code and at the end belong to no NAL unit."""
    assert h264.to_sample(LONG + SLICE + b"\0\0\0" + SHORT + IDR + b"\0\0") == h264.to_sample(
        LONG + SLICE + LONG + IDR
    )


def test_emulation_prevention_stays_as_it_is() -> None:
    """00 00 03 inside a unit is no start code."""
    inside = bytes.fromhex("650000030001")

    assert h264.to_sample(LONG + inside) == b"\0\0\0\6" + inside


def test_a_unit_without_slices_is_refused() -> None:
    """An access unit of parameter sets alone makes no sample."""
    with pytest.raises(BitstreamError):
        h264.to_sample(LONG + SPS + LONG + PPS)


def test_the_codecs_string_is_profile_constraints_level() -> None:
    """RFC 6381: avc1.PPCCLL."""
    assert h264.codecs_string(SPS) == "avc1.42c01e"


def test_baseline_has_no_chroma_in_its_configuration() -> None:
    """The `avcC` of baseline ends with the PPS."""
    assert h264.configuration(SPS, PPS)[8:] == (
        bytes.fromhex("0142c01effe1") + b"\0\7" + SPS + b"\1\0\5" + PPS
    )


@pytest.mark.parametrize(
    ("profile", "pixels", "ending"),
    [
        ("high", "yuv420p", "fdf8f800"),
        ("high422", "yuv422p", "fef8f800"),
        ("high10", "yuv420p10le", "fdfafa00"),
    ],
)
def test_high_profiles_say_chroma_and_depth(profile: str, pixels: str, ending: str) -> None:
    """The `avcC` of the high profiles ends with chroma format, bit depths and no SPS extension."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = 64, 64, pixels
    encoder.time_base = Fraction(1, 30)
    encoder.options = {"profile": profile, "tune": "zerolatency"}
    frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), "rgb24")
    (packet,) = encoder.encode(frame.reformat(format=pixels))

    assert h264.configuration(*h264.parameter_sets(bytes(packet))).endswith(bytes.fromhex(ending))


def test_444_has_a_bit_more_before_its_depths() -> None:
    """An SPS of chroma format 3 is read past separate_colour_plane_flag."""
    # seq_parameter_set_id 0 "1", chroma_format_idc 3 "00100", flag "0", depths 0 "1" and 1 "010";
    # no bypass, no lists, log2 0, order 2, no reference, no gaps, 1 by 1 macroblocks, not cropped
    bits = 0b1_00100_0_1_010_0_0_1_011_1_0_1_1_1_0_0_1_0000000
    sps = bytes((0x67, 122, 0, 30)) + bits.to_bytes(4, "big")

    assert h264.configuration(sps, PPS).endswith(bytes.fromhex("fff8f900"))


def test_a_cut_off_sps_is_refused() -> None:
    """An SPS that ends before its bit depths is no SPS."""
    with pytest.raises(BitstreamError):
        h264.configuration(bytes((0x67, 100, 0, 30, 0)), PPS)
