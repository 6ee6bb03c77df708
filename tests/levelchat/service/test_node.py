"""Laws of levelchat.service.node."""

import asyncio

import pytest

from levelchat.bus.local import LocalBus
from levelchat.bus.messages import Lease, Message
from levelchat.bus.seams import LEASES
from levelchat.clock import SystemClock
from levelchat.service import node
from levelchat.service.node import Leases
from levelchat.service.settings import ServerSettings

SETTINGS = ServerSettings(
    node="n1", region="eu-west-1", public_url="https://one.example", planes=("edge",)
)


async def _leases(said: list[Message]) -> tuple[Leases, asyncio.Task[None]]:
    bus = LocalBus()
    await bus.subscribe(LEASES, said.append)
    running = asyncio.create_task(bus.run())
    return Leases(bus, node.of(SETTINGS), SystemClock()), running


async def _until(said: list[Message], count: int) -> None:
    async with asyncio.timeout(10):
        while len(said) < count:
            await asyncio.sleep(0.005)


async def test_a_lease_says_what_the_node_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Name, planes, region and URL are those of the settings, again and again."""
    monkeypatch.setattr(node, "LEASE_SECONDS", 0.01)
    said: list[Message] = []
    leases, running = await _leases(said)
    saying = asyncio.create_task(leases.run())
    await _until(said, 3)

    lease = said[-1]
    assert isinstance(lease, Lease)
    assert (lease.node, lease.planes, lease.region) == ("n1", ("edge",), "eu-west-1")
    assert (lease.url, lease.draining) == ("https://one.example", False)
    assert 0 <= lease.load <= 1
    saying.cancel()
    running.cancel()


async def test_the_fullest_plane_counts() -> None:
    """The load is the largest there is, and never more than all."""
    said: list[Message] = []
    leases, running = await _leases(said)
    loads = [0.9, 0.1]
    for index in range(2):
        leases.measure(lambda index=index: loads[index])

    leases.say()
    loads[1] = 7.0
    leases.say()
    await _until(said, 2)

    first, second = said
    assert isinstance(first, Lease)
    assert isinstance(second, Lease)
    assert first.load >= 0.9
    assert second.load == 1.0
    running.cancel()


async def test_a_drain_is_said_at_once() -> None:
    """Nobody is sent to a node that stops."""
    said: list[Message] = []
    leases, running = await _leases(said)

    leases.drain()
    await _until(said, 1)

    assert isinstance(said[0], Lease)
    assert said[0].draining
    running.cancel()


def test_nodes_without_a_name_differ() -> None:
    """Two processes of one machine are two nodes."""
    assert node.of(ServerSettings()).name != node.of(ServerSettings()).name
