"""The plane as the server runs it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from postgres import PostgresServer
from prometheus_client import CollectorRegistry

from levelchat.auth import keys
from levelchat.bus.local import LocalBus
from levelchat.clock import SystemClock
from levelchat.service.plane import Context, Plane
from levelchat.service.settings import Settings
from rooms.app import RoomsPlane
from rooms.assembly import assemble


class _Bus(LocalBus):
    """A bus that a test can cut off."""

    connected = True


def _context(folder: Path, **rooms: object) -> Context:
    return Context(
        clock=SystemClock(),
        settings=Settings({"server": {"data": str(folder)}, "rooms": rooms}),
        metrics=CollectorRegistry(),
        keys=keys.load_or_create(folder),
        data=folder,
        bus=_Bus(),
    )


@asynccontextmanager
async def _running(context: Context) -> AsyncIterator[Plane]:
    plane = RoomsPlane(assemble(context), health_seconds=0.05)
    tasks = [asyncio.create_task(each.run()) for each in (context.bus, plane)]
    try:
        yield plane
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _until(condition: object) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.02)


async def test_the_first_key_is_shown_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On the first start of an installation, and never again."""
    for _ in range(2):
        async with _running(_context(tmp_path)) as plane:
            await _until(lambda plane=plane: not plane.unready())

    assert capsys.readouterr().err.count("lc_pk_") == 1


async def test_readiness_follows_the_store_and_the_bus(tmp_path: Path) -> None:
    """`/readyz` says no while the database is away or the bus is, and yes again after."""
    server = PostgresServer()
    await asyncio.to_thread(server.start)
    context = _context(tmp_path, database=server.url("postgres"))
    try:
        async with _running(context) as plane:
            assert plane.unready()
            await _until(lambda: not plane.unready())
            await asyncio.to_thread(server.stop)
            await _until(plane.unready)
            await asyncio.to_thread(server.start)
            await _until(lambda: not plane.unready())
            context.bus.connected = False
            assert plane.unready() == ["the bus cannot be reached"]
    finally:
        server.remove()
