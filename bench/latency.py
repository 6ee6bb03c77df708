"""`levelchat bench latency`: glass to glass, from a Chromium that publishes to one that watches.

Comes in: how long, which codec and size. Goes out: the delay's distribution, read from the clock
strip in the picture itself; stalls; how long the start took. Both browsers and the server run on
this machine, so one clock stamps and reads.
"""

import asyncio
import contextlib
import sys
from urllib.parse import urlencode

import aiohttp
import click
import msgspec

from bench import browser
from bench.browser import PublishPage, Stats, WatchPage
from bench.local_server import running
from levelchat.client.rules import multivariant, reading
from levelchat.client.rules.reading import Listing
from levelchat.client.timing import MILLISECOND, Distribution, Summary
from levelchat.clock import Clock, SystemClock
from levelchat.errors import EnvironmentFault

ROOM = "r_bench"
CODECS = ("H264", "VP8", "VP9", "AV1")

START_UP_SECONDS = 10
"""Not counted: the player still settles on its distance to the live edge."""

GOAL_P50_MS = 2200
GOAL_P95_MS = 2600
"""With parts of 0.5 s: three part targets of hold-back, one part, and 0.3 s for all the rest."""

FIRST_PART_SECONDS = 30
POLL_SECONDS = 0.02
"""How exactly the first part's time is known."""

BUDGET_PARTS = 20
"""Parts whose age is taken to split the delay: ten seconds of them."""

GOALS_MISSED = 3
"""Exit code; 1 stands for a measurement that could not be made."""

_OK = 200


class NothingListed(EnvironmentFault):
    """The broadcast began and no part of it was listed."""

    code = "bench_nothing_listed"
    title = "No part was listed"


class Options(msgspec.Struct, frozen=True):
    """What is measured."""

    seconds: int
    codec: str
    width: int
    height: int
    fps: int


class Result(msgspec.Struct):
    """All figures, times in milliseconds."""

    options: Options
    part_hold_back_ms: float
    glass_to_glass: Summary = Summary(0)
    stalls: int = 0
    stall_ms: float = 0
    unreadable_percent: float = 0
    dropped_frames: int = 0
    offer_to_answer_ms: float | None = None
    offer_to_first_part_ms: float | None = None
    """From the request's start (Chromium's timing) to the first media playlist with a part,
    asked for every 20 ms."""
    page_to_first_picture_ms: float | None = None
    capture_to_listed: Summary = Summary(0)
    """Age of the newest part's end when the playlist with it had arrived."""
    goals_hold: bool = False


class Watched:
    """Readings of the watch page, start-up left out."""

    def __init__(self) -> None:
        self.delays = Distribution()
        self.last: Stats = {}
        self._before: Stats | None = None
        self._unreadable = 0

    def start(self, stats: Stats) -> None:
        """The start-up is over; *stats* are not counted."""
        self._before = self.last = stats

    def add(self, stats: Stats) -> None:
        """Counts one second's *stats*."""
        self.last = stats
        for delay in stats.get("delays_ms", []):
            self.delays.add(round(delay * MILLISECOND))

    def since_start(self, name: str) -> float:
        """By how much a counter of the page grew."""
        before = (self._before or {}).get(name) or 0
        return (self.last.get(name) or 0) - before

    def unreadable_percent(self) -> float:
        unreadable = self.since_start("unreadable")
        total = unreadable + len(self.delays)
        return round(100 * unreadable / total, 2) if total else 100.0


async def measure(options: Options, clock: Clock, *, live: bool) -> Result:
    """Runs server, publisher and viewer for `options.seconds` after the first picture."""
    async with (
        running(clock, {}) as server,
        browser.page() as publishing,
        browser.page() as watching,
        aiohttp.ClientSession() as session,
    ):
        publisher, viewer = PublishPage(publishing), WatchPage(watching)
        opening = publisher.open(
            server.base,
            ROOM,
            server.token(ROOM),
            codec=options.codec.lower(),
            size=(options.width, options.height),
            fps=options.fps,
        )
        (listed_ns, playlist), _ = await asyncio.gather(
            _first_part(session, server.base, clock), opening
        )
        await viewer.open(server.base, ROOM)
        result = Result(options=options, part_hold_back_ms=playlist.hold_back_ns / MILLISECOND)
        _add_start(result, publisher.offered_ns, listed_ns, await publisher.stats())
        _add_watched(result, await _watch(viewer, options.seconds, clock, live=live))
        result.capture_to_listed = (await _ages(session, playlist, clock)).summary()
        return result


def _add_start(result: Result, offered_ns: int | None, listed_ns: int, stats: Stats) -> None:
    answered = stats.get("offer_to_answer_ms")
    result.offer_to_answer_ms = None if answered is None else round(answered, 1)
    if offered_ns is not None:
        result.offer_to_first_part_ms = round((listed_ns - offered_ns) / MILLISECOND, 1)


def _add_watched(result: Result, watched: Watched) -> None:
    result.glass_to_glass = watched.delays.summary()
    result.stalls = int(watched.since_start("stalls"))
    result.stall_ms = watched.since_start("stall_ms")
    result.unreadable_percent = watched.unreadable_percent()
    result.dropped_frames = int(watched.since_start("dropped_frames"))
    result.page_to_first_picture_ms = watched.last.get("first_picture_ms")
    p50, p95 = result.glass_to_glass.p50, result.glass_to_glass.p95
    result.goals_hold = (
        p50 is not None
        and p95 is not None
        and p50 <= GOAL_P50_MS
        and p95 <= GOAL_P95_MS
        and result.stalls == 0
    )


