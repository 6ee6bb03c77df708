"""What was said is written down, in the end, and only the last of it is kept."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from roomkit import START
from signalkit import Installation, eventually

from levelchat.contract.signal import HISTORY
from rooms.errors import StoreUnavailable
from rooms.model import Room
from rooms.signal import scribe as module
from rooms.signal.metrics import SignalMetrics
from rooms.signal.scribe import Scribe
from rooms.store import messages as message_rows
from rooms.store.messages import StoredMessage


def _message(room: Room, number: int) -> StoredMessage:
    return StoredMessage(
        f"msg_{number:06}", room.org_id, room.media_id, "ada", "Ada", f"no. {number}", START
    )


async def _stored(place: Installation, room: Room, limit: int = 10 * HISTORY) -> list[str]:
    async with place.kit.transactions.reading(None) as tx:
        return [each.text for each in await message_rows.last(tx.db, room.media_id, limit)]


@contextlib.asynccontextmanager
async def _running(scribe: Scribe) -> AsyncIterator[None]:
    running = asyncio.create_task(scribe.run())
    yield
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_many_messages_leave_the_last_hundred(place: Installation) -> None:
    """Old rows go when a hundred new ones have come."""
    room = await place.kit.create()
    scribe = Scribe(place.kit.transactions, SignalMetrics(CollectorRegistry()))
    for number in range(5 * HISTORY):
        scribe.add(_message(room, number))
    async with _running(scribe):
        await eventually(lambda: not scribe._waiting and not scribe._more.is_set())

    assert await _stored(place, room) == [f"no. {n}" for n in range(4 * HISTORY, 5 * HISTORY)]


async def test_what_is_said_while_the_store_is_away_is_written_later(
    place: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In order, once; beyond the bound the oldest are dropped and counted."""
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.01)
    monkeypatch.setattr(module, "MAX_WAITING", 3)
    registry = CollectorRegistry()
    room = await place.kit.create()
    writing, tries = place.kit.transactions.writing, 0

    def away(org_id: str | None) -> Any:
        nonlocal tries
        tries += 1
        raise StoreUnavailable("away")

    monkeypatch.setattr(place.kit.transactions, "writing", away)
    scribe = Scribe(place.kit.transactions, SignalMetrics(registry))
    for number in range(4):
        scribe.add(_message(room, number))
    async with _running(scribe):
        await eventually(lambda: tries > 2)
        monkeypatch.setattr(place.kit.transactions, "writing", writing)
        await eventually(lambda: not scribe._waiting and not scribe._more.is_set())

    assert await _stored(place, room) == ["no. 1", "no. 2", "no. 3"]
    assert registry.get_sample_value("levelchat_signal_dropped_total", {"what": "chat"}) == 1
