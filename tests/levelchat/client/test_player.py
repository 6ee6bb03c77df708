"""Laws of the viewer without a screen, against a live origin over real sockets."""

import asyncio
import time
from collections.abc import Callable

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from lowlatency import NANOSECOND
from origin import Faults, Origin, live_broadcast

from levelchat.client.errors import NotPlayable, ServerUnreachable, WatchRefused
from levelchat.client.fetcher import Fetcher
from levelchat.client.player import Player, Status
from levelchat.client.report import Readings, Report
from levelchat.client.rules.checker import Checker
from levelchat.clock import SystemClock

SECONDS = 2


async def _watch(
    origin: Origin,
    seconds: int = SECONDS,
    *,
    path: str = "/live/r/index.m3u8",
    rendition: str | None = None,
    statuses: list[Status] | None = None,
) -> Report:
    clock, checker, readings = SystemClock(), Checker(), Readings()
    async with TestServer(origin.application()) as server, ClientSession() as session:
        fetcher = Fetcher(session=session, clock=clock, observe=checker.observe, readings=readings)
        player = Player(
            fetcher=fetcher,
            clock=clock,
            readings=readings,
            violations=checker.violations,
            on_tick=(statuses if statuses is not None else []).append,
            start_seconds=3,
        )
        return await player.play(str(server.make_url(path)), seconds, rendition)


async def test_a_good_broadcast_plays_without_a_flaw() -> None:
    """Picture and sound play from PART-HOLD-BACK behind the edge; no stall, no broken rule."""
    statuses: list[Status] = []
    origin = Origin(live_broadcast())
    report = await _watch(origin, 5, statuses=statuses)

    assert report.violations == ()
    assert report.stalls.count == 0
    assert report.flawless
    assert report.playing == ("v360", "a128")
    assert report.offered == ("a128", "v240", "v360")
    assert report.delay.p50 is not None
    assert 400 <= report.delay.p50 <= 1100, "0.6 s behind the edge, which is up to 0.2 s old"
    assert report.part_age.p50 is not None
    assert report.part_age.p50 < 200
    assert report.parts >= 5 * 5 * 2
    assert report.requests["segment"] >= 1, "whole segments are compared with their parts"
    assert statuses[-1].playing
    assert statuses[-1].violations == 0


async def test_the_hinted_part_is_asked_for_ahead() -> None:
    """Once live, each part is requested before it is listed."""
    report = await _watch(Origin(live_broadcast()))

    assert report.hint_ms.count > SECONDS * 5 * 2 * 0.8
    assert report.part_ms.count < 2 * 5 * 3, "only what was listed at the start"


async def test_delta_updates_are_used_where_offered() -> None:
    """With CAN-SKIP-UNTIL the viewer asks for delta updates and merges them."""
    origin = Origin(live_broadcast(can_skip=True))
    report = await _watch(origin)

    assert report.deltas > 0
    assert report.violations == ()
    assert any("_HLS_skip=YES" in request for request in origin.requests)


async def test_a_rendition_is_played_by_name() -> None:
    """The variant named is played; one that does not exist is an error that lists all."""
    report = await _watch(Origin(live_broadcast()), 1, rendition="v240")
    assert report.playing[0] == "v240"

    with pytest.raises(NotPlayable, match="v360, v240"):
        await _watch(Origin(live_broadcast()), 1, rendition="v1080")


async def test_a_media_playlist_plays_by_itself() -> None:
    """A URL of one media playlist plays that track alone."""
    report = await _watch(Origin(live_broadcast()), 1, path="/live/r/a128.m3u8")

    assert report.playing == ("a128",)
    assert report.parts > 0


async def test_a_young_broadcast_is_watched_from_no_nearer() -> None:
    """Where less than PART-HOLD-BACK is listed yet, the picture waits until that much is."""
    report = await _watch(Origin(live_broadcast(age_seconds=0)))

    assert report.delay.min is not None
    assert report.delay.min >= 600
    assert report.stalls.count == 0


