"""What end-to-end tests drive: servers, publishers, and the wait for a condition."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest


def free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def levelchat(*arguments: str, **options: Any) -> subprocess.Popen[bytes]:
    """The `levelchat` command as a process of its own."""
    return subprocess.Popen([sys.executable, "-m", "levelchat", *arguments], **options)


def fetch(url: str, timeout: float = 10) -> tuple[int, bytes]:
    """Status and body; an error status is an answer, a refused connection is status 0."""
    try:
        with urllib.request.urlopen(url, timeout=timeout) as answer:  # noqa: S310 - our own URL
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()
    except OSError:
        return 0, b""


def until(condition: Callable[[], Any], seconds: float, what: str) -> Any:
    """The first true value of *condition*, or a failure that says what was awaited."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.1)
    pytest.fail(f"not within {seconds} s: {what}")


@dataclass
class Server:
    """A running `levelchat serve`."""

    process: subprocess.Popen[bytes]
    base: str
    data: Path
    log: Path

    def token(self, room: str, capability: str = "publish:camera") -> str:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "levelchat", "token", "--room", room),
                *("--cap", capability, "--data", str(self.data)),
            ],
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def publish(self, room: str, *options: str) -> subprocess.Popen[bytes]:
        """FFmpeg's WHIP muxer, sending the test pattern."""
        return levelchat(
            "publish",
            f"{self.base}/v1/whip/{room}",
            *("--token", self.token(room), "--test-pattern", "--size", "640x360", *options),
            stdout=subprocess.DEVNULL,
        )

    def playlist(self, room: str) -> str:
        return f"{self.base}/live/{room}/index.m3u8"

    def wait_for_broadcast(self, room: str, seconds: float = 30) -> None:
        until(lambda: fetch(self.playlist(room))[0] == 200, seconds, f"a playlist of {room}")

    def log_events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines() if line[:1] == "{"]

    def children(self) -> list[int]:
        """Process ids of the packagers."""
        done = subprocess.run(
            ["ps", "--ppid", str(self.process.pid), "-o", "pid="],
            capture_output=True,
            text=True,
            check=False,
        )
        return [int(pid) for pid in done.stdout.split()]


def start_server(folder: Path, **environment: str) -> Server:
    http = free_port(socket.SOCK_STREAM)
    log = folder / "server.log"
    with log.open("wb") as stream:
        process = levelchat(
            *("serve", "--data", str(folder / "data"), "--host", "127.0.0.1"),
            *("--http-port", str(http), "--udp-port", "0"),
            stderr=stream,
            env=os.environ | environment,
        )
    server = Server(process, f"http://127.0.0.1:{http}", folder / "data", log)
    until(
        lambda: process.poll() is not None or fetch(f"{server.base}/readyz")[0] == 200,
        20,
        "the server being ready",
    )
    assert process.poll() is None, log.read_text()
    return server


def stop(process: subprocess.Popen[bytes], seconds: float = 12) -> int:
    """SIGTERM, and the exit code; a process that does not go is a failure."""
    process.send_signal(signal.SIGTERM)
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        pytest.fail(f"the process did not stop within {seconds} s of SIGTERM")
