"""The stage in Chromium: how soon a picture is there after joining, and how old it is.

Comes in: how many joins, how long to watch, through how many nodes. Goes out: figures. Publisher
and viewer are two browsers; servers and browsers share the machine and its one clock.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from bench import browser, process_cost
from bench.browser import BrowserFault, Stats
from bench.local_server import LocalServer, running
from bench.progress import Say
from bench.results import Reading, percentiles
from bench.stage_plan import Plan
from levelchat.auth.capability import Capability
from levelchat.client.timing import MILLISECOND, Distribution
from levelchat.clock import SystemClock
from levelchat.commands.demo_nodes import CHAIN, start_nats

if TYPE_CHECKING:
    from playwright.async_api import Page

ROOM = "r_bench"
FIRST_FRAME_MS = {50: 200.0, 95: 350.0}
ONE_NODE_MS, THREE_NODES_MS = 80.0, 120.0
ORIGIN = '["edge", "packager", "cascade", "ingest"]'
RELAY = '["edge", "cascade"]'
CHAIN_SECONDS = 5
SETTLE_SECONDS = 5
"""After the first picture: the jitter buffer settles."""
PUBLISHED = {"pattern": 1, "autostart": 1, "watch": 0, "codec": "vp8", "width": 640, "height": 360}


async def first_frames(plan: Plan, say: Say) -> list[Reading]:
    """From a viewer's offer to its first picture, one new session after the other."""
    times = Distribution()
    async with _nodes(plan, 1) as servers, browser.page() as sending, browser.page() as tab:
        await _publish(sending, servers[0])
        for number in range(plan.joins):
            say(f"{plan.core}: join {number + 1} of {plan.joins}")
            await _watch(tab, servers[0], audio=True)
            stats = await _until(tab, "first_frame_ms")
            times.add(round(stats["first_frame_ms"] * MILLISECOND))
            # A new document, so that the next one joins with nothing left of this one.
            await tab.goto("about:blank")
    return percentiles("offer to first picture", times, FIRST_FRAME_MS)


async def one_node(plan: Plan, say: Say) -> list[Reading]:
    """Glass to glass through one node."""
    return await _delays(plan, say, 1, ONE_NODE_MS)


async def three_nodes(plan: Plan, say: Say) -> list[Reading]:
    """The same through an origin and two relays, each below the other."""
    return await _delays(plan, say, 3, THREE_NODES_MS)


async def _delays(plan: Plan, say: Say, nodes: int, goal: float) -> list[Reading]:
    readings = []
    async with _nodes(plan, nodes) as servers, browser.page() as sending, browser.page() as tab:
        await _publish(sending, servers[0])
        for above in servers[1:-1]:
            # Whoever is asked first is first in the chain.
            await _watch(tab, above, audio=False)
            await _until(tab, "first_frame_ms")
        for audio in (False, True):
            await _watch(tab, servers[-1], audio=audio)
            await _until(tab, "first_frame_ms")
            await _check_chain(servers)
            delays, freezes = await _read(tab, plan.watch_seconds, say)
            name = "with sound" if audio else "without sound"
            readings += percentiles(f"glass to glass, {name}", delays, {50: goal})
            readings.append(Reading(f"freezes, {name}", freezes, "", 0))
    return readings


async def _check_chain(servers: list[LocalServer]) -> None:
    """Each node but the last feeds one other; what they say of it is half a second old."""
    for server in servers[:-1]:
        feeds = -1.0
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CHAIN_SECONDS):
                while feeds != 1:
                    feeds = (await process_cost.metrics(server.base))["levelchat_relay_feeds"]
                    await asyncio.sleep(browser.POLL_SECONDS)
        if feeds != 1:
            raise BrowserFault(f"the nodes make no chain: {server.base} has {feeds:.0f} feeds")


async def _read(tab: "Page", seconds: int, say: Say) -> tuple[Distribution, int]:
    delays = Distribution()
    freezes = 0
    for second in range(SETTLE_SECONDS + seconds):
        await asyncio.sleep(1)
        tile = _tile(await _stats(tab))
        if second < SETTLE_SECONDS:
            freezes = -int(tile.get("freezes") or 0)
            continue
        for delay in tile.get("delays_ms", []):
            delays.add(round(delay * MILLISECOND))
        say(f"watching {second - SETTLE_SECONDS + 1} s: {tile.get('delay_ms')} ms")
    return delays, freezes + int(tile.get("freezes") or 0)


async def _publish(tab: "Page", server: LocalServer) -> None:
    token = server.token(ROOM, "sender", [Capability.PUBLISH_CAMERA])
    await tab.goto(f"{server.base}/stage/{ROOM}?{urlencode(PUBLISHED)}#token={token}")
    await _until(tab, "publishing", lambda stats: stats["publishing"]["state"] == "live")


async def _watch(tab: "Page", server: LocalServer, *, audio: bool) -> None:
    token = server.token(ROOM, "viewer", [Capability.SUBSCRIBE_ALL])
    query = urlencode({"clock": 1, "audio": int(audio), "slots": 1})
    await tab.goto("about:blank")
    await tab.goto(f"{server.base}/stage/{ROOM}?{query}#token={token}")


async def _until(tab: "Page", what: str, there: Callable[[Stats], bool] | None = None) -> Stats:
    """The page's stats, once *there* says so; by default once they have *what*."""
    seen: Stats = {}
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(browser.PAGE_SECONDS):
            while True:
                seen = await _stats(tab)
                if seen.get(what) is not None and (there is None or there(seen)):
                    return seen
                await asyncio.sleep(browser.POLL_SECONDS)
    raise BrowserFault(f"the stage page shows no {what}; it says {seen}")


async def _stats(tab: "Page") -> Stats:
    script = "window.levelchatStage ? window.levelchatStage.stats() : {}"
    stats: Stats = await tab.evaluate(script)
    return stats


def _tile(stats: Stats) -> Stats:
    return next(iter(stats.get("tiles", [])), {})


@contextlib.asynccontextmanager
async def _nodes(plan: Plan, count: int) -> AsyncIterator[list[LocalServer]]:
    """An origin, and relays that can only be below each other."""
    settings = {"LEVELCHAT_SERVER__FORWARDING": plan.core, "LEVELCHAT_SERVER__SHARDS": "1"}
    async with contextlib.AsyncExitStack() as stack:
        data = Path(stack.enter_context(TemporaryDirectory(prefix="levelchat-bench-")))
        if count > 1:
            _, nats = start_nats(stack.enter_context(contextlib.ExitStack()))
            settings |= CHAIN | {"LEVELCHAT_SERVER__NATS": nats}
        servers = []
        for number in range(count):
            planes = RELAY if number else ORIGIN
            place = {
                "LEVELCHAT_SERVER__PLANES": planes,
                "LEVELCHAT_SERVER__NODE": f"node-{number}",
            }
            node = running(SystemClock(), settings | place, data=data, is_reached=True)
            servers.append(await stack.enter_async_context(node))
        yield servers
