"""A receiver of webhooks that keeps what it was sent, and can be made to hang or fail."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from aiohttp import web
from aiohttp.test_utils import TestServer


class HookReceiver:
    """Answers with `status`; while `hold` is set it answers nothing."""

    def __init__(self) -> None:
        self.status = 200
        self.hold = False
        self.url = ""
        self.attempts: list[tuple[str, dict[str, Any]]] = []
        self._came = asyncio.Condition()

    async def take(self, request: web.Request) -> web.Response:
        body = msgspec.json.decode(await request.read())
        while self.hold:
            await asyncio.sleep(0.05)
        async with self._came:
            self.attempts.append((request.headers["X-LC-Webhook-Id"], body))
            self._came.notify_all()
        return web.Response(status=self.status)

    @property
    def types(self) -> Counter[str]:
        """How often each type of event came."""
        return Counter(body["type"] for _, body in self.attempts)

    @property
    def ids(self) -> Counter[str]:
        """How often each event came."""
        return Counter(event for event, _ in self.attempts)

    async def wait_for(self, event_type: str, seconds: float = 20) -> dict[str, Any]:
        """The first event of that type."""
        async with asyncio.timeout(seconds), self._came:
            await self._came.wait_for(lambda: self.types[event_type] > 0)
        return next(body for _, body in self.attempts if body["type"] == event_type)


@asynccontextmanager
async def receiving() -> AsyncIterator[HookReceiver]:
    """A receiver on loopback."""
    receiver = HookReceiver()
    app = web.Application()
    app.router.add_post("/hook", receiver.take)
    async with TestServer(app) as server:
        receiver.url = str(server.make_url("/hook"))
        yield receiver
