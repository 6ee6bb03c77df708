"""Rows of `messages`: what was said to all in a room, for those who come later.

Comes in: a connection in a transaction. Goes out: values. Of each room the last
`signal.HISTORY` are kept; older ones go when new ones come.
"""

from collections.abc import Collection, Sequence

import msgspec
from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from levelchat.contract import signal
from rooms.model import Millis
from rooms.store.tables import messages


class StoredMessage(msgspec.Struct, frozen=True):
    """One row. Ids sort by time."""

    id: str
    org_id: str
    media_id: str
    identity: str
    name: str
    text: str
    at: Millis


async def add(db: AsyncConnection, new: Sequence[StoredMessage]) -> None:
    """Adds all of *new* in one statement."""
    if new:
        await db.execute(insert(messages), [msgspec.structs.asdict(each) for each in new])


async def last(
    db: AsyncConnection, media_id: str, limit: int = signal.HISTORY
) -> list[StoredMessage]:
    """The newest *limit* of a room, the oldest of them first."""
    query = (
        select(messages)
        .where(messages.c.media_id == media_id)
        .order_by(messages.c.id.desc())
        .limit(limit)
    )
    found = [StoredMessage(**row._mapping) for row in await db.execute(query)]  # noqa: SLF001 - SQLAlchemy's documented name
    return found[::-1]


async def prune(
    db: AsyncConnection, media_ids: Collection[str], keep: int = signal.HISTORY
) -> None:
    """Deletes all but the newest *keep* of each of these rooms."""
    for media_id in media_ids:
        oldest_kept = (
            select(messages.c.id)
            .where(messages.c.media_id == media_id)
            .order_by(messages.c.id.desc())
            .offset(keep - 1)
            .limit(1)
        )
        limit = (await db.execute(oldest_kept)).scalar_one_or_none()
        if limit is not None:
            await db.execute(
                delete(messages).where(messages.c.media_id == media_id, messages.c.id < limit)
            )


async def forget(db: AsyncConnection, media_id: str) -> None:
    """Deletes all of a room."""
    await db.execute(delete(messages).where(messages.c.media_id == media_id))
