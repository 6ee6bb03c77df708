"""Laws of `levelchat publish`, run as its user runs it."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from whip_server import WhipServer


@pytest.fixture(scope="module")
def server() -> Iterator[WhipServer]:
    server = WhipServer()
    yield server
    server.kill()


@pytest.fixture
def url(server: WhipServer) -> str:
    server.forget()
    return server.url


def _publish(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "levelchat", "publish", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _outcome(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def test_the_test_pattern_is_published_for_so_long(server: WhipServer, url: str) -> None:
    """It publishes in real time, ends by itself, deletes its session and says what it did."""
    code, out, err = _outcome(_publish(url, "--token", "T", "--seconds", "2", "--json"))
    seen = server.seen()
    said = json.loads(out)

    assert (code, err) == (0, "")
    assert 50 <= said["frames"] <= 61
    assert 1800 <= said["milliseconds"] <= 3000
    assert (seen["tokens"], seen["deleted"]) == (["Bearer T"], ["1"])
    assert len(seen["pictures"]) > 30


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(server: WhipServer, url: str, number: signal.Signals) -> None:
    """Ctrl-C and SIGTERM delete the session and leave with 0."""
    process = _publish(url, "--token", "T", "--size", "320x180", "--bitrate", "200")
    server.until(lambda seen: seen["pictures"])
    process.send_signal(number)
    code, out, err = _outcome(process)

    assert (code, err) == (0, "")
    assert out.startswith("published ")
    assert server.seen()["deleted"] == ["1"]


def test_a_refusal_is_said_in_the_server_s_words(server: WhipServer, url: str) -> None:
    """The problem document's detail is printed, and the exit code is 1."""
    server.refuse(403, {"detail": "this room token is for another room"})

    assert _outcome(_publish(url, "--token", "T")) == (
        1,
        "",
        "levelchat: the server refused (403): this room token is for another room\n",
    )


def test_a_server_that_is_not_there_is_said() -> None:
    """Nobody listening is one sentence and exit code 1."""
    code, out, err = _outcome(_publish("http://127.0.0.1:9/whip", "--token", "T"))

    assert (code, out) == (1, "")
    assert err.startswith("levelchat: the server cannot be reached: ")


def test_while_the_server_is_silent_a_signal_ends_it() -> None:
    """A server that takes the offer and says nothing cannot hold its publisher."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        process = _publish(f"http://127.0.0.1:{silent.getsockname()[1]}/whip", "--token", "T")
        silent.settimeout(30)
        with silent.accept()[0] as asked:
            asked.recv(4096)
            asked.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        offered = silent.accept()[0]
        with offered:
            assert offered.recv(4)
            process.send_signal(signal.SIGTERM)
            code, _, _ = _outcome(process)

    assert code == -signal.SIGTERM


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("ftp://host/whip", "--token", "T"), "begins with http:// or https://"),
        (("http://h/whip", "--token", "T", "--size", "big"), "--size is like 1280x720"),
        (("http://h/whip", "--token", "T", "--size", "641x360"), "width and height are even"),
        (("http://h/whip", "--token", "T", "--size", "64x36"), "at least 128x72"),
        (
            ("http://h/whip", "--token", "T", "--file", "no/such.mp4"),
            "there is no file no/such.mp4",
        ),
    ],
)
def test_a_wrong_argument_is_one_sentence(arguments: tuple[str, ...], sentence: str) -> None:
    """What cannot be published is said before any server is asked."""
    code, out, err = _outcome(_publish(*arguments))

    assert (code, out) == (1, "")
    assert sentence in err
    assert err.startswith("levelchat: ")
    assert len(err.splitlines()) == 1


def test_a_file_is_published(server: WhipServer, url: str, tmp_path: Path) -> None:
    """A media file is decoded and sent at its own pace, and ends by itself."""
    path = tmp_path / "media.mp4"

    with av.open(path, "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for _ in range(25):
            frame = av.VideoFrame.from_ndarray(np.full((270, 320), 90, np.uint8), "yuv420p")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    code, out, _ = _outcome(_publish(url, "--token", "T", "--file", str(path), "--json"))

    assert code == 0
    assert json.loads(out)["frames"] == 25
    assert "opus" not in server.seen()["offers"][0]
