"""Receivers of webhooks: real servers on loopback that answer as they are told."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from levelchat.client.webhook import Event, verify


@dataclass
class Got:
    """One request, and the event in it."""

    headers: dict[str, str]
    body: bytes

    def event(self, secret: str) -> Event:
        """Verified as a user would."""
        return verify(self.headers, self.body, secret, now=0.0, tolerance=float("inf"))

    @property
    def id(self) -> str:
        return self.headers["X-LC-Webhook-Id"]

    @property
    def attempt(self) -> int:
        return int(self.headers["X-LC-Webhook-Attempt"])


@dataclass
class Receiver:
    """Answers with *status*; while *open* is not set it holds its answers back."""

    url: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"ok"
    got: list[Got] = field(default_factory=list)
    waiting: int = 0
    most_waiting: int = 0

    def __post_init__(self) -> None:
        self.open = asyncio.Event()
        self.open.set()
        self._changed = asyncio.Condition()

    async def answer(self, request: web.Request) -> web.Response:
        got = Got(dict(request.headers), await request.read())
        async with self._changed:
            self.waiting += 1
            self.most_waiting = max(self.most_waiting, self.waiting)
            self.got.append(got)
            self._changed.notify_all()
        try:
            await self.open.wait()
        finally:
            self.waiting -= 1
        return web.Response(status=self.status, headers=self.headers, body=self.body)

    async def until(self, true: Callable[[], bool], seconds: float = 15.0) -> None:
        """Waits until requests have made it true."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(true)

    async def received(self, count: int) -> list[Got]:
        """Waits until so many requests came."""
        await self.until(lambda: len(self.got) >= count)
        return self.got


@asynccontextmanager
async def receiving(**how: object) -> AsyncIterator[Receiver]:
    """A receiver that listens."""
    receiver = Receiver(**how)
    application = web.Application()
    application.router.add_route("*", "/{tail:.*}", receiver.answer)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hooks"
    try:
        yield receiver
    finally:
        receiver.open.set()
        await runner.cleanup()
