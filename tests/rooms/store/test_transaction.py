"""What is said in a transaction is heard once its rows are there, or never."""

import asyncio

import pytest
from roomkit import Kit

from levelchat.bus.messages import RoomOpened


async def test_what_was_said_is_heard_after_the_commit(kit: Kit) -> None:
    """Not before: who hears it may read the rows."""
    called = []
    async with kit.transactions.writing(None) as tx:
        tx.say(RoomOpened("r_1"))
        tx.after_commit(lambda: called.append(1))
        assert (kit.bus.said, called) == ([], [])

    assert kit.bus.of(RoomOpened) == [RoomOpened("r_1")]
    assert called == [1]


async def test_what_was_rolled_back_was_never_said(kit: Kit) -> None:
    """Neither on the bus nor to the alarm."""

    async def fail() -> None:
        async with kit.transactions.writing(None) as tx:
            tx.say(RoomOpened("r_1"))
            tx.look_at(kit.now - 1)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()

    assert kit.bus.said == []


async def test_a_deadline_wakes_the_sweeper(kit: Kit) -> None:
    """A deadline that was committed is one the alarm waits for."""
    async with kit.transactions.writing(None) as tx:
        tx.look_at(kit.now)

    async with asyncio.timeout(5):
        await kit.alarm.wait(lambda: kit.now, 60_000)
