"""The stage with real browsers: who publishes is seen by all others, each in the layer they need."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from harness import Server, stop
from playwright.async_api import Browser, BrowserContext, Route
from stagekit import FPS, WIDTH, Stats, Tab, enter, publish, tile

MOVING_FRAMES = 30
MAX_LOSS = 0.01
"""Browsers on busy cores take packets too late for their own sockets; `bench stage` says none."""
WIDE, HIGH = 960, 540
"""The least that browsers encode in three layers."""
JOIN_MS = 1000
"""Two browsers and a server share two cores here; `bench stage` asks for less."""


@pytest.fixture
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    made = await browser.new_context(viewport={"width": 1280, "height": 900})
    yield made
    await made.close()


async def _assert_moving(tabs: list[Tab], identity: str, width: int) -> None:
    """All *tabs* see *identity* move at *width*, and lose nothing."""

    def wide(stats: Stats) -> bool:
        return bool(tile(stats, identity).get("width") == width)

    before = [
        tile(stats, identity)
        for stats in await asyncio.gather(
            *(tab.until(f"{identity} {width} wide", wide) for tab in tabs)
        )
    ]
    for tab, first in zip(tabs, before, strict=True):

        def moves(stats: Stats, first: Stats = first) -> bool:
            decoded = tile(stats, identity).get("frames_decoded", 0)
            return bool(decoded - first["frames_decoded"] >= MOVING_FRAMES)

        last = tile(await tab.until(f"{identity} moving", moves), identity)
        assert last["packets_lost"] <= last["packets"] * MAX_LOSS
        assert last["audio_packets_lost"] <= last["audio_packets"] * MAX_LOSS
        # Sound has no holes: 50 packets a second, and at most 30 pictures.
        pictures = last["frames_decoded"] - first["frames_decoded"]
        assert last["audio_packets"] - first["audio_packets"] >= pictures


@pytest.mark.parametrize("codec", ["vp8", "h264", "vp9", "av1"])
async def test_three_browsers_see_who_publishes(
    context: BrowserContext, server: Server, codec: str
) -> None:
    """Each codec reaches three subscribers in its best layer, moving, heard, and without loss."""
    room = f"r_stage_{codec}"
    await publish(context, server, room, "anna", codec=codec)
    watching = [await enter(context, server, room, name) for name in ("ben", "cem", "dora")]

    await _assert_moving(watching, "anna", WIDTH)
    stats = await watching[0].stats()
    assert tile(stats, "anna")["codec"].lower() == f"video/{codec}"
    assert stats["receiving"]["rtt_ms"] is not None
    assert stats["first_frame_ms"] is not None


async def test_all_publish_and_see_each_other(context: BrowserContext, server: Server) -> None:
    """Each sees every other, and not themselves; who leaves is gone from all."""
    names = ("anna", "ben", "cem")
    tabs = [
        await publish(context, server, "r_stage_all", name, watch=1, width=320, height=180)
        for name in names
    ]
    for tab in tabs:
        others = sorted(name for name in names if name != tab.identity)

        def all_move(stats: Stats, others: list[str] = others) -> bool:
            seen = [one["identity"] for one in stats["tiles"] if one["frames_decoded"] > FPS]
            return sorted(seen) == others

        stats = await tab.until(f"moving pictures of {others}", all_move)
        assert all(one["packets_lost"] <= one["packets"] * MAX_LOSS for one in stats["tiles"])
    await tabs[0].page.close()

    await tabs[1].until("only cem", lambda s: [one["identity"] for one in s["tiles"]] == ["cem"])


async def test_a_wish_changes_the_layer_and_back(context: BrowserContext, server: Server) -> None:
    """The received width follows the viewer's wish over the same session, without loss."""
    room = "r_stage_wish"
    await publish(context, server, room, "anna", codec="vp8", width=WIDE, height=HIGH)
    tab = await enter(context, server, room, "ben")
    session = (await tab.until("anna's picture", lambda stats: tile(stats, "anna")))["session"]
    for layer, wanted in (("h", WIDE), ("l", WIDE // 4), ("m", WIDE // 2), ("", WIDE)):
        await tab.choose("anna", layer)
        await _assert_moving([tab], "anna", wanted)

    # For what is shown so large, half of the sides is enough, and a quarter is not.
    await tab.page.set_viewport_size({"width": 480, "height": 900})
    await _assert_moving([tab], "anna", WIDE // 2)

    assert (await tab.stats())["session"] == session


async def test_who_joins_ffmpeg_sees_a_picture_at_once(
    context: BrowserContext, server: Server
) -> None:
    """A publisher that ignores requests for key frames is seen at once by who comes later."""
    room = "r_stage_ffmpeg"
    publisher = server.publish(room)
    try:
        first = await enter(context, server, room, "ben")
        await first.until("a picture", lambda stats: stats["first_frame_ms"] is not None)
        for name in ("cem", "dora"):
            tab = await enter(context, server, room, name)
            stats = await tab.until("a picture", lambda stats: stats["first_frame_ms"] is not None)
            assert stats["first_frame_ms"] < JOIN_MS
    finally:
        stop(publisher)


async def test_without_udp_the_stage_comes_over_tcp(
    context: BrowserContext, server: Server
) -> None:
    """A subscriber to whom no UDP is offered receives over ICE-TCP."""
    room = "r_stage_tcp"

    async def without_udp(route: Route) -> None:
        answer = await route.fetch()
        lines = (await answer.text()).splitlines(keepends=True)
        kept = [line for line in lines if not (line.startswith("a=candidate") and " udp " in line)]
        await route.fulfill(response=answer, body="".join(kept))

    await publish(context, server, room, "anna", codec="vp8")
    await context.route("**/v1/whep/*", without_udp)
    tab = await enter(context, server, room, "ben")

    await _assert_moving([tab], "anna", WIDTH)
    assert (await tab.stats())["receiving"]["transport"] == "tcp"
