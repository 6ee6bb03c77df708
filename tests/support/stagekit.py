"""What end-to-end tests of the stage drive: its page, in tabs of one browser."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
from harness import Server
from playwright.async_api import BrowserContext, Page

from levelchat.auth import keys
from levelchat.auth import token as room_token
from levelchat.auth.capability import Capability

WIDTH, HEIGHT, FPS = 640, 360, 20
PATTERN = {"source": "pattern", "width": WIDTH, "height": HEIGHT, "fps": FPS, "bitrate": 600_000}
POLL_SECONDS = 0.1

Stats = dict[str, Any]


def token(server: Server, room: str, identity: str) -> str:
    """May publish and see all."""
    return room_token.mint(
        keys.load_or_create(server.data),
        room=room,
        identity=identity,
        name=identity.capitalize(),
        capabilities=[Capability.PUBLISH_CAMERA, Capability.SUBSCRIBE_ALL],
        now=int(time.time()),
    )


@dataclass
class Tab:
    """The stage page of one participant."""

    page: Page
    identity: str

    async def stats(self) -> Stats:
        """Of now."""
        stats: Stats = await self.page.evaluate(
            "levelchatStage.measure().then(() => levelchatStage.stats())"
        )
        return stats

    async def tile(self, identity: str) -> Stats:
        """What is received of *identity*."""
        return tile(await self.stats(), identity)

    async def choose(self, identity: str, layer: str) -> None:
        assert await self.page.evaluate(
            "([of, layer]) => levelchatStage.choose(of, layer)", [identity, layer]
        )

    async def until(self, what: str, there: Callable[[Stats], Any], seconds: float = 15) -> Stats:
        """The first stats of which *there* holds; asked from outside, since the page's policy
        forbids Playwright's own poll.
        """
        seen: Stats = {}
        try:
            async with asyncio.timeout(seconds):
                while True:
                    seen = await self.stats()
                    if there(seen):
                        return seen
                    await asyncio.sleep(POLL_SECONDS)
        except TimeoutError:
            pytest.fail(f"{self.identity} does not have, within {seconds} s: {what}; {seen}")


def tile(stats: Stats, identity: str) -> Stats:
    """The tile of *identity*; empty when there is none."""
    found: list[Stats] = [one for one in stats["tiles"] if one["identity"] == identity]
    return found[0] if found else {}


async def enter(
    context: BrowserContext, server: Server, room: str, identity: str, **parameters: object
) -> Tab:
    """Opens the stage as *identity*, in a new tab."""
    tab = Tab(await context.new_page(), identity)
    address = f"{server.base}/stage/{room}?{urlencode(parameters)}"
    await tab.page.goto(f"{address}#token={token(server, room, identity)}")
    return tab


async def publish(
    context: BrowserContext, server: Server, room: str, identity: str, **parameters: object
) -> Tab:
    """Opens the stage and publishes the test pattern."""
    tab = await enter(
        context, server, room, identity, autostart=1, **(PATTERN | {"watch": 0} | parameters)
    )
    await tab.until("being on the stage", lambda stats: stats["publishing"]["state"] == "live")
    return tab
