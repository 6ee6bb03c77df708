"""What an organisation may use, as its row says."""

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from rooms import quota
from rooms.quota import Quota
from rooms.store.tables import organisations

_QUOTA = select(organisations.c.quota).where(organisations.c.id == bindparam("org_id"))


async def quota_of(db: AsyncConnection, org_id: str) -> Quota:
    """The limits; none for an organisation that is not there."""
    found = (await db.execute(_QUOTA, {"org_id": org_id})).scalar_one_or_none()
    return Quota() if found is None else quota.parse(found)
