"""A real edge on a real socket."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import roomsdesk
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from edge_harness import Harness, SetClock
from prometheus_client import CollectorRegistry
from roomsdesk import Desk

from edge import app, audience
from edge.origin import Origin
from levelchat.auth import keys
from levelchat.service import problem
from levelchat.service.plane import Context
from levelchat.service.settings import Settings


@pytest.fixture
def settings() -> dict[str, Any]:
    return {}


@pytest.fixture
async def edge(tmp_path: Path, settings: dict[str, Any]) -> AsyncIterator[Harness]:
    clock = SetClock()
    context = Context(
        clock=clock,
        settings=Settings({"edge": {"web_dir": str(tmp_path / "web")} | settings}),
        metrics=CollectorRegistry(),
        keys=keys.load_or_create(tmp_path),
        data=tmp_path,
    )
    plane = app.create(context)
    application = web.Application(middlewares=[problem.middleware])
    application.add_routes(plane.routes())
    server = TestServer(application, handler_cancellation=True)
    async with TestClient(server) as client:
        origin = context.seams.programs
        assert isinstance(origin, Origin)
        yield Harness(client, origin, clock, context, plane)


@pytest.fixture
async def desk(edge: Harness, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    """Rooms beside the edge, with `ROOM` among those that it manages."""
    monkeypatch.setattr(audience, "SWEEP_SECONDS", 0.01)
    async with roomsdesk.running(edge) as beside:
        yield beside
