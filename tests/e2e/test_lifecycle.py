"""What happens when something ends, dies, or comes from nobody we know."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from harness import Server, fetch, start_server, stop, until


def _media(server: Server, room: str) -> str:
    """A video playlist of the room, as it is now."""
    text = fetch(server.playlist(room))[1].decode()
    name = next(line for line in text.splitlines() if line and not line.startswith("#"))
    return fetch(f"{server.base}/live/{room}/{name}")[1].decode()


def _sequence(playlist: str) -> int:
    line = next(x for x in playlist.splitlines() if x.startswith("#EXT-X-MEDIA-SEQUENCE:"))
    return int(line.partition(":")[2])


def test_sigterm_ends_the_playlists_and_the_server(tmp_path: Path) -> None:
    """SIGTERM: the running playlist gets EXT-X-ENDLIST and the process is gone within 10 s."""
    server = start_server(tmp_path)
    publisher = server.publish("r_drain")
    try:
        server.wait_for_broadcast("r_drain")
        name = next(
            line
            for line in fetch(server.playlist("r_drain"))[1].decode().splitlines()
            if line and not line.startswith("#")
        )
        url = f"{server.base}/live/r_drain/{name}"
        server.process.send_signal(signal.SIGTERM)
        until(lambda: b"#EXT-X-ENDLIST" in fetch(url)[1], 8, "EXT-X-ENDLIST")

        assert server.process.wait(10) == 0
        assert fetch(f"{server.base}/healthz")[0] == 0
    finally:
        stop(publisher)
        server.process.kill()


def test_a_killed_packager_costs_a_discontinuity(server: Server) -> None:
    """SIGKILL of a packager: its playlist goes on with EXT-X-DISCONTINUITY, numbers rising."""
    publisher = server.publish("r_kill")
    try:
        server.wait_for_broadcast("r_kill")
        before = _sequence(_media(server, "r_kill"))
        for pid in server.children():
            os.kill(pid, signal.SIGKILL)
        playlist = until(
            lambda: (text := _media(server, "r_kill")).count("#EXT-X-MAP") > 1 and text,
            20,
            "a second program in the playlist",
        )
    finally:
        stop(publisher)

    assert "#EXT-X-DISCONTINUITY\n" in playlist
    assert _sequence(playlist) >= before


def test_a_room_that_nobody_publishes_is_a_cheap_404(server: Server) -> None:
    """A playlist of no broadcast is a problem document, and leaves nothing behind."""
    status, body = fetch(server.playlist("r_nobody"))

    assert status == 404
    assert b'"code"' in body


def test_a_wrong_token_is_told_what_is_wrong(server: Server) -> None:
    """`levelchat publish` with another room's token ends with the server's own sentence."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "levelchat", "publish", f"{server.base}/v1/whip/r_mine"),
            *("--token", server.token("r_other"), "--test-pattern", "--seconds", "5"),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )

    assert done.returncode == 1
    assert "another room" in done.stdout + done.stderr


def test_a_port_in_use_is_told_with_its_remedy(tmp_path: Path) -> None:
    """A second server on the same port says which option changes it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [
                *(sys.executable, "-m", "levelchat", "serve", "--host", "127.0.0.1"),
                *("--data", str(tmp_path), "--http-port", str(port), "--udp-port", "0"),
            ],
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )

    assert done.returncode == 1
    assert "--http-port" in done.stderr


def test_a_hundred_idle_rooms_cost_nothing(server: Server) -> None:
    """Asking for a hundred rooms starts no process and opens no port."""
    children, files = server.children(), len(os.listdir(f"/proc/{server.process.pid}/fd"))
    tasks = len(os.listdir(f"/proc/{server.process.pid}/task"))
    for number in range(100):
        fetch(server.playlist(f"r_idle{number}"))

    assert server.children() == children
    assert len(os.listdir(f"/proc/{server.process.pid}/task")) == tasks
    assert len(os.listdir(f"/proc/{server.process.pid}/fd")) <= files + 2
