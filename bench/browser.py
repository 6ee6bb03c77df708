"""Headless Chromium for benchmarks: the publish page, and the watch page.

Comes in: a server's URL. Goes out: what the pages say of themselves (`window.levelchat.stats()`).
Each page has a browser process and a profile of its own, as two people would.
"""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from levelchat.errors import EnvironmentFault

if TYPE_CHECKING:
    from playwright.async_api import Page, Response

NAMES = ("chromium", "chromium-browser", "google-chrome")

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-ui-for-media-stream",
    "--disable-background-networking",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
]

PAGE_SECONDS = 30
"""Until a page must have begun to publish or to play."""
POLL_SECONDS = 0.1

Stats = dict[str, Any]


class BrowserFault(EnvironmentFault):
    """There is no browser, or a page did not do its work."""

    code = "bench_browser"
    title = "The browser cannot be measured"


@contextlib.asynccontextmanager
async def page() -> "AsyncIterator[Page]":
    """An empty page of a new Chromium."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        raise BrowserFault("Chromium is missing: run `make browser`")
    try:
        from playwright.async_api import async_playwright  # noqa: PLC0415 - only these need it
    except ImportError as error:
        raise BrowserFault("playwright is missing: install the group `test`") from error
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=path, args=ARGUMENTS, headless=True
        )
        try:
            yield await browser.new_page()
        finally:
            await browser.close()


class PublishPage:
    """The publish page with the test pattern, in its own browser."""

    def __init__(self, tab: "Page") -> None:
        self._tab = tab
        self.offered_ns: int | None = None
        """When the POST of the offer left, by Chromium's own clock."""

    async def open(
        self, base: str, room: str, token: str, *, codec: str, size: tuple[int, int], fps: int
    ) -> None:
        """Begins to publish; returns when frames go out."""
        width, height = size
        query = {
            "pattern": 1,
            "codec": codec,
            "width": width,
            "height": height,
            "fps": fps,
            "token": token,
            "autostart": 1,
        }
        self._tab.on("response", self._on_response)
        await _go(self._tab, f"{base}/publish/{room}?{urlencode(query)}")
        await _until(self._tab, "frames_sent", lambda stats: (stats.get("frames_sent") or 0) > 0)

    async def stats(self) -> Stats:
        return await _stats(self._tab) or {}

    def _on_response(self, response: "Response") -> None:
        request = response.request
        if request.method == "POST" and "/v1/whip/" in request.url:
            self.offered_ns = int(request.timing["startTime"] * 1_000_000)


class WatchPage:
    """The watch page, in its own browser."""

    def __init__(self, tab: "Page") -> None:
        self._tab = tab

    async def open(self, base: str, room: str) -> None:
        """Begins to watch; returns when the clock in the picture was read for the first time."""
        await _go(self._tab, f"{base}/watch/{room}?clock=1")
        await _until(self._tab, "delay_ms", lambda stats: stats.get("delay_ms") is not None)
        stats = await self.stats()
        source = str(stats.get("source"))
        # Chromium plays HLS by itself too; only a blob: source shows that hls.js does.
        if not source.startswith("blob:"):
            raise BrowserFault(f"the page does not play through hls.js: its source is {source}")

    async def stats(self) -> Stats:
        return await _stats(self._tab) or {}


async def _go(tab: "Page", url: str) -> None:
    from playwright.async_api import Error  # noqa: PLC0415 - only these need it

    try:
        answer = await tab.goto(url)
    except Error as error:
        raise BrowserFault(f"{url} cannot be opened: {error.message.splitlines()[0]}") from error
    if answer is None or not answer.ok:
        raise BrowserFault(f"{url} cannot be opened: {answer and answer.status}")


async def _stats(tab: "Page") -> Stats | None:
    stats: Stats | None = await tab.evaluate("window.levelchat ? window.levelchat.stats() : null")
    return stats


async def _until(tab: "Page", what: str, there: Callable[[Stats], bool]) -> None:
    seen: Stats | None = None
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PAGE_SECONDS):
            while True:
                seen = await _stats(tab)
                if seen is not None and there(seen):
                    return
                await asyncio.sleep(POLL_SECONDS)
    raise BrowserFault(f"{tab.url.partition('?')[0]} shows no {what}; it says {seen}")
