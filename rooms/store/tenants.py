"""Rows of `organisations`, `projects` and `api_keys`: read and written as values.

Comes in: a connection in a transaction. Goes out: values.
"""

import msgspec
from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from rooms.model import Millis
from rooms.store.tables import api_keys, organisations, projects


class Organisation(msgspec.Struct, frozen=True):
    """One row of `organisations`."""

    id: str
    name: str
    quota: str
    """JSON, as `rooms.quota` reads it."""
    created_at: Millis
    revoked_at: Millis | None


class Project(msgspec.Struct, frozen=True):
    """One row of `projects`."""

    id: str
    org_id: str
    name: str
    created_at: Millis
    revoked_at: Millis | None


class KeyRow(msgspec.Struct, frozen=True):
    """One row of `api_keys`, without the hash."""

    id: str
    org_id: str
    project_id: str
    name: str
    created_at: Millis
    expires_at: Millis | None
    revoked_at: Millis | None


class Proof(msgspec.Struct, frozen=True):
    """What it takes to check a key."""

    org_id: str
    project_id: str
    secret_hash: bytes
    expires_at: Millis | None
    revoked: bool
    """The key, its project or its organisation."""
    quota: str
    """The organisation's."""


async def insert_organisation(db: AsyncConnection, new: Organisation) -> None:
    """Raises `sqlalchemy.exc.IntegrityError` when the name is taken."""
    await db.execute(insert(organisations), msgspec.structs.asdict(new))


async def organisation(db: AsyncConnection, named: str) -> Organisation | None:
    """The organisation of that id or name."""
    query = select(organisations).where(
        or_(organisations.c.id == named, organisations.c.name == named)
    )
    row = (await db.execute(query)).first()
    return None if row is None else _organisation(row)


async def all_organisations(db: AsyncConnection) -> list[Organisation]:
    """All of them, in order of creation."""
    query = select(organisations).order_by(organisations.c.created_at, organisations.c.id)
    return [_organisation(row) for row in await db.execute(query)]


async def set_quota(db: AsyncConnection, org_id: str, quota: str) -> None:
    """Changes what the organisation may use."""
    await db.execute(update(organisations).where(organisations.c.id == org_id).values(quota=quota))


async def revoke_organisation(db: AsyncConnection, org_id: str, now: Millis) -> None:
    """From *now* on its keys, projects and users open nothing."""
    await db.execute(
        update(organisations).where(organisations.c.id == org_id).values(revoked_at=now)
    )


async def insert_project(db: AsyncConnection, new: Project) -> None:
    """Raises `sqlalchemy.exc.IntegrityError` when the organisation has one of that name."""
    await db.execute(insert(projects), msgspec.structs.asdict(new))


async def find_projects(db: AsyncConnection, org_id: str | None, named: str) -> list[Project]:
    """Those of that id or name, in one organisation or in all."""
    return await _projects(db, and_(_project_of(org_id), _called(named)))


async def all_projects(db: AsyncConnection, org_id: str | None) -> list[Project]:
    """Of one organisation or of all, in order of creation."""
    return await _projects(db, _project_of(org_id))


async def revoke_project(db: AsyncConnection, project_id: str, now: Millis) -> None:
    """From *now* on its keys open nothing."""
    await db.execute(update(projects).where(projects.c.id == project_id).values(revoked_at=now))


async def insert_key(db: AsyncConnection, new: KeyRow, secret_hash: bytes) -> None:
    """Adds a key."""
    await db.execute(insert(api_keys), msgspec.structs.asdict(new) | {"secret_hash": secret_hash})


async def key(db: AsyncConnection, key_id: str) -> KeyRow | None:
    """The key of that id."""
    row = (await db.execute(_KEYS.where(api_keys.c.id == key_id))).first()
    return None if row is None else _key(row)


async def proof(db: AsyncConnection, key_id: str) -> Proof | None:
    """What the secret of that key must prove; None: there is no such key."""
    row = (await db.execute(_PROOF, {"key": key_id})).first()
    if row is None:
        return None
    revoked = any(at is not None for at in (row.key_at, row.project_at, row.org_at))
    return Proof(row.org_id, row.project_id, row.secret_hash, row.expires_at, revoked, row.quota)


async def all_keys(
    db: AsyncConnection, org_id: str | None = None, project_id: str | None = None
) -> list[KeyRow]:
    """Of one project, of one organisation, or of all, in order of creation."""
    query = _KEYS.order_by(api_keys.c.created_at, api_keys.c.id)
    if org_id is not None:
        query = query.where(api_keys.c.org_id == org_id)
    if project_id is not None:
        query = query.where(api_keys.c.project_id == project_id)
    return [_key(row) for row in await db.execute(query)]


async def expire_key(db: AsyncConnection, key_id: str, at: Millis) -> None:
    """From *at* on it opens nothing."""
    await db.execute(update(api_keys).where(api_keys.c.id == key_id).values(expires_at=at))


async def revoke_key(db: AsyncConnection, key_id: str, now: Millis) -> None:
    """From *now* on it opens nothing."""
    await db.execute(update(api_keys).where(api_keys.c.id == key_id).values(revoked_at=now))


_KEYS: Select[tuple[object, ...]] = select(
    *(column for column in api_keys.c if column is not api_keys.c.secret_hash)
)


def _proof_query() -> Select[tuple[object, ...]]:
    return (
        select(
            api_keys.c.org_id,
            api_keys.c.project_id,
            api_keys.c.secret_hash,
            api_keys.c.expires_at,
            api_keys.c.revoked_at.label("key_at"),
            projects.c.revoked_at.label("project_at"),
            organisations.c.revoked_at.label("org_at"),
            organisations.c.quota,
        )
        .join(projects, projects.c.id == api_keys.c.project_id)
        .join(organisations, organisations.c.id == api_keys.c.org_id)
        .where(api_keys.c.id == bindparam("key"))
    )


_PROOF = _proof_query()


def _project_of(org_id: str | None) -> ColumnElement[bool]:
    return projects.c.id.is_not(None) if org_id is None else projects.c.org_id == org_id


def _called(named: str) -> ColumnElement[bool]:
    return or_(projects.c.id == named, projects.c.name == named)


async def _projects(db: AsyncConnection, where: ColumnElement[bool]) -> list[Project]:
    query = select(projects).where(where).order_by(projects.c.created_at, projects.c.id)
    return [Project(**row._mapping) for row in await db.execute(query)]  # noqa: SLF001 - SQLAlchemy's documented name


def _organisation(row: Row[tuple[object, ...]]) -> Organisation:
    return Organisation(**row._mapping)  # noqa: SLF001 - same


def _key(row: Row[tuple[object, ...]]) -> KeyRow:
    return KeyRow(**row._mapping)  # noqa: SLF001 - same
