"""What an organisation may use, as its row says."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from rooms import quota
from rooms.quota import Quota
from rooms.store.tables import organisations


async def quota_of(db: AsyncConnection, org_id: str) -> Quota:
    """The limits; none for an organisation that is not there."""
    query = select(organisations.c.quota).where(organisations.c.id == org_id)
    found = (await db.execute(query)).scalar_one_or_none()
    return Quota() if found is None else quota.parse(found)
