"""A stand-in for the REST API that answers what a test tells it to, and remembers what was asked.

It knows no rooms: the real server's answers are tested against the real server.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
from aiohttp import web

Answer = web.Response | Callable[[web.Request], Any]


class Asked(msgspec.Struct, frozen=True):
    """One request that came in."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)


class FakeApi:
    """Gives the answers queued in `answers`, the last one for ever."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[Asked] = []
        self.answers: list[Answer] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(
            Asked(
                request.method,
                request.raw_path.partition("?")[0],
                dict(request.query),
                {name.lower(): value for name, value in request.headers.items()},
                await request.read(),
            )
        )
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, web.Response):
            return again(answer)
        return await answer(request)


def again(answer: web.Response) -> web.Response:
    """A copy: a response is sent once, a queue may hold the same one several times."""
    return web.Response(status=answer.status, body=answer.body, headers=dict(answer.headers))


def good(value: Any, status: int = 200) -> web.Response:
    """*value* as JSON."""
    return web.Response(
        status=status, body=msgspec.json.encode(value), content_type="application/json"
    )


def bad(status: int, code: str, **headers: str) -> web.Response:
    """A problem document."""
    problem = {
        "type": f"/docs/errors#{code}",
        "title": code,
        "status": status,
        "detail": f"detail of {code}",
        "code": code,
        "request_id": "req_1",
        "instance": "/",
    }
    if status == 422:
        problem["errors"] = [{"path": "type", "message": "wrong"}]
    return web.Response(
        status=status,
        body=msgspec.json.encode(problem),
        content_type="application/problem+json",
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


async def hang_up(request: web.Request) -> web.Response:
    """Ends the connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def hang(_request: web.Request) -> web.Response:
    """Never answers."""
    await asyncio.get_running_loop().create_future()
    return web.Response()


@contextlib.asynccontextmanager
async def fake_api() -> AsyncIterator[FakeApi]:
    """A running one."""
    api = FakeApi()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", api.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        api.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield api
    finally:
        await runner.cleanup()


ROOM = {
    "id": "r_1",
    "external_id": None,
    "type": "meeting",
    "config": {},
    "state": "created",
    "short_code": "abc",
    "created_at": "2026-01-01T00:00:00.000Z",
    "scheduled_for": None,
    "started_at": None,
    "ended_at": None,
    "archived_at": None,
    "end_reason": None,
    "urls": dict.fromkeys(("signal", "whip", "whep", "hls", "watch", "join"), "http://x"),
}
TOKEN = {
    "token": "t.t.t",
    "token_id": "jti",
    "room_id": "r_1",
    "identity": "ada",
    "capabilities": ["chat:send"],
    "expires_at": "2026-01-01T01:00:00.000Z",
    "urls": ROOM["urls"],
}
USAGE = {
    "since": "2026-01-01T00:00:00.000Z",
    "until": "2026-01-02T00:00:00.000Z",
    "participant_minutes": 12.5,
    "viewer_hours": 3.0,
    "recording_gb_stored": 0.0,
}
PARTICIPANT = {
    "id": "p_1",
    "identity": "ada",
    "name": "Ada",
    "capabilities": ["chat:send"],
    "transports": ["signal"],
    "host": True,
    "publishing_forbidden": False,
    "joined_at": "2026-01-01T00:00:00.000Z",
    "seen_at": "2026-01-01T00:00:00.000Z",
    "left_at": None,
    "reason": None,
}
WEBHOOK = {
    "id": "wh_1",
    "url": "https://example.org/hook",
    "events": ["room.ended"],
    "key_id": "k1",
    "created_at": "2026-01-01T00:00:00.000Z",
    "disabled_at": None,
}
DELIVERY = {
    "id": "dlv_1",
    "event_id": "evt_1",
    "event_type": "room.ended",
    "state": "dead",
    "attempts": 7,
    "due_at": None,
    "last_status": 500,
    "last_error": None,
    "delivered_at": None,
    "created_at": "2026-01-01T00:00:00.000Z",
}
