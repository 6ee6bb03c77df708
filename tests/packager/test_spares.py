"""The laws of processes started in advance, on real ones."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from broadcast import SMALL, eventually

from packager.child import Child
from packager.spares import Spares


class Nursery:
    """Makes children and remembers them."""

    def __init__(self) -> None:
        self.children: list[Child] = []
        self.refusals = 0

    def make(self) -> Child:
        child = Refused(SMALL, 0) if self.refusals else Child(SMALL, 0)
        self.refusals = max(0, self.refusals - 1)
        self.children.append(child)
        return child


class Refused(Child):
    """A child whom the machine has no process for."""

    async def start(self) -> None:
        raise OSError(11, "no more processes")


@asynccontextmanager
async def _running(nursery: Nursery, count: int) -> AsyncIterator[Spares]:
    spares = Spares(nursery.make, count)
    task = asyncio.create_task(spares.run())
    yield spares
    task.cancel()
    await asyncio.wait([task])
    for child in nursery.children:
        await child.stop()


async def test_a_spare_is_taken_and_replaced() -> None:
    """Who asks gets the one that is ready; another one is made."""
    nursery = Nursery()
    async with _running(nursery, 1) as spares:
        await eventually(lambda: nursery.children and nursery.children[0].alive, "a spare")
        child = await spares.take()
        assert child is nursery.children[0]
        await eventually(lambda: len(nursery.children) == 2, "its replacement")


async def test_a_dead_spare_is_not_handed_out() -> None:
    """A spare that was killed while it waited is passed over."""
    nursery = Nursery()
    async with _running(nursery, 1) as spares:
        await eventually(lambda: nursery.children and nursery.children[0].alive, "a spare")
        os.kill(nursery.children[0].pid, signal.SIGKILL)
        await eventually(lambda: not nursery.children[0].alive, "its death")
        child = await spares.take()
        assert child.alive
        assert child is not nursery.children[0]


async def test_without_spares_a_process_is_made_when_it_is_needed() -> None:
    """A count of 0 costs nothing until somebody asks."""
    nursery = Nursery()
    async with _running(nursery, 0) as spares:
        assert nursery.children == []
        assert (await spares.take()).alive


async def test_a_machine_that_is_full_is_asked_again_later() -> None:
    """A spare that cannot be made leaves the rest at work."""
    nursery = Nursery()
    nursery.refusals = 1
    async with _running(nursery, 1) as spares:
        await eventually(lambda: nursery.children, "an attempt")
        assert (await spares.take()).alive


async def test_the_end_of_the_server_is_theirs() -> None:
    """No spare outlives its keeper."""
    nursery = Nursery()
    async with _running(nursery, 1):
        await eventually(lambda: nursery.children and nursery.children[0].alive, "a spare")
    await eventually(lambda: not nursery.children[0].alive, "its end")
