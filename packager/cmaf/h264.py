"""H.264 between an encoder's byte stream and MP4 (ITU-T H.264 Annex B, ISO/IEC 14496-15 §5).

Comes in: Annex B access units. Goes out: parameter sets, samples with length prefixes, `avcC`,
the RFC 6381 string. It never looks into a slice.
"""

from levelchat.media import sps as sequence
from packager.cmaf.box import box, u16, u32
from packager.cmaf.errors import BitstreamError

START_CODE = b"\x00\x00\x01"
"""Annex B §B.1.1 start_code_prefix_one_3bytes; a zero_byte before it belongs to nobody."""

# ITU-T H.264 Table 7-1, nal_unit_type.
SEI = 6
SPS = 7
PPS = 8
AUD = 9
FILLER = 12

NOT_IN_SAMPLES = frozenset({SEI, SPS, PPS, AUD, FILLER})
"""`avc1` keeps parameter sets in `avcC` alone, and players need none of the others."""

MIN_SPS = 4
"""Bytes: NAL header, profile, compatibility, level."""

WITH_CHROMA = frozenset({100, 110, 122, 144})
"""Profiles whose `avcC` ends with chroma format and bit depths (ISO/IEC 14496-15 §5.3.3.1.2)."""


def nal_units(annexb: bytes) -> list[bytes]:
    """The NAL units of a byte stream, without start codes."""
    # §7.4.1: "The last byte of the NAL unit shall not be equal to 0x00", so that trailing zeros
    # belong to the next start code.
    units = [unit.rstrip(b"\x00") for unit in annexb.split(START_CODE)[1:]]
    return [unit for unit in units if unit]


def parameter_sets(annexb: bytes) -> tuple[bytes, bytes]:
    """The first SPS and the first PPS of *annexb*."""
    units = nal_units(annexb)
    sps = next((unit for unit in units if _kind(unit) == SPS), b"")
    pps = next((unit for unit in units if _kind(unit) == PPS), b"")
    if len(sps) < MIN_SPS or not pps:
        raise BitstreamError("H.264 without a sequence and a picture parameter set")
    return sps, pps


def to_sample(annexb: bytes) -> bytes:
    """An access unit as an `avc1` sample: each NAL unit after its length in 4 bytes."""
    units = [unit for unit in nal_units(annexb) if _kind(unit) not in NOT_IN_SAMPLES]
    if not units:
        raise BitstreamError("an H.264 access unit without a slice")
    return b"".join(part for unit in units for part in (u32(len(unit)), unit))


def codecs_string(sps: bytes) -> str:
    """RFC 6381 §3.3: `avc1.` and profile, constraint flags and level in hexadecimal."""
    return f"avc1.{sps[1:4].hex()}"


def configuration(sps: bytes, pps: bytes) -> bytes:
    """The `avcC` box (ISO/IEC 14496-15 §5.3.3.1) for samples with 4-byte lengths."""
    return box(
        b"avcC",
        # configurationVersion, profile, compatibility, level; reserved 1s and
        # lengthSizeMinusOne 3; reserved 1s and one SPS.
        bytes((1, *sps[1:4], 0xFC | 3, 0xE0 | 1)),
        u16(len(sps)),
        sps,
        bytes((1,)),
        u16(len(pps)),
        pps,
        _chroma(sps),
    )


def _kind(unit: bytes) -> int:
    return unit[0] & 0x1F


def _chroma(sps: bytes) -> bytes:
    if sps[1] not in WITH_CHROMA:
        return b""
    try:
        said = sequence.read(sps)
    except IndexError as error:
        raise BitstreamError("an H.264 sequence parameter set is cut off") from error
    # reserved 1s in front of each, and no SPS extension
    return bytes((0xFC | said.chroma_format, 0xF8 | said.luma_depth, 0xF8 | said.chroma_depth, 0))
