"""Rows of `users` and `logins`: who may log in to a workspace, and who has.

Comes in: a connection in a transaction. Goes out: values.
"""

import msgspec
from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from rooms.model import Millis
from rooms.store.tables import logins, organisations, users


class User(msgspec.Struct, frozen=True):
    """One row of `users`, without the hash."""

    id: str
    org_id: str
    email: str
    created_at: Millis
    revoked_at: Millis | None


async def insert_user(db: AsyncConnection, new: User, password_hash: str) -> None:
    """Raises `sqlalchemy.exc.IntegrityError` when somebody has the address."""
    await db.execute(insert(users), msgspec.structs.asdict(new) | {"password_hash": password_hash})


async def user(db: AsyncConnection, named: str) -> User | None:
    """The user of that id or address."""
    row = (
        await db.execute(_USERS.where((users.c.id == named) | (users.c.email == named)))
    ).first()
    return None if row is None else _user(row)


async def with_hash(db: AsyncConnection, email: str) -> tuple[User, str] | None:
    """The user of that address who may log in now, and what was kept of the password."""
    query = (
        select(users)
        .join(organisations, organisations.c.id == users.c.org_id)
        .where(
            users.c.email == email,
            users.c.revoked_at.is_(None),
            organisations.c.revoked_at.is_(None),
        )
    )
    row = (await db.execute(query)).first()
    return None if row is None else (_user(row), str(row.password_hash))


async def all_users(db: AsyncConnection, org_id: str | None = None) -> list[User]:
    """Of one organisation or of all, in order of creation."""
    query = _USERS.order_by(users.c.created_at, users.c.id)
    if org_id is not None:
        query = query.where(users.c.org_id == org_id)
    return [_user(row) for row in await db.execute(query)]


async def revoke_user(db: AsyncConnection, user_id: str, now: Millis) -> None:
    """From *now* on nobody logs in as this user, and who has is out."""
    await db.execute(update(users).where(users.c.id == user_id).values(revoked_at=now))
    await db.execute(delete(logins).where(logins.c.user_id == user_id))


async def insert_login(
    db: AsyncConnection, token_hash: bytes, user: User, now: Millis, expires_at: Millis
) -> None:
    """Somebody has logged in."""
    values = {
        "token_hash": token_hash,
        "org_id": user.org_id,
        "user_id": user.id,
        "created_at": now,
        "expires_at": expires_at,
    }
    await db.execute(insert(logins), values)


async def logged_in(db: AsyncConnection, token_hash: bytes, now: Millis) -> User | None:
    """Who logged in with that token, if it is still good."""
    query = (
        _USERS.join(logins, logins.c.user_id == users.c.id)
        .join(organisations, organisations.c.id == users.c.org_id)
        .where(
            logins.c.token_hash == token_hash,
            logins.c.expires_at > now,
            users.c.revoked_at.is_(None),
            organisations.c.revoked_at.is_(None),
        )
    )
    row = (await db.execute(query)).first()
    return None if row is None else _user(row)


async def delete_login(db: AsyncConnection, token_hash: bytes) -> None:
    """Somebody has logged out."""
    await db.execute(delete(logins).where(logins.c.token_hash == token_hash))


async def prune_logins(db: AsyncConnection, now: Millis) -> int:
    """Forgets the logins that are over; returns how many."""
    return (await db.execute(delete(logins).where(logins.c.expires_at <= now))).rowcount


_USERS = select(*(column for column in users.c if column is not users.c.password_hash))


def _user(row: Row[tuple[object, ...]]) -> User:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented name
    values.pop("password_hash", None)
    return User(**values)
