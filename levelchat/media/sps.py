"""The sequence parameter set of H.264 (ITU-T H.264 §7.3.2.1.1).

Comes in: one NAL unit. Goes out: how its pictures are made and how large they are. It reads as far
as that takes, and nothing of what follows (VUI).
"""

from typing import NamedTuple

from levelchat.media.bits import BitReader

_HEADER = 4
"""Bytes: NAL header, profile, compatibility, level."""
_WITH_CHROMA = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
"""profile_idc of those that say their chroma format; others have 4:2:0 of 8 bits."""
_PLAIN_CHROMA = 1
_FULL_CHROMA = 3
"""4:4:4."""
_SCALES = ((1, 1), (2, 2), (2, 1), (1, 1))
"""SubWidthC and SubHeightC by chroma_format_idc (table 6-1)."""
_SMALL_LISTS = 6
_MAX_CYCLE = 255
_MACROBLOCK = 16


class SequenceParameterSet(NamedTuple):
    """What the others would not decode without."""

    chroma_format: int
    luma_depth: int
    """Bits above 8."""
    chroma_depth: int
    width: int
    """Pixels that are shown."""
    height: int


class _Chroma(NamedTuple):
    format: int = _PLAIN_CHROMA
    luma_depth: int = 0
    chroma_depth: int = 0
    separate_planes: bool = False


def read(unit: bytes) -> SequenceParameterSet:
    """What the NAL unit says; raises `IndexError` where it is cut off or cannot be one."""
    # §7.4.1: 03 after two zeros is an emulation prevention byte.
    bits = BitReader(unit[_HEADER:].replace(b"\x00\x00\x03", b"\x00\x00"))
    bits.unsigned()  # seq_parameter_set_id
    chroma = _chroma(bits) if unit[1] in _WITH_CHROMA else _Chroma()
    bits.unsigned()  # log2_max_frame_num_minus4
    _skip_order(bits)
    bits.unsigned()  # max_num_ref_frames
    bits.take(1)  # gaps_in_frame_num_value_allowed_flag
    width, height = _size(bits, chroma)
    return SequenceParameterSet(
        chroma.format, chroma.luma_depth, chroma.chroma_depth, width, height
    )


def _chroma(bits: BitReader) -> _Chroma:
    of = bits.unsigned()
    if of > _FULL_CHROMA:
        raise IndexError("an H.264 chroma format that there is not")
    separate = of == _FULL_CHROMA and bool(bits.take(1))
    luma, chroma = bits.unsigned(), bits.unsigned()
    bits.take(1)  # qpprime_y_zero_transform_bypass_flag
    if bits.take(1):
        for index in range(12 if of == _FULL_CHROMA else 8):
            if bits.take(1):
                _skip_scaling_list(bits, 16 if index < _SMALL_LISTS else 64)
    return _Chroma(of, luma, chroma, separate)


def _skip_scaling_list(bits: BitReader, size: int) -> None:
    """§7.3.2.1.1.1."""
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.signed()) % 256
        last = following or last


def _skip_order(bits: BitReader) -> None:
    """How the order of pictures is counted."""
    kind = bits.unsigned()
    if kind == 0:
        bits.unsigned()  # log2_max_pic_order_cnt_lsb_minus4
    elif kind == 1:
        bits.take(1)  # delta_pic_order_always_zero_flag
        bits.signed()  # offset_for_non_ref_pic
        bits.signed()  # offset_for_top_to_bottom_field
        cycle = bits.unsigned()
        if cycle > _MAX_CYCLE:
            raise IndexError("an H.264 cycle of more reference frames than there can be")
        for _ in range(cycle):
            bits.signed()


def _size(bits: BitReader, chroma: _Chroma) -> tuple[int, int]:
    """§7.4.2.1.1: macroblocks, less what is cropped."""
    wide, high = bits.unsigned() + 1, bits.unsigned() + 1
    fields = 2 - bits.take(1)
    if fields > 1:
        bits.take(1)  # mb_adaptive_frame_field_flag
    bits.take(1)  # direct_8x8_inference_flag
    left = right = top = bottom = 0
    if bits.take(1):
        left, right, top, bottom = (bits.unsigned() for _ in range(4))
    across, down = (1, 1) if chroma.separate_planes else _SCALES[chroma.format]
    return (
        max(0, wide * _MACROBLOCK - across * (left + right)),
        max(0, fields * (high * _MACROBLOCK - down * (top + bottom))),
    )
