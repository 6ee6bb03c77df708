"""Laws of levelchat.bus.inbox."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from prometheus_client import CollectorRegistry

from levelchat.bus import inbox
from levelchat.bus.inbox import Inbox
from levelchat.bus.messages import KeyRevoked, Message
from levelchat.bus.metrics import BusMetrics


def _never(_work: Callable[[], Coroutine[Any, Any, None]]) -> bool:
    return False


async def test_the_oldest_is_dropped_and_counted() -> None:
    """A handler that is too far behind loses the past, not the present."""
    registry = CollectorRegistry()
    heard: list[Message] = []
    late = Inbox("control", heard.append, _never, BusMetrics(registry))

    for number in range(inbox.MAX_WAITING + 5):
        late.put(KeyRevoked(str(number)))
    await late._work()

    assert heard[0] == KeyRevoked("5")
    assert len(heard) == inbox.MAX_WAITING
    assert registry.get_sample_value("levelchat_bus_dropped_total") == 5


async def test_a_flood_leaves_others_their_turn() -> None:
    """A long queue of quick messages does not keep the loop to itself."""
    heard: list[Message] = []
    busy = Inbox("control", heard.append, _never)
    for _ in range(1000):
        busy.put(KeyRevoked("k"))

    working = asyncio.create_task(busy._work())
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    assert 0 < len(heard) < 1000
    await working


async def test_a_closed_inbox_forgets_what_waits() -> None:
    """Whoever left is not called for what was said before either."""
    heard: list[Message] = []
    left = Inbox("control", heard.append, _never)
    left.put(KeyRevoked("k"))

    left.close()
    left.put(KeyRevoked("k"))
    await left._work()

    assert heard == []
