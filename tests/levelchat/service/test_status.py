"""Laws of levelchat.service.status."""

from types import SimpleNamespace
from typing import Any

from aiohttp import web

from levelchat.service.status import StatusRoutes


class _Plane:
    """A plane that says why it is not ready."""

    name = "edge"

    def __init__(self, reasons: list[str]) -> None:
        self.reasons = reasons

    def routes(self) -> list[web.AbstractRouteDef]:
        return []

    async def run(self) -> None: ...

    async def drain(self) -> None: ...

    def unready(self) -> list[str]:
        return self.reasons


async def _readyz(aiohttp_client: Any, status: StatusRoutes) -> tuple[int, list[str]]:
    context = SimpleNamespace(metrics=None, keys=None)
    application = web.Application()
    application.add_routes(status.routes(context))  # type: ignore[arg-type]
    answer = await (await aiohttp_client(application)).get("/readyz")
    return answer.status, (await answer.json())["reasons"]


async def test_a_server_is_ready_when_all_its_planes_are(aiohttp_client: Any) -> None:
    """Starting, draining, or one plane's reason each make `/readyz` a 503 that says why."""
    plane = _Plane([])
    status = StatusRoutes([plane])

    assert await _readyz(aiohttp_client, status) == (503, ["starting"])

    status.ready = True
    assert await _readyz(aiohttp_client, status) == (200, [])

    plane.reasons = ["full"]
    assert await _readyz(aiohttp_client, status) == (503, ["edge: full"])

    status.draining = True
    assert await _readyz(aiohttp_client, status) == (503, ["draining"])
