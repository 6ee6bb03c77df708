"""Laws of levelchat.bus.local (and of all buses: test_bus.py)."""

import asyncio

from prometheus_client import CollectorRegistry

from levelchat.bus.local import LocalBus
from levelchat.bus.messages import KeyRevoked, Message
from levelchat.bus.metrics import BusMetrics


async def test_words_before_it_runs_are_kept() -> None:
    """What is said before `run` is handled once it runs."""
    bus = LocalBus()
    heard = asyncio.Event()
    await bus.subscribe("control", lambda _message: heard.set())

    bus.publish("control", KeyRevoked("k"))
    await asyncio.sleep(0)
    assert not heard.is_set()

    task = asyncio.create_task(bus.run())
    async with asyncio.timeout(5):
        await heard.wait()
    task.cancel()


async def test_an_idle_bus_has_no_task() -> None:
    """Subscriptions cost nothing while nothing is said."""
    bus = LocalBus()
    task = asyncio.create_task(bus.run())
    await asyncio.sleep(0)
    before = len(asyncio.all_tasks())

    for number in range(100):
        await bus.subscribe(f"signal.{number}", lambda _message: None)
    await asyncio.sleep(0)

    assert len(asyncio.all_tasks()) == before
    task.cancel()


async def test_no_subscription_is_kept_for_nothing() -> None:
    """When the last listener of a subject left, nothing is kept of the subject."""
    bus = LocalBus()
    one = await bus.subscribe("signal.r_1", lambda _message: None)
    two = await bus.subscribe("signal.r_1", lambda _message: None, group="g")

    await one.close()
    await two.close()

    assert bus._members == {}


async def test_what_is_said_is_counted() -> None:
    """The process's metrics tell how much was said, and that the bus is there."""
    registry = CollectorRegistry()
    bus = LocalBus(BusMetrics(registry))
    heard: list[Message] = []
    await bus.subscribe("control", heard.append)

    bus.publish("control", KeyRevoked("k"))

    assert registry.get_sample_value("levelchat_bus_published_total") == 1
    assert registry.get_sample_value("levelchat_bus_connected") == 1
