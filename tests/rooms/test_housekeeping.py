"""What is old is forgotten, by one replica at a time."""

from roomkit import Kit
from sqlalchemy import func, insert, select

from rooms.housekeeping import KEEP_ANSWERS, Housekeeping
from rooms.store.sessions import Revocation, revoke
from rooms.store.tables import idempotency, revocations


async def count(kit: Kit, table: object) -> int:
    async with kit.transactions.reading(None) as tx:
        return (await tx.db.execute(select(func.count()).select_from(table))).scalar_one()


async def test_old_answers_and_dead_revocations_are_forgotten(kit: Kit) -> None:
    """24 h after an answer was kept, and once no revoked token can be alive."""
    room = await kit.create()
    async with kit.transactions.writing(None) as tx:
        for n, at in enumerate((kit.now - KEEP_ANSWERS - 1, kit.now)):
            await tx.db.execute(
                insert(idempotency).values(
                    project_id=room.project_id,
                    org_id=room.org_id,
                    key=f"k{n}",
                    fingerprint=b"",
                    status=201,
                    body=b"",
                    created_at=at,
                )
            )
        await revoke(
            tx.db,
            [
                Revocation(f"t{at}", room.org_id, room.media_id, "eve", "kicked", at)
                for at in (kit.now - 1, kit.now + 1)
            ],
        )

    await Housekeeping(kit.transactions, "node-1").tidy()

    assert (await count(kit, idempotency), await count(kit, revocations)) == (1, 1)


async def test_one_replica_tidies(kit: Kit) -> None:
    """While its lease lasts the other leaves the rows alone."""
    await Housekeeping(kit.transactions, "node-1").tidy()
    room = await kit.create()
    async with kit.transactions.writing(None) as tx:
        old = Revocation("t", room.org_id, room.media_id, "eve", "kicked", kit.now - 1)
        await revoke(tx.db, [old])

    await Housekeeping(kit.transactions, "node-2").tidy()

    assert await count(kit, revocations) == 1
