"""A whole server and real browsers, once for all end-to-end tests."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from harness import Server, start_server, stop
from playwright.async_api import Browser, async_playwright

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--disable-background-networking",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = start_server(tmp_path_factory.mktemp("server"))
    yield running
    stop(running.process)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A Chromium with an empty profile."""
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    assert path, "Chromium is missing: run `make browser`"
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=path, args=CHROMIUM_ARGUMENTS, headless=True
        )
        yield chromium
        await chromium.close()
