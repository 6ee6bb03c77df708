"""Joins and leaves share transactions, keep their order, and fail alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager

import pytest
from roomkit import Kit

from rooms.attendance import Attendance
from rooms.errors import NotFound, RoomFull
from rooms.model import LeaveReason
from rooms.store.transaction import Transaction, Transactions


class CountingTransactions(Transactions):
    """Counts those that write."""

    def __init__(self, kit: Kit) -> None:
        super().__init__(kit.store, kit.bus, lambda: kit.now, kit.outbox, kit.alarm)
        self.opened = 0

    def writing(self, org_id: str | None) -> AbstractAsyncContextManager[Transaction]:
        self.opened += 1
        return super().writing(org_id)


@pytest.fixture
async def attendance(kit: Kit) -> AsyncIterator[Attendance]:
    attendance = Attendance(kit.transactions)
    running = asyncio.create_task(attendance.run())
    yield attendance
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_the_last_seat_goes_to_one_of_many(kit: Kit, attendance: Attendance) -> None:
    """However many ask at once, never more than `max_participants` sit."""
    room = await kit.create(config={"max_participants": 3})

    outcomes = await asyncio.gather(
        *(attendance.join(kit.wish(room, f"user-{n}")) for n in range(40)),
        return_exceptions=True,
    )

    assert sum(isinstance(outcome, RoomFull) for outcome in outcomes) == 37
    assert len(await kit.present(room)) == 3


async def test_two_replicas_do_not_oversell(kit: Kit, attendance: Attendance) -> None:
    """Replicas on one store hold the room's row while they count."""
    other = Attendance(kit.transactions)
    running = asyncio.create_task(other.run())
    room = await kit.create(config={"max_participants": 5})

    outcomes = await asyncio.gather(
        *((attendance, other)[n % 2].join(kit.wish(room, f"user-{n}")) for n in range(40)),
        return_exceptions=True,
    )
    running.cancel()

    assert sum(isinstance(outcome, RoomFull) for outcome in outcomes) == 35
    assert len(await kit.present(room)) == 5


async def test_who_leaves_and_comes_back_at_once_is_there(
    kit: Kit, attendance: Attendance
) -> None:
    """A leave and a join of the same identity keep their order."""
    room = await kit.create()
    first = kit.wish(room, "ada")
    await attendance.join(first)

    await asyncio.gather(
        attendance.leave(first.session, room.media_id, kit.now, LeaveReason.LEFT),
        attendance.join(kit.wish(room, "ada")),
    )

    assert await kit.present(room) == ["ada"]


async def test_an_unknown_room_is_not_found(kit: Kit, attendance: Attendance) -> None:
    """And others who join at the same time get in."""
    room = await kit.create()
    nowhere = kit.wish(room, "eve", media_id="r_nowhere")

    refused, joined = await asyncio.gather(
        attendance.join(nowhere), attendance.join(kit.wish(room, "ada")), return_exceptions=True
    )

    assert isinstance(refused, NotFound)
    assert joined.session.identity == "ada"


async def test_a_crowd_shares_transactions(kit: Kit) -> None:
    """Two hundred joins at once take a few transactions, not two hundred."""
    room = await kit.create()
    counting = CountingTransactions(kit)
    attendance = Attendance(counting)
    running = asyncio.create_task(attendance.run())

    await asyncio.gather(*(attendance.join(kit.wish(room, f"user-{n}")) for n in range(200)))
    running.cancel()

    assert len(await kit.present(room)) == 200
    assert counting.opened < 20


async def test_seen_never_goes_beyond_now(kit: Kit, attendance: Attendance) -> None:
    """A node whose clock is ahead does not make its sessions immortal."""
    room = await kit.create()
    wish = kit.wish(room, "ada")
    await attendance.join(wish)
    kit.now += 5_000

    await attendance.seen([wish.session], kit.now + 3_600_000)

    (row,) = (await kit.sessions(room)).values()
    assert row.seen_at == kit.now