async def _watch(viewer: WatchPage, seconds: int, clock: Clock, *, live: bool) -> Watched:
    watched = Watched()
    started = clock.monotonic_ns()
    for second in range(1, seconds + 1):
        await asyncio.sleep(max(0.0, second - (clock.monotonic_ns() - started) / 1e9))
        stats = await viewer.stats()
        if second == min(START_UP_SECONDS, seconds - 1):
            watched.start(stats)
        elif second > START_UP_SECONDS:
            watched.add(stats)
        if live:
            _print_second(second, stats, watched)
    return watched


def _print_second(second: int, stats: Stats, watched: Watched) -> None:
    quantiles = [value / MILLISECOND for value in watched.delays.quantiles_ns(50, 95)]
    so_far = "  p50 {:.0f} ms  p95 {:.0f} ms".format(*quantiles) if quantiles else "  starting"
    click.echo(
        f"{second:4d} s  delay {stats.get('delay_ms') or 0:.0f} ms{so_far}"
        f"  buffer {stats.get('buffer_s') or 0:.2f} s  rate {stats.get('playback_rate') or 0:.2f}"
        f"  stalls {stats.get('stalls')}  {stats.get('rendition')}"
    )


async def _first_part(
    session: aiohttp.ClientSession, base: str, clock: Clock
) -> tuple[int, Listing]:
    """When the first media playlist that lists a part had arrived: asked again and again."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(FIRST_PART_SECONDS):
            while True:
                playlist = await _media_playlist(session, f"{base}/live/{ROOM}/index.m3u8")
                if playlist is not None and playlist.has("EXT-X-PART"):
                    return clock.wall_ns(), playlist
                await asyncio.sleep(POLL_SECONDS)
    raise NothingListed(f"no part of {ROOM} was listed within {FIRST_PART_SECONDS} s")


async def _media_playlist(session: aiohttp.ClientSession, url: str) -> Listing | None:
    listing = await _read(session, url)
    variants = multivariant.variants(listing) if listing is not None else []
    return await _read(session, variants[0].url) if variants else None


async def _read(session: aiohttp.ClientSession, url: str) -> Listing | None:
    async with session.get(url) as response:
        if response.status != _OK:
            return None
        return reading.read(await response.text(), url.partition("?")[0])


async def _ages(session: aiohttp.ClientSession, playlist: Listing, clock: Clock) -> Distribution:
    """How old the newest part's end is when a blocked reload brings it."""
    ages = Distribution()
    newest = await _read(session, playlist.url)
    for _ in range(BUDGET_PARTS):
        if newest is None or newest.ended:
            break
        msn, index = newest.newest
        query = urlencode({"_HLS_msn": msn, "_HLS_part": index + 1})
        newest = await _read(session, f"{playlist.url}?{query}")
        end_ns = newest.end_ns if newest is not None else None
        if end_ns is not None:
            ages.add(clock.now_ns() - end_ns)
    return ages


def _print(result: Result) -> None:
    delay, listed = result.glass_to_glass, result.capture_to_listed
    click.echo(
        f"glass to glass   p50 {delay.p50} ms  p95 {delay.p95} ms  p99 {delay.p99} ms"
        f"  min {delay.min} ms  max {delay.max} ms  ({delay.count} readings,"
        f" {result.unreadable_percent} % unreadable)"
    )
    click.echo(
        f"stalls           {result.stalls} ({result.stall_ms:.0f} ms),"
        f" {result.dropped_frames} frames dropped"
    )
    click.echo(
        f"start            POST of the offer to answer {result.offer_to_answer_ms} ms,"
        f" to the first part listed {result.offer_to_first_part_ms} ms;"
        f" page open to first picture {result.page_to_first_picture_ms} ms"
    )
    click.echo(
        f"of the delay     capture to listed p50 {listed.p50} ms p95 {listed.p95} ms"
        f" (a part's end); PART-HOLD-BACK {result.part_hold_back_ms:.0f} ms"
    )
    verdict = "hold" if result.goals_hold else "are missed"
    click.echo(
        f"goals            {verdict}: p50 <= {GOAL_P50_MS} ms, p95 <= {GOAL_P95_MS} ms, no stall"
    )


@click.command("latency")
@click.option("--seconds", default=180, show_default=True, type=click.IntRange(12))
@click.option("--codec", default="H264", show_default=True, type=click.Choice(CODECS, False))
@click.option("--size", default="640x360", show_default=True, help="Picture size.")
@click.option("--fps", default=30, show_default=True, type=click.IntRange(1, 60))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(seconds: int, codec: str, size: str, fps: int, as_json: bool) -> None:  # noqa: FBT001 - click passes flags so
    """Glass to glass in two headless Chromiums; exit code 3 when a goal is missed."""
    width, _, height = size.partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise click.BadParameter("say WIDTHxHEIGHT, as in 640x360", param_hint="--size")
    options = Options(seconds, codec, int(width), int(height), fps)
    result = asyncio.run(measure(options, SystemClock(), live=not as_json))
    if as_json:
        click.echo(msgspec.json.encode(result).decode())
    else:
        _print(result)
    sys.exit(0 if result.goals_hold else GOALS_MISSED)
