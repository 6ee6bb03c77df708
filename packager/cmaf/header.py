"""CMAF headers: `ftyp` and `moov` of one track (ISO/IEC 23000-19 §7.3.1, llhls.md B1).

Comes in: what is known of a track once its encoder is open. Goes out: the init section of its
playlist. No sample, no duration, no edit list (B8: cmf2).
"""

import msgspec

from packager.cmaf import aac, h264
from packager.cmaf.box import box, full_box, u16, u32

TRACK = 1
"""track_ID: every header has one track."""

AVC_BRANDS = ((40, b"cfhd"), (42, b"chdf"))
"""ISO/IEC 23000-19 Annex A: the highest level_idc of each AVC media profile."""
AAC_BRAND = b"caac"

BT709_LIMITED = u16(1, 1, 1) + b"\x00"
"""Colour primaries, transfer characteristics, matrix (ITU-T H.273), and no full range."""

DPI_72 = 0x00480000
"""16.16 pixels an inch; the field's fixed value (ISO/IEC 14496-12 §12.1.3)."""

UNITY_MATRIX = u32(0x00010000, 0, 0, 0, 0x00010000, 0, 0, 0, 0x40000000)
"""Neither scaled nor turned (§8.2.2)."""

UNDETERMINED = 0x55C4
"""ISO 639-2/T `und`, three letters of 5 bits."""

ENABLED_IN_MOVIE = 0x000003
"""tkhd flags (§8.3.2)."""
SELF_CONTAINED = 0x000001
"""`url ` flag: the media is where the metadata is (§8.7.2)."""


class _Track(msgspec.Struct, frozen=True):
    """What differs between tracks; the rest of every header is the same."""

    brands: tuple[bytes, ...]
    timescale: int
    handler: bytes
    media_header: bytes
    sample_entry: bytes
    width: int = 0
    height: int = 0
    volume: int = 0


def video_header(
    *, sps: bytes, pps: bytes, width: int, height: int, timescale: int, max_bitrate: int
) -> bytes:
    """The header of an H.264 track; *sps*, *pps* without start codes, *max_bitrate* in bit/s."""
    entry = box(
        b"avc1",
        bytes(6) + u16(1),  # reserved, data_reference_index
        bytes(16) + u16(width, height) + u32(DPI_72, DPI_72) + bytes(4),
        u16(1)
        + bytes(32)
        + u16(24, 0xFFFF),  # one frame a sample, no name, depth, no colour table
        h264.configuration(sps, pps),
        box(b"colr", b"nclx", BT709_LIMITED),
        box(b"pasp", u32(1, 1)),
        _bitrate(max_bitrate, 0),
    )
    level = sps[3]
    return _header(
        _Track(
            brands=tuple(brand for highest, brand in AVC_BRANDS if level <= highest)[:1],
            timescale=timescale,
            handler=b"vide",
            media_header=full_box(b"vmhd", 0, 1, bytes(8)),
            sample_entry=entry,
            width=width,
            height=height,
        )
    )


def audio_header(*, config: bytes, sample_rate: int, channels: int, bitrate: int) -> bytes:
    """The header of an AAC track; *config* is its AudioSpecificConfig, *bitrate* in bit/s."""
    entry = box(
        b"mp4a",
        bytes(6) + u16(1),  # reserved, data_reference_index
        bytes(8) + u16(channels, 16) + bytes(4) + u32(sample_rate << 16),
        aac.elementary_stream(config, channels, bitrate),
        _bitrate(bitrate, bitrate),
    )
    return _header(
        _Track(
            brands=(AAC_BRAND,),
            timescale=sample_rate,
            handler=b"soun",
            media_header=full_box(b"smhd", 0, 0, bytes(4)),
            sample_entry=entry,
            volume=0x0100,
        )
    )


def _header(track: _Track) -> bytes:
    # B1: `ftyp` first, then `moov` that starts with `mvhd`; B7: `cmf2` + `cmfc`; A2.5: `iso6`.
    brands = b"".join((b"cmf2", b"cmfc", b"iso6", *track.brands))
    return box(b"ftyp", b"cmf2", u32(0), brands) + box(
        b"moov", _movie(track.timescale), _track(track), box(b"mvex", _defaults())
    )


def _movie(timescale: int) -> bytes:
    # B1: durations are 0, nothing is known of the end of a live track.
    times = u32(0, 0, timescale, 0)
    rate_and_volume = u32(0x00010000) + u16(0x0100) + bytes(10)
    return full_box(b"mvhd", 0, 0, times, rate_and_volume, UNITY_MATRIX, bytes(24), u32(TRACK + 1))


def _track(track: _Track) -> bytes:
    size = u32(track.width << 16, track.height << 16)
    placing = bytes(8) + u16(0, 0, track.volume, 0) + UNITY_MATRIX + size
    return box(
        b"trak",
        full_box(b"tkhd", 0, ENABLED_IN_MOVIE, u32(0, 0, TRACK, 0, 0), placing),
        box(
            b"mdia",
            full_box(b"mdhd", 0, 0, u32(0, 0, track.timescale, 0), u16(UNDETERMINED, 0)),
            full_box(b"hdlr", 0, 0, u32(0), track.handler, bytes(12), b"LevelChat\x00"),
            box(b"minf", track.media_header, _data_information(), _sample_table(track)),
        ),
    )


def _data_information() -> bytes:
    location = full_box(b"url ", 0, SELF_CONTAINED)
    return box(b"dinf", full_box(b"dref", 0, 0, u32(1), location))


def _sample_table(track: _Track) -> bytes:
    # B1: zero sample counts; every sample is in a chunk.
    return box(
        b"stbl",
        full_box(b"stsd", 0, 0, u32(1), track.sample_entry),
        full_box(b"stts", 0, 0, u32(0)),
        full_box(b"stsc", 0, 0, u32(0)),
        full_box(b"stsz", 0, 0, u32(0, 0)),
        full_box(b"stco", 0, 0, u32(0)),
    )


def _defaults() -> bytes:
    # B8: every chunk repeats what it needs, so that nothing but the description is said here.
    return full_box(b"trex", 0, 0, u32(TRACK, 1, 0, 0, 0))


def _bitrate(maximum: int, average: int) -> bytes:
    return box(b"btrt", u32(0, maximum, average))
