"""Laws of `levelchat watch`."""

import asyncio
import json
import sys

from aiohttp.test_utils import TestServer
from origin import Faults, Origin, live_broadcast


async def _watch(*arguments: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "levelchat", "watch", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    return process.returncode or 0, output.decode(), errors.decode()


async def test_a_good_broadcast_is_exit_code_0_and_one_object() -> None:
    """`--json` prints one JSON object and nothing else."""
    async with TestServer(Origin(live_broadcast()).application()) as server:
        url = str(server.make_url("/live/r/index.m3u8"))
        code, output, errors = await _watch(url, "--seconds", "2", "--json")
    report = json.loads(output)

    assert (code, errors) == (0, "")
    assert report["violations"] == []
    assert report["stalls"] == {"count": 0, "total_ms": 0}
    assert report["delay"]["p50"] > 0


async def test_a_broken_rule_is_exit_code_3_and_named() -> None:
    """The text report has the rule, its sentence and the evidence."""
    origin = Origin(live_broadcast(), Faults(version="9"))
    async with TestServer(origin.application()) as server:
        url = str(server.make_url("/live/r/index.m3u8"))
        code, output, _ = await _watch(url, "--seconds", "1")

    assert code == 3
    assert "A1.3b  EXT-X-VERSION is higher than needed" in output
    assert "stalls       0" in output


async def test_nothing_to_watch_is_exit_code_1_and_one_sentence() -> None:
    """A playlist that does not exist is said in one line, without a traceback."""
    async with TestServer(Origin(live_broadcast()).application()) as server:
        code, output, errors = await _watch(str(server.make_url("/live/none/index.m3u8")))

    assert (code, output) == (1, "")
    assert errors.count("\n") == 1
    assert "404" in errors
