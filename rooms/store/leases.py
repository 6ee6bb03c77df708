"""Rows of `leases`: which replica does what only one should.

Comes in: a transaction. Goes out: whether this holder has the lease now.
"""

from sqlalchemy import insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from rooms.model import Millis
from rooms.store.tables import leases


async def hold(db: AsyncConnection, name: str, holder: str, now: Millis, until: Millis) -> bool:
    """Takes or prolongs the lease *name*; false while another holds it."""
    taken = await db.execute(
        update(leases)
        .where(
            leases.c.name == name,
            or_(leases.c.holder == holder, leases.c.until_at <= now),
        )
        .values(holder=holder, until_at=until)
    )
    if taken.rowcount:
        return True
    known = await db.execute(select(leases.c.holder).where(leases.c.name == name))
    if known.first() is not None:
        return False
    try:
        async with db.begin_nested():
            await db.execute(insert(leases).values(name=name, holder=holder, until_at=until))
    except IntegrityError:  # another replica was first
        return False
    return True
