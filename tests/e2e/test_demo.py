"""The first thing anybody does."""

import asyncio
import os
import re
import signal
import socket
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
from harness import fetch, free_port, levelchat, until
from relaynodes import Receiver

from bench.rtc_client import RtcClient
from levelchat.rtc._aiortc import generate_certificate


def test_the_demo_plays_within_fifteen_seconds(tmp_path: Path) -> None:
    """`levelchat demo` prints a URL whose room has a broadcast, and Ctrl-C stops all of it."""
    http = free_port(socket.SOCK_STREAM)
    demo = levelchat(
        *("demo", "--data", str(tmp_path), "--http-port", str(http), "--udp-port", "0"),
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


async def test_the_demo_makes_a_chain_of_three_nodes(tmp_path: Path) -> None:
    """`levelchat demo --nodes 3`: whoever opens the last link gets the packets of the first; a
    terminal's Ctrl-C, which goes to all of its group, ends them in order, with no complaint.
    """
    http = free_port(socket.SOCK_STREAM)
    log = tmp_path / "log"
    with log.open("wb") as errors:
        demo = levelchat(
            *("demo", "--nodes", "3", "--data", str(tmp_path)),
            *("--http-port", str(http), "--udp-port", "0", "--size", "320x180"),
            stdout=subprocess.PIPE,
            stderr=errors,
            env=os.environ | {"LEVELCHAT_SERVER__SHARDS": "1"},
            process_group=0,
        )
    client = RtcClient(generate_certificate(), audio=False)
    try:
        assert demo.stdout is not None
        links = re.findall(r"Through a relay: (\S+)", await asyncio.to_thread(_until_stop, demo))
        assert len(links) == 2
        last = urlsplit(links[-1])
        async with aiohttp.ClientSession() as session:
            url = f"{last.scheme}://{last.netloc}/v1/whep/r_demo"
            await client.join(session, url, last.fragment.removeprefix("token="), "recvonly")
        receiver = Receiver(client)

        def has_packets() -> bool:
            receiver.read()
            return len(receiver.sequences) > 100

        await asyncio.to_thread(until, has_packets, 15, "packets through two relays")
        assert receiver.missing == 0
    finally:
        client.close()
        os.killpg(demo.pid, signal.SIGINT)
        demo.communicate(timeout=30)
    assert re.search(r'(fault|lost)"', log.read_text()) is None


def _until_stop(demo: subprocess.Popen[bytes]) -> str:
    """What it prints until it says how to stop it."""
    assert demo.stdout is not None
    printed = ""
    for line in demo.stdout:
        printed += line.decode()
        if "Ctrl-C" in printed:
            break
    return printed
