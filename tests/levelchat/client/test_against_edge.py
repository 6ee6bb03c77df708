"""What our edge serves breaks no rule that a viewer can see: the judge meets the accused."""

import asyncio
import time
from pathlib import Path

from aiohttp import ClientSession
from feeder import ROOM, fed_edge
from origin import live_broadcast

from levelchat.client.fetcher import Fetcher
from levelchat.client.player import Player
from levelchat.client.report import Readings, Report
from levelchat.client.rules.checker import Checker
from levelchat.clock import SystemClock


async def _watch(url: str, seconds: int) -> Report:
    clock, checker, readings = SystemClock(), Checker(), Readings()
    async with ClientSession() as session:
        fetcher = Fetcher(session=session, clock=clock, observe=checker.observe, readings=readings)
        player = Player(
            fetcher=fetcher,
            clock=clock,
            readings=readings,
            violations=checker.violations,
            on_tick=[].append,
        )
        return await player.play(url, seconds)


async def test_the_edge_keeps_every_rule(tmp_path: Path) -> None:
    """Six seconds of a broadcast: segments close, the window rolls, nothing is broken."""
    async with fed_edge(live_broadcast(), tmp_path) as (server, _):
        report = await _watch(str(server.make_url(f"/live/{ROOM}/index.m3u8")), 6)

    assert report.violations == ()
    assert report.errors == {}
    assert report.stalls.count == 0
    assert report.hint_ms.count > 40
    assert report.requests["segment"] >= 1


async def test_the_end_of_a_broadcast_breaks_no_rule(tmp_path: Path) -> None:
    """EXT-X-ENDLIST comes at any part, and the viewer ends with it."""
    async with fed_edge(live_broadcast(), tmp_path) as (server, feeder):
        url = str(server.make_url(f"/live/{ROOM}/index.m3u8"))
        watching = asyncio.create_task(_watch(url, 20))
        await asyncio.wait([watching], timeout=2.5)
        feeder.end()
        report = await watching

    assert report.ended
    assert report.violations == ()
    assert report.stalls.count == 0


async def test_another_program_breaks_no_rule_but_punctuality(tmp_path: Path) -> None:
    """A packager that begins anew in the middle of a segment: a discontinuity, and on it goes."""
    broadcast = live_broadcast()
    async with fed_edge(broadcast, tmp_path) as (server, feeder):
        url = str(server.make_url(f"/live/{ROOM}/index.m3u8"))
        watching = asyncio.create_task(_watch(url, 9))
        await asyncio.wait([watching], timeout=2.3)
        next_segment = broadcast.newest(time.time_ns())[0] + 1
        feeder.begin(broadcast.but(session="s2"), next_segment)
        report = await watching

    assert {violation.rule for violation in report.violations} <= {"A2.7"}
    assert report.parts > 9 * 5 * 2
