"""The documented command, run as documented, against a real edge."""

import asyncio
import json
import sys
import time
from pathlib import Path

from feeder import ROOM, fed_edge
from origin import live_broadcast

LOCUSTFILE = Path(__file__).resolve().parents[2] / "loadtest" / "locustfile.py"
VIEWERS = 4
START_PARTS = 4
"""Listed already when a viewer begins: PART-HOLD-BACK, and one that the edge cuts through."""


async def _locust(base: str, room: str, seconds: int) -> tuple[int, dict[str, dict[str, float]]]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), "--headless", "--json"),
        *("-u", str(VIEWERS), "-r", str(VIEWERS), "-t", f"{seconds}s"),
        *("--host", base, "--room", room),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    output, _ = await process.communicate()
    lines = {line["name"]: line for line in json.loads(output)}
    return process.returncode or 0, lines


async def test_viewers_play_in_step_with_real_time(tmp_path: Path) -> None:
    """Viewers fetch each part as it comes, and never more than there is; no request fails."""
    broadcast = live_broadcast()
    began_ns = time.time_ns()
    async with fed_edge(broadcast, tmp_path) as (server, _):
        code, lines = await _locust(str(server.make_url("")).rstrip("/"), ROOM, 6)
    there = (time.time_ns() - began_ns) // (broadcast.part_ms * 1_000_000) + START_PARTS

    assert code == 0
    assert all(line["num_failures"] == 0 for line in lines.values())
    for name in ("video part", "audio part", "video playlist", "audio playlist"):
        assert VIEWERS < lines[name]["num_requests"] <= VIEWERS * there
    assert lines["part lateness"]["num_requests"] > 0
    assert lines["delay"]["num_requests"] > 0


async def test_a_room_without_a_broadcast_is_a_counted_failure(tmp_path: Path) -> None:
    """Viewers of nothing ask again now and then, and the command says that it failed."""
    async with fed_edge(live_broadcast(), tmp_path) as (server, _):
        code, lines = await _locust(str(server.make_url("")).rstrip("/"), "r_none", 4)

    assert code == 1
    assert lines["index.m3u8"]["num_failures"] == lines["index.m3u8"]["num_requests"]
    assert lines["index.m3u8"]["num_requests"] <= VIEWERS * 5
