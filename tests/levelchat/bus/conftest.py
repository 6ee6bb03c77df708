"""Buses of both kinds, running."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest
from natsserver import NatsServer

from levelchat.bus.local import LocalBus
from levelchat.bus.nats import NatsBus
from levelchat.bus.seams import Bus

NewBus = Callable[[], Awaitable[Bus]]


@pytest.fixture(scope="session")
def nats_server() -> Iterator[NatsServer]:
    server = NatsServer()
    server.start()
    yield server
    server.stop()


@contextlib.asynccontextmanager
async def running(bus: Bus) -> AsyncIterator[Bus]:
    task = asyncio.create_task(bus.run())
    try:
        while not bus.connected:
            assert not task.done()
            await asyncio.sleep(0.005)
        yield bus
    finally:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            task.result()


@pytest.fixture(params=["local", "nats"])
async def new_bus(request: pytest.FixtureRequest) -> AsyncIterator[NewBus]:
    """Each call gives the bus as one more process has it."""
    async with contextlib.AsyncExitStack() as stack:
        if request.param == "local":
            local = await stack.enter_async_context(running(LocalBus()))

            async def same() -> Bus:
                return local

            yield same
        else:
            server = request.getfixturevalue("nats_server")

            async def another() -> Bus:
                return await stack.enter_async_context(running(NatsBus(server.url)))

            yield another
