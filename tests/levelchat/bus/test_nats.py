"""Laws of levelchat.bus.nats in bad weather (and of all buses: test_bus.py)."""

import asyncio
import time
from collections.abc import Callable, Iterator

import nats
import pytest
from natsserver import NatsServer
from prometheus_client import CollectorRegistry

from levelchat.bus import nats as nats_bus
from levelchat.bus.errors import BusUnavailable
from levelchat.bus.messages import KeyRevoked, Message, RoomOpened, StandingWanted
from levelchat.bus.metrics import BusMetrics
from levelchat.bus.nats import NatsBus


@pytest.fixture
def server() -> Iterator[NatsServer]:
    server = NatsServer()
    yield server
    server.stop()


async def _until(condition: Callable[[], object], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])


async def test_it_works_again_after_an_outage(server: NatsServer) -> None:
    """While NATS is away nothing blocks or raises, requests fail at once; when it is back all
    listens as before, and what was said meanwhile is heard.
    """
    server.start()
    registry = CollectorRegistry()
    bus = NatsBus(server.url, BusMetrics(registry))
    running = asyncio.create_task(bus.run())
    heard: list[Message] = []

    async def answer(message: Message) -> Message:
        return message

    await bus.subscribe("control", heard.append)
    await bus.respond("joins", answer)
    bus.publish("control", RoomOpened("r_before"))
    await _until(lambda: heard)
    assert await bus.request("joins", StandingWanted(), 5) == StandingWanted()

    server.stop()
    await _until(lambda: not bus.connected)
    assert registry.get_sample_value("levelchat_bus_connected") == 0
    began = time.monotonic()
    bus.publish("control", RoomOpened("r_meanwhile"))
    with pytest.raises(BusUnavailable):
        await bus.request("joins", StandingWanted(), 60)
    late = await bus.subscribe("late", heard.append)
    assert time.monotonic() - began < 1

    server.start()
    await _until(lambda: bus.connected)
    await _until(lambda: RoomOpened("r_meanwhile") in heard)
    bus.publish("control", RoomOpened("r_after"))
    bus.publish("late", RoomOpened("r_late"))
    await _until(lambda: {RoomOpened("r_after"), RoomOpened("r_late")} <= set(heard))
    assert await bus.request("joins", StandingWanted(), 5) == StandingWanted()
    assert bus.connections == 2
    await late.close()
    await _stop(running)


async def test_it_starts_before_nats_does(server: NatsServer) -> None:
    """A process may start first: it connects when the server is there."""
    bus = NatsBus(server.url)
    heard: list[Message] = []
    await bus.subscribe("control", heard.append)
    running = asyncio.create_task(bus.run())
    bus.publish("control", KeyRevoked("k"))
    with pytest.raises(BusUnavailable):
        await bus.request("joins", StandingWanted(), 60)

    server.start()

    await _until(lambda: heard)
    await _stop(running)


async def test_an_outage_keeps_the_newest_words() -> None:
    """The queue is bounded: the oldest go, and are counted."""
    registry = CollectorRegistry()
    bus = NatsBus("nats://127.0.0.1:1", BusMetrics(registry))

    for number in range(nats_bus.MAX_PENDING + 3):
        bus.publish("control", KeyRevoked(str(number)))

    assert len(bus._pending) == nats_bus.MAX_PENDING
    assert registry.get_sample_value("levelchat_bus_dropped_total") == 3


async def test_a_word_that_nobody_can_read_is_passed_over(server: NatsServer) -> None:
    """Bytes of another program on our subject are counted, and the next message is heard."""
    server.start()
    registry = CollectorRegistry()
    bus = NatsBus(server.url, BusMetrics(registry))
    running = asyncio.create_task(bus.run())
    await _until(lambda: bus.connected)
    heard: list[Message] = []
    await bus.subscribe("control", heard.append)
    stranger = await nats.connect(server.url)

    await stranger.publish("levelchat.say.control", b"\xc1 what?")
    await stranger.flush()
    bus.publish("control", KeyRevoked("k"))
    await _until(lambda: heard)

    assert heard == [KeyRevoked("k")]
    assert registry.get_sample_value("levelchat_bus_dropped_total") == 1
    await stranger.close()
    await _stop(running)


async def test_a_word_that_is_too_large_is_dropped(server: NatsServer) -> None:
    """What NATS would not carry is counted, and the connection stays."""
    server.start()
    registry = CollectorRegistry()
    bus = NatsBus(server.url, BusMetrics(registry))
    running = asyncio.create_task(bus.run())
    heard: list[Message] = []
    await bus.subscribe("control", heard.append)
    await _until(lambda: bus.connected)

    bus.publish("control", KeyRevoked("x" * 2_000_000))
    bus.publish("control", KeyRevoked("k"))
    await _until(lambda: heard)

    assert heard == [KeyRevoked("k")]
    assert registry.get_sample_value("levelchat_bus_dropped_total") == 1
    assert bus.connections == 1
    await _stop(running)
