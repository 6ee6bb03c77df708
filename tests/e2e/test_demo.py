"""The first thing anybody does."""

import re
import signal
import socket
import subprocess
from pathlib import Path

from harness import fetch, free_port, levelchat, until


def test_the_demo_plays_within_fifteen_seconds(tmp_path: Path) -> None:
    """`levelchat demo` prints a URL whose room has a broadcast, and Ctrl-C stops all of it."""
    http, udp = free_port(socket.SOCK_STREAM), free_port(socket.SOCK_DGRAM)
    demo = levelchat(
        *("demo", "--data", str(tmp_path), "--http-port", str(http), "--udp-port", str(udp)),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        base = f"http://127.0.0.1:{http}"
        until(lambda: fetch(f"{base}/readyz")[0] == 200, 15, "the server being ready")
        until(lambda: fetch(f"{base}/live/r_demo/index.m3u8")[0] == 200, 15, "the broadcast")
        page = fetch(f"{base}/watch/r_demo")
    finally:
        demo.send_signal(signal.SIGINT)
        printed = demo.communicate(timeout=30)[0].decode()

    assert page[0] == 200
    assert re.search(rf"{base}/watch/r_demo", printed)
    assert fetch(f"{base}/healthz")[0] == 0
