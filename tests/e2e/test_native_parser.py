"""What Chromium's own HLS parser, written by people who never saw this server, makes of it."""

import os
import re
import signal
import time
from collections.abc import AsyncIterator, Iterator

import pytest
from harness import Server, fetch, stop
from playwright.async_api import Browser, Page, Route

ROOM = "r_native"
CAPTURE_SECONDS = 5
"""Before and after the restart: two segments and what lies between them."""
RESTART_SECONDS = 20
DISCONTINUITY = "#EXT-X-DISCONTINUITY\n"

PLAY = """url => new Promise(resolve => {
  const video = document.createElement('video');
  video.muted = true;
  video.onerror = () => resolve(`error ${video.error.code}: ${video.error.message}`);
  video.onplaying = () => resolve('plays');
  video.src = url;
  document.body.replaceChildren(video);
  video.play().catch(() => {});
  setTimeout(() => resolve(`nothing within 15 s, state ${video.readyState}`), 15000);
})"""
PARSE = PLAY.replace("onplaying", "onloadedmetadata").replace("'plays'", "'parsed'")


def _names(server: Server) -> list[str]:
    text = fetch(server.playlist(ROOM))[1].decode()
    return list(dict.fromkeys(re.findall(r"[a-z0-9]+\.m3u8", text)))


def _capture(server: Server, seconds: float) -> set[tuple[str, str]]:
    """Names and texts of all versions of all media playlists."""
    found = set()
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for name in _names(server):
            status, body = fetch(f"{server.base}/live/{ROOM}/{name}")
            assert status == 200
            found.add((name, body.decode()))
        time.sleep(0.1)
    return found


@pytest.fixture(scope="module")
def publisher(server: Server) -> Iterator[None]:
    """Somebody publishes into `ROOM`."""
    running = server.publish(ROOM)
    try:
        server.wait_for_broadcast(ROOM)
        yield
    finally:
        stop(running)


@pytest.fixture(scope="module")
def captured(server: Server, publisher: None) -> list[tuple[str, str]]:
    """Versions of playlists from before, during and after the death of a packager."""
    found = _capture(server, CAPTURE_SECONDS)
    for pid in server.children():
        os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + RESTART_SECONDS
    while time.monotonic() < deadline and not any(DISCONTINUITY in text for _, text in found):
        found |= _capture(server, 1)
    return sorted(found | _capture(server, CAPTURE_SECONDS))


@pytest.fixture
async def page(browser: Browser, server: Server) -> AsyncIterator[Page]:
    """A page of the server's origin, without a policy of its own."""
    page = await browser.new_page()
    await page.goto(f"{server.base}/livez")
    yield page
    await page.close()


async def _verdict(page: Page, server: Server, name: str, text: str) -> str:
    url = f"{server.base}/live/{ROOM}/captured-{name}"

    async def answer(route: Route) -> None:
        await route.fulfill(body=text, content_type="application/vnd.apple.mpegurl")

    await page.route(url, answer)
    verdict: str = await page.evaluate(PARSE, url)
    await page.unroute(url)
    return verdict


async def test_every_version_is_parsed(
    page: Page, server: Server, captured: list[tuple[str, str]]
) -> None:
    """Chromium takes every version of every playlist, those around a restart too."""
    chosen = captured[:: max(1, len(captured) // 24)]
    verdicts = [(await _verdict(page, server, name, text), text) for name, text in chosen]

    assert [pair for pair in verdicts if pair[0] != "parsed"] == []
    assert any(DISCONTINUITY in text for _, text in chosen)


async def test_a_hinted_header_is_parsed(
    page: Page, server: Server, captured: list[tuple[str, str]]
) -> None:
    """The hint of a new program's header, there for a moment only, is taken as well."""
    name, text = captured[0]
    hint = "#EXT-X-PRELOAD-HINT:"
    hinted = text.replace(hint, f'{hint}TYPE=MAP,URI="s2/v/init.mp4"\n{hint}')

    assert await _verdict(page, server, name, hinted) == "parsed"


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (r"PART-HOLD-BACK=[0-9.]+", "PART-HOLD-BACK=0.1"),
        (r",PART-HOLD-BACK=[0-9.]+", ""),
        (r"HOLD-BACK=6[0-9.]+", "HOLD-BACK=1.0"),
        (r"#EXT-X-TARGETDURATION:[0-9]+\n", ""),
        (r"PART-TARGET=[0-9.]+", "PART-TARGET=9.0"),
    ],
)
async def test_the_parser_is_strict(
    page: Page, server: Server, captured: list[tuple[str, str]], right: str, wrong: str
) -> None:
    """The same playlists with one value wrong are refused: the verdict above means something."""
    name, text = captured[0]
    broken, count = re.subn(right, wrong, text)

    assert count == 1
    assert (await _verdict(page, server, name, broken)).startswith("error 4")


async def test_chromium_plays_us_without_a_library(
    page: Page, server: Server, publisher: None
) -> None:
    """The live multivariant playlist plays in a bare video element."""
    assert await page.evaluate(PLAY, server.playlist(ROOM)) == "plays"
