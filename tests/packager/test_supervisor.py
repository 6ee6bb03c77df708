"""The laws of all broadcasts of a server, with real processes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import msgspec
import pytest
from broadcast import AV, SMALL, Origin, eventually, on_air
from prometheus_client import CollectorRegistry

from levelchat.clock import SystemClock
from levelchat.media.program import Part
from packager.errors import PackagerBusy, PackagerStopped
from packager.metrics import PackagerMetrics
from packager.settings import PackagerSettings
from packager.supervisor import Supervisor

CLOCK = SystemClock()


def _wish() -> None:
    pass


def _supervisor(origin: Origin, settings: PackagerSettings = SMALL) -> Supervisor:
    metrics = PackagerMetrics(CollectorRegistry())
    return Supervisor(settings, clock=CLOCK, sink=origin, metrics=metrics)


@asynccontextmanager
async def _running(
    origin: Origin, settings: PackagerSettings = SMALL
) -> AsyncIterator[Supervisor]:
    supervisor = _supervisor(origin, settings)
    task = asyncio.create_task(supervisor.run())
    await eventually(lambda: supervisor.running, "the plane")
    yield supervisor
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@asynccontextmanager
async def _on_air(supervisor: Supervisor, room: str) -> AsyncIterator[None]:
    playing = asyncio.create_task(on_air(supervisor.open(room, AV, _wish), CLOCK))
    yield
    playing.cancel()
    await asyncio.wait([playing])


async def test_nothing_is_taken_before_it_runs() -> None:
    """A plane that starts or stops says so, as something worth a retry."""
    with pytest.raises(PackagerStopped):
        _supervisor(Origin()).open("r_test", AV, _wish)


async def test_a_drain_ends_every_broadcast() -> None:
    """Running playlists end properly, within the time a plane has, and nothing new begins."""
    origin = Origin()
    async with (
        _running(origin) as supervisor,
        _on_air(supervisor, "r_one"),
        _on_air(supervisor, "r_two"),
    ):
        await eventually(lambda: len(origin.programs) == 2, "both programs")
        async with asyncio.timeout(5):
            await supervisor.drain()
        assert sorted(origin.ended) == ["r_one", "r_two"]
        with pytest.raises(PackagerStopped):
            supervisor.open("r_three", AV, _wish)


async def test_there_is_a_most_of_broadcasts() -> None:
    """One more than allowed is refused; one in a room that runs is not one more."""
    settings = msgspec.structs.replace(SMALL, max_broadcasts=1)
    async with _running(Origin(), settings) as supervisor:
        supervisor.open("r_one", AV, _wish)
        supervisor.open("r_one", AV, _wish)
        with pytest.raises(PackagerBusy, match="max_broadcasts"):
            supervisor.open("r_two", AV, _wish)


class Refusing(Origin):
    """An origin with a defect in one room."""

    def __init__(self) -> None:
        super().__init__()
        self.refused = 0

    def part(self, room: str, part: Part) -> None:
        if room == "r_bad":
            self.refused += 1
            raise RuntimeError("a defect")
        super().part(room, part)


async def test_one_broadcasts_fault_is_its_own() -> None:
    """A broadcast that fails and is tried again leaves the others alone."""
    origin = Refusing()
    async with (
        _running(origin) as supervisor,
        _on_air(supervisor, "r_bad"),
        _on_air(supervisor, "r_good"),
    ):
        await eventually(lambda: origin.refused > 1, "the bad one being tried again")
        count = len(origin.parts)
        await eventually(lambda: len(origin.parts) > count + 3, "parts of the good one")


async def test_a_room_can_be_used_again() -> None:
    """After its broadcast has ended, even while it ends, a room takes the next one."""
    origin = Origin()
    async with _running(origin) as supervisor:
        async with _on_air(supervisor, "r_test"):
            await eventually(lambda: origin.parts, "a part")
        supervisor._broadcasts["r_test"].finish()
        async with _on_air(supervisor, "r_test"):
            await eventually(lambda: len(origin.programs) == 2, "the next program")
            assert origin.ended == ["r_test"]


async def test_an_idle_server_has_only_its_spares() -> None:
    """A room costs one task while somebody publishes in it, and nothing before or after."""
    async with _running(Origin()) as supervisor:
        idle = len(asyncio.all_tasks())
        writer = supervisor.open("r_test", AV, _wish)
        writer.close("at once")
        assert len(asyncio.all_tasks()) == idle + 1
        await eventually(lambda: len(asyncio.all_tasks()) == idle, "an idle server again")
        assert (supervisor._running, supervisor._broadcasts) == ({}, {})
