"""What was said is kept for those who come later, and no longer."""

import pytest
from roomkit import START, Kit, settle_in

from rooms.model import Room
from rooms.store import messages as message_rows
from rooms.store.messages import StoredMessage
from rooms.store.store import Store


@pytest.fixture
async def kit(store: Store) -> Kit:
    return Kit(store, await settle_in(store, "acme"))


async def _room_with(kit: Kit, count: int) -> Room:
    room = await kit.create()
    said = [
        StoredMessage(
            f"msg_{n:04}", room.org_id, room.media_id, "ada", "Ada", f"no. {n}", START + n
        )
        for n in range(count)
    ]
    async with kit.transactions.writing(room.org_id) as tx:
        await message_rows.add(tx.db, said)
    return room


async def test_the_newest_come_in_order(kit: Kit) -> None:
    """A joiner is given the last ones, the oldest of them first."""
    room = await _room_with(kit, 7)

    async with kit.transactions.reading(room.org_id) as tx:
        found = await message_rows.last(tx.db, room.media_id, 3)

    assert [each.text for each in found] == ["no. 4", "no. 5", "no. 6"]


async def test_old_ones_are_pruned_room_by_room(kit: Kit) -> None:
    """Pruning keeps the newest of each room that is named, and all of the others."""
    pruned, short, other = [
        await _room_with_ids(kit, n, count) for n, count in enumerate((9, 2, 9))
    ]

    async with kit.transactions.writing(pruned.org_id) as tx:
        await message_rows.prune(tx.db, [pruned.media_id, short.media_id], keep=4)
        counts = [
            len(await message_rows.last(tx.db, room.media_id)) for room in (pruned, short, other)
        ]

    assert counts == [4, 2, 9]


async def test_a_room_is_forgotten_alone(kit: Kit) -> None:
    """An archived room's chat goes; another's stays."""
    gone, stays = [await _room_with_ids(kit, n, 3) for n in range(2)]

    async with kit.transactions.writing(gone.org_id) as tx:
        await message_rows.forget(tx.db, gone.media_id)
        assert await message_rows.last(tx.db, gone.media_id) == []
        assert len(await message_rows.last(tx.db, stays.media_id)) == 3


async def _room_with_ids(kit: Kit, number: int, count: int) -> Room:
    room = await kit.create()
    async with kit.transactions.writing(room.org_id) as tx:
        await message_rows.add(
            tx.db,
            [
                StoredMessage(
                    f"msg_{number}_{n:04}", room.org_id, room.media_id, "ada", "", "hi", START
                )
                for n in range(count)
            ],
        )
    return room
