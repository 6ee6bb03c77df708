"""Frames reach all whom they are for, once, in order, and nobody waits for a crowd."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, cast

import pytest
from prometheus_client import CollectorRegistry

from rooms.signal import broadcaster as module
from rooms.signal.audience import CHAT, PRESENCE
from rooms.signal.broadcaster import SLICE, Broadcaster
from rooms.signal.connection import Connection
from rooms.signal.metrics import SignalMetrics


class _Sink:
    def __init__(self, audience: int = PRESENCE | CHAT, since: int = 0) -> None:
        self.audience = audience
        self.since = since
        self.data = b""
        self.writes = 0

    def write(self, data: bytes) -> None:
        self.data += data
        self.writes += 1


class _Tasks:
    def __init__(self) -> None:
        self.all: list[asyncio.Task[None]] = []

    def spawn(self, work: Callable[[], Coroutine[Any, Any, None]]) -> bool:
        self.all.append(asyncio.get_running_loop().create_task(work()))
        return True

    async def done(self) -> None:
        while pending := [task for task in self.all if not task.done()]:
            await asyncio.gather(*pending)


def _room(count: int, tasks: _Tasks, registry: CollectorRegistry | None = None) -> Any:
    sinks = {f"s_{n}": _Sink() for n in range(count)}
    connections = cast("dict[str, Connection]", sinks)
    metrics = SignalMetrics(registry or CollectorRegistry())
    return sinks, Broadcaster(connections, tasks.spawn, metrics)


async def test_a_small_room_is_written_to_at_once() -> None:
    """No task, no wait."""
    tasks = _Tasks()
    sinks, room = _room(SLICE, tasks)

    room.send(b"a", PRESENCE)

    assert {sink.data for sink in sinks.values()} == {b"a"}
    assert tasks.all == []


async def test_a_large_room_gets_everything_in_order() -> None:
    """What comes during a round goes with the next, in one write a connection."""
    tasks = _Tasks()
    sinks, room = _room(3 * SLICE + 1, tasks)

    for letter in (b"a", b"b", b"c"):
        room.send(letter, PRESENCE)
    await asyncio.sleep(0)
    for letter in (b"d", b"e"):
        room.send(letter, PRESENCE)
    await tasks.done()

    assert {sink.data for sink in sinks.values()} == {b"abcde"}
    assert max(sink.writes for sink in sinks.values()) == 2
    assert len(tasks.all) == 1
    room.send(b"f", PRESENCE)
    await tasks.done()
    assert {sink.data for sink in sinks.values()} == {b"abcdef"}


async def test_others_get_their_turn_between_slices() -> None:
    """The loop is never held up for longer than a slice takes."""
    tasks = _Tasks()
    sinks, room = _room(4 * SLICE, tasks)
    reached: list[int] = []

    async def other() -> None:
        while len(reached) < 4:
            reached.append(sum(1 for sink in sinks.values() if sink.data))
            await asyncio.sleep(0)

    room.send(b"a", PRESENCE)
    await asyncio.gather(other(), tasks.done())

    assert any(0 < count < 4 * SLICE for count in reached)


@pytest.mark.parametrize("count", [1, SLICE + 1])
async def test_each_gets_what_is_for_it(count: int) -> None:
    """By audience; and who came later is not told again what its welcome said."""
    tasks = _Tasks()
    sinks, room = _room(count, tasks)
    deaf = sinks["s_deaf"] = _Sink(audience=0)
    chatting = sinks["s_chat"] = _Sink(audience=CHAT)
    room.send(b"a", PRESENCE)
    late = sinks["s_late"] = _Sink(since=room.next)
    room.send(b"b", CHAT)
    room.send(b"c", PRESENCE)
    await tasks.done()

    assert sinks["s_0"].data == b"abc"
    assert deaf.data == b""
    assert chatting.data == b"b"
    assert late.data == b"bc"


async def test_what_waits_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A room that nobody can keep up with loses frames, and it is counted."""
    monkeypatch.setattr(module, "MAX_WAITING", 3)
    tasks, registry = _Tasks(), CollectorRegistry()
    sinks, room = _room(SLICE + 1, tasks, registry)

    for letter in (b"a", b"b", b"c", b"d"):
        room.send(letter, PRESENCE)
    await tasks.done()

    assert sinks["s_0"].data == b"abc"
    assert registry.get_sample_value("levelchat_signal_dropped_total", {"what": "frame"}) == 1
