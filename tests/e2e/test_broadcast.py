"""A broadcast from publisher to viewer, with real browsers and real FFmpeg on both ends."""

import asyncio
from typing import Any

import pytest
from harness import Server, stop
from playwright.async_api import Browser, Page

from bench import av_sync

SYNC_MS = 40
STALL_MS = 750
"""Two encoders, a ladder and two browsers share two cores here; `bench latency` asks for none."""
WATCH_SECONDS = 6
CODECS = ["h264", "vp8", "vp9", "av1"]


async def _stats(page: Page) -> dict[str, Any]:
    stats: dict[str, Any] = await page.evaluate("window.levelchat.stats()")
    return stats


async def _until(page: Page, expression: str, seconds: float) -> None:
    """Asked from outside: the pages' Content-Security-Policy forbids Playwright's own poll."""
    try:
        async with asyncio.timeout(seconds):
            while not await page.evaluate(expression):
                await asyncio.sleep(0.1)
    except TimeoutError:
        pytest.fail(f"not within {seconds} s: {expression}; {await page.inner_text('body')}")


async def _publish(browser: Browser, server: Server, room: str, codec: str) -> Page:
    page = await (await browser.new_context()).new_page()
    await page.goto(
        f"{server.base}/publish/{room}?pattern=1&codec={codec}&width=640&height=360&fps=30"
        f"&autostart=1&token={server.token(room)}"
    )
    await _until(page, "window.levelchat?.stats().frames_sent > 30", 20)
    return page


async def _watch(browser: Browser, server: Server, room: str) -> Page:
    page = await (await browser.new_context()).new_page()
    await page.goto(f"{server.base}/watch/{room}?clock=1&meter=1")
    await _until(
        page,
        "(s => s.playing && s.current_time > 0 && s.delay_ms !== null)(window.levelchat.stats())",
        30,
    )
    return page


async def _assert_moving_with_sound(viewer: Page) -> None:
    """The picture's clock advances with real time, the sound is heard, nothing stalls."""
    await _stats(viewer)
    loudest = 0.0
    readings: list[float] = []
    before = await _stats(viewer)
    for _ in range(WATCH_SECONDS * 5):
        await asyncio.sleep(0.2)  # samples a running player; nothing is awaited here
        now = await _stats(viewer)
        loudest = max(loudest, now["sound_level"] or 0)
        readings += now["delays_ms"]

    assert now["source"].startswith("blob:"), "hls.js must play, not the browser's own HLS"
    assert now["current_time"] - before["current_time"] > WATCH_SECONDS * 0.8
    assert len(readings) > WATCH_SECONDS * 5, "the clock strip is readable"
    assert max(readings) - min(readings) < 3000, "the clock advances with real time"
    assert loudest > 0.01
    assert now["stall_ms"] - before["stall_ms"] < STALL_MS


async def _assert_in_sync(server: Server, room: str) -> None:
    sync = await av_sync.measure(server.playlist(room))

    assert sync.pairs >= 3
    assert abs(sync.median_ms) <= SYNC_MS, sync


@pytest.mark.parametrize("codec", CODECS)
async def test_a_browser_publishes_and_a_browser_watches(
    browser: Browser, server: Server, codec: str
) -> None:
    """Chromium publishes each codec by WHIP; hls.js plays it, moving, heard and in sync."""
    room = f"r_{codec}"
    publisher = await _publish(browser, server, room, codec)
    server.wait_for_broadcast(room)
    viewer = await _watch(browser, server, room)

    assert codec in (await _stats(publisher))["codec"].lower()
    await _assert_moving_with_sound(viewer)
    await _assert_in_sync(server, room)


async def test_ffmpeg_publishes_and_a_browser_watches(browser: Browser, server: Server) -> None:
    """FFmpeg's WHIP muxer publishes; hls.js plays it, moving, heard and in sync."""
    room = "r_ffmpeg"
    publisher = server.publish(room)
    try:
        server.wait_for_broadcast(room)
        viewer = await _watch(browser, server, room)

        await _assert_moving_with_sound(viewer)
        await _assert_in_sync(server, room)
    finally:
        stop(publisher)


async def test_a_publisher_that_returns_continues_the_same_playlist(
    browser: Browser, server: Server
) -> None:
    """A viewer's player survives a publisher that leaves and comes back."""
    room = "r_again"
    publisher = server.publish(room)
    server.wait_for_broadcast(room)
    viewer = await _watch(browser, server, room)
    stop(publisher)
    publisher = server.publish(room)
    try:
        before = await _stats(viewer)
        await _until(
            viewer,
            f"window.levelchat.stats().current_time > {before['current_time'] + 8}",
            30,
        )
        after = await _stats(viewer)
    finally:
        stop(publisher)

    assert after["stall_ms"] - before["stall_ms"] < STALL_MS