async def test_a_hole_in_the_broadcast_is_a_stall_and_a_violation() -> None:
    """When parts stop for longer than the buffer lasts, the picture stands, and A2.7 is told."""
    broadcast = live_broadcast()
    number = (time.time_ns() - broadcast.began_ns) // (200 * 1_000_000) + 8
    faults = Faults(silent_from=number, silent_until=number + 9)
    report = await _watch(Origin(broadcast, faults), 5)

    assert report.stalls.count == 1
    assert report.stalls.total_ms > 300
    assert "A2.7" in {violation.rule for violation in report.violations}
    assert not report.flawless


async def test_a_broken_rule_is_told_once_with_a_count() -> None:
    """A rule that every playlist breaks is one violation."""
    report = await _watch(Origin(live_broadcast(), Faults(version="9")), 1)

    assert [(v.rule, v.count > 5) for v in report.violations] == [("A1.3b", True)]
    assert report.violations[0].first_ms >= 0


async def test_refused_hints_cost_a_request_and_no_stall() -> None:
    """Without held hints each part is fetched once it is listed."""
    report = await _watch(Origin(live_broadcast(), Faults(refuse_hints=True)))

    assert report.stalls.count == 0
    assert report.errors["hint 404"] > 0
    assert {violation.rule for violation in report.violations} == {"A7.3"}


async def test_a_few_refused_reloads_are_tried_again() -> None:
    """503 is retried, and counted."""
    report = await _watch(Origin(live_broadcast(), Faults(refuse_playlists=2)), 2)

    assert report.errors == {"playlist 503": 2}


async def test_reloads_refused_for_good_end_with_one_sentence() -> None:
    """Retries are bounded."""
    with pytest.raises(NotPlayable, match="503"):
        await _watch(Origin(live_broadcast(), Faults(refuse_playlists=1000)), 20)


async def test_the_end_of_the_broadcast_is_no_stall() -> None:
    """EXT-X-ENDLIST ends the viewing before its time, flawless."""
    broadcast = live_broadcast()
    msn = (time.time_ns() - broadcast.began_ns) // NANOSECOND + 2
    report = await _watch(Origin(broadcast, Faults(ended_at=(msn, 4))), 30)

    assert report.ended
    assert report.stalls.count == 0
    assert report.seconds < 15


async def test_parts_that_are_never_there_are_no_playing() -> None:
    """When every part is refused the viewer gives up with a sentence, within its bound."""
    with pytest.raises(NotPlayable, match="buffer"):
        await _watch(Origin(live_broadcast(), Faults(refuse_parts=True)))


async def test_a_missing_playlist_is_one_sentence() -> None:
    """404 says that nobody broadcasts there."""
    with pytest.raises(NotPlayable, match="404"):
        await _watch(Origin(live_broadcast()), path="/live/r_none/index.m3u8")


async def test_nobody_there_is_one_sentence(unused_tcp_port: int) -> None:
    """A refused connection names the URL."""
    clock, readings = SystemClock(), Readings()
    async with ClientSession() as session:
        fetcher = Fetcher(
            session=session, clock=clock, observe=Checker().observe, readings=readings
        )
        player = Player(
            fetcher=fetcher,
            clock=clock,
            readings=readings,
            violations=tuple,
            on_tick=[].append,
        )
        with pytest.raises(ServerUnreachable, match=str(unused_tcp_port)):
            await player.play(f"http://127.0.0.1:{unused_tcp_port}/x.m3u8", 1)


async def test_cancelling_leaves_no_task() -> None:
    """Whoever cancels the viewer cancels everything it began."""
    before = asyncio.all_tasks()
    task = asyncio.create_task(_watch(Origin(live_broadcast()), 60))
    done, _ = await asyncio.wait([task], timeout=1)
    assert not done
    task.cancel()
    await asyncio.wait([task], timeout=5)

    assert task.cancelled()
    assert asyncio.all_tasks() <= before | {asyncio.current_task()}


async def test_who_is_put_out_is_told_so_at_once() -> None:
    """A refusal in the middle of playing ends it with the server's sentence, without more tries."""
    origin = Origin(live_broadcast())

    def put_out(_status: Status) -> None:
        origin.faults.forbid = True

    statuses = Told(put_out)
    with pytest.raises(WatchRefused, match="was revoked"):
        await _watch(origin, 20, statuses=statuses)


class Told(list[Status]):
    """Calls back with each status."""

    def __init__(self, call: Callable[[Status], None]) -> None:
        super().__init__()
        self._call = call

    def append(self, status: Status) -> None:
        self._call(status)
