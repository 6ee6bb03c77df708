"""Rows of `sessions`, `revocations` and `restrictions`: who is and was in a room.

Comes in: a connection in a transaction. Goes out: values.
"""

from collections.abc import Collection, Sequence

import msgspec
from sqlalchemy import (
    ColumnElement,
    Row,
    and_,
    bindparam,
    case,
    delete,
    distinct,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from rooms.model import LeaveReason, Millis, RoomState, Session, Transport
from rooms.store.tables import restrictions, revocations, rooms, sessions

_encode = msgspec.json.Encoder().encode
_decode_capabilities = msgspec.json.Decoder(tuple[str, ...]).decode
_decode_meta = msgspec.json.Decoder(dict[str, str]).decode
_CHUNK = 500
"""Values in one IN (…); SQLite of 2013 took 999 variables."""


class Revocation(msgspec.Struct, frozen=True):
    """One row of `revocations`."""

    token_id: str
    org_id: str
    media_id: str
    identity: str
    reason: str
    until_at: Millis


async def insert_sessions(db: AsyncConnection, new: Sequence[Session]) -> None:
    """Adds all of *new* in one statement."""
    rows = []
    for session in new:
        values = msgspec.structs.asdict(session)
        values["capabilities"] = _encode(session.capabilities).decode()
        values["meta"] = _encode(session.meta).decode()
        values["transport"] = session.transport.value
        rows.append(values)
    await db.execute(_INSERT, rows)


async def by_ids(db: AsyncConnection, ids: Collection[str]) -> dict[str, Session]:
    """Those of *ids* that are known."""
    found: dict[str, Session] = {}
    listed = list(ids)
    for start in range(0, len(listed), _CHUNK):
        rows = await db.execute(_BY_IDS, {"ids": listed[start : start + _CHUNK]})
        found |= {row.id: _session(row) for row in rows}
    return found


async def open_among(db: AsyncConnection, ids: Collection[str]) -> set[str]:
    """Those of *ids* that have not ended."""
    found: set[str] = set()
    listed = list(ids)
    for start in range(0, len(listed), _CHUNK):
        rows = await db.execute(_OPEN_AMONG, {"ids": listed[start : start + _CHUNK]})
        found |= set(rows.scalars())
    return found


async def open_sessions(db: AsyncConnection, media_id: str) -> list[Session]:
    """Who is there, in order of joining."""
    query = (
        select(sessions)
        .where(sessions.c.media_id == media_id, sessions.c.left_at.is_(None))
        .order_by(sessions.c.joined_at, sessions.c.id)
    )
    return [_session(row) for row in await db.execute(query)]


async def open_of_identities(
    db: AsyncConnection, media_id: str, identities: Collection[str]
) -> dict[str, list[Session]]:
    """The open sessions of each of *identities*."""
    found: dict[str, list[Session]] = {}
    listed = list(identities)
    for start in range(0, len(listed), _CHUNK):
        chunk = {"media_id": media_id, "identities": listed[start : start + _CHUNK]}
        for row in await db.execute(_OPEN_OF_IDENTITIES, chunk):
            found.setdefault(row.identity, []).append(_session(row))
    return found


async def known_or_open(
    db: AsyncConnection, media_id: str, ids: Sequence[str], identities: Sequence[str]
) -> tuple[dict[str, Session], dict[str, list[Session]]]:
    """`by_ids` and `open_of_identities` in one trip, for a batch of joins."""
    values = {"media_id": media_id, "ids": ids, "identities": identities}
    found = [_session(row) for row in await db.execute(_KNOWN_OR_OPEN, values)]
    wanted, known = set(ids), {}
    present: dict[str, list[Session]] = {}
    for session in found:
        if session.id in wanted:
            known[session.id] = session
        if session.left_at is None and session.media_id == media_id:
            present.setdefault(session.identity, []).append(session)
    return known, present


async def of_room(
    db: AsyncConnection, media_id: str, after: str, limit: int
) -> tuple[list[Session], str | None]:
    """Sessions of at most *limit* participants after participant *after*, by their ids.

    Participants' ids sort by joining.
    """
    page = (
        select(sessions.c.participant_id)
        .distinct()
        .where(sessions.c.media_id == media_id, sessions.c.participant_id > after)
        .order_by(sessions.c.participant_id)
        .limit(limit + 1)
    )
    ids = list((await db.execute(page)).scalars())
    shown = ids[:limit]
    query = (
        select(sessions)
        .where(sessions.c.media_id == media_id, sessions.c.participant_id.in_(shown))
        .order_by(sessions.c.participant_id, sessions.c.joined_at)
    )
    found = [_session(row) for row in await db.execute(query)]
    return found, shown[-1] if len(ids) > limit else None


async def count_participants(db: AsyncConnection, media_id: str) -> int:
    """How many seats are taken."""
    query = select(func.count(distinct(sessions.c.participant_id))).where(
        sessions.c.media_id == media_id, sessions.c.left_at.is_(None)
    )
    return int((await db.execute(query)).scalar_one())


async def anyone(db: AsyncConnection, media_id: str) -> bool:
    """Whether somebody is there."""
    query = (
        select(literal(1))
        .where(sessions.c.media_id == media_id, sessions.c.left_at.is_(None))
        .limit(1)
    )
    return (await db.execute(query)).first() is not None


async def any_host(db: AsyncConnection, media_id: str, *, moderated: bool) -> bool:
    """Whether a host is there: a moderator, or in a room that never had one, a publisher."""
    host = sessions.c.moderator if moderated else sessions.c.publisher
    query = (
        select(literal(1))
        .where(sessions.c.media_id == media_id, sessions.c.left_at.is_(None), host.is_(True))
        .limit(1)
    )
    return (await db.execute(query)).first() is not None


async def last_left(
    db: AsyncConnection, media_id: str, *, moderated: bool
) -> tuple[Millis | None, Millis | None]:
    """When the last participant left, and when the last host did."""
    host = sessions.c.moderator if moderated else sessions.c.publisher
    query = select(
        func.max(sessions.c.left_at),
        func.max(sessions.c.left_at).filter(host.is_(True)),
    ).where(sessions.c.media_id == media_id)
    anyone_left, host_left = (await db.execute(query)).one()
    return anyone_left, host_left


async def mark_seen(db: AsyncConnection, ids: Collection[str], at: Millis) -> None:
    """They were there at *at*; what has ended stays ended."""
    listed = list(ids)
    for start in range(0, len(listed), _CHUNK):
        await db.execute(
            update(sessions)
            .where(
                sessions.c.id.in_(listed[start : start + _CHUNK]),
                sessions.c.left_at.is_(None),
                sessions.c.seen_at < at,
            )
            .values(seen_at=at)
        )


async def close(
    db: AsyncConnection, closing: Sequence[Session], at: Millis | None, reason: LeaveReason
) -> list[Session]:
    """They left at *at*, or (None) when they were last seen. Gives them as they are now.

    Those that have left already are not among what is given.
    """
    open_ones = [session for session in closing if session.left_at is None]
    left = []
    for session in open_ones:
        gone = session.seen_at if at is None else max(at, session.joined_at)
        left.append(
            msgspec.structs.replace(
                session, left_at=gone, seen_at=max(gone, session.seen_at), reason=reason.value
            )
        )
    for start in range(0, len(left), _CHUNK):
        chunk = left[start : start + _CHUNK]
        await db.execute(
            update(sessions)
            .where(
                sessions.c.id.in_([session.id for session in chunk]),
                sessions.c.left_at.is_(None),
            )
            .values(left_at=_left_at(at), reason=reason.value)
        )
    return left


def _left_at(at: Millis | None) -> ColumnElement[int]:
    if at is None:
        return sessions.c.seen_at
    # Nobody leaves before they joined, whatever a node's clock says.
    return case((sessions.c.joined_at > at, sessions.c.joined_at), else_=at)


async def reopen(db: AsyncConnection, back: Sequence[Session]) -> None:
    """They were taken for lost, but their node sees them still."""
    for session in back:
        await db.execute(
            update(sessions)
            .where(sessions.c.id == session.id)
            .values(
                left_at=None,
                reason=None,
                seen_at=session.seen_at,
                participant_id=session.participant_id,
            )
        )


async def silent(db: AsyncConnection, before: Millis, limit: int) -> list[Session]:
    """Open sessions that nobody has seen since *before*."""
    query = (
        select(sessions)
        .where(sessions.c.left_at.is_(None), sessions.c.seen_at < before)
        .order_by(sessions.c.seen_at)
        .limit(limit)
    )
    return [_session(row) for row in await db.execute(query)]


async def token_ids(db: AsyncConnection, media_id: str, identity: str) -> list[str]:
    """The tokens that this identity came with."""
    query = (
        select(sessions.c.token_id)
        .distinct()
        .where(sessions.c.media_id == media_id, sessions.c.identity == identity)
    )
    return list((await db.execute(query)).scalars())


async def revoke(db: AsyncConnection, revoked: Sequence[Revocation]) -> None:
    """Adds what is not revoked yet."""
    known = set(
        (
            await db.execute(
                select(revocations.c.token_id).where(
                    revocations.c.token_id.in_([each.token_id for each in revoked])
                )
            )
        ).scalars()
    )
    new = [msgspec.structs.asdict(each) for each in revoked if each.token_id not in known]
    if new:
        await db.execute(insert(revocations), new)


async def revoked_among(db: AsyncConnection, wanted: Collection[str], now: Millis) -> set[str]:
    """Those of the token ids *wanted* that may not be used."""
    found: set[str] = set()
    listed = list(wanted)
    for start in range(0, len(listed), _CHUNK):
        chunk = {"ids": listed[start : start + _CHUNK], "now": now}
        found |= set((await db.execute(_REVOKED_AMONG, chunk)).scalars())
    return found


async def revoked_now(db: AsyncConnection, now: Millis, limit: int) -> list[Revocation]:
    """Every revocation that still matters, the newest first."""
    query = (
        select(revocations)
        .where(revocations.c.until_at > now)
        .order_by(revocations.c.until_at.desc())
        .limit(limit)
    )
    return [Revocation(*row) for row in await db.execute(query)]


async def forget_revocations(db: AsyncConnection, now: Millis) -> None:
    """Deletes those whose tokens have expired by themselves."""
    await db.execute(delete(revocations).where(revocations.c.until_at <= now))


async def forbid_publishing(
    db: AsyncConnection, org_id: str, media_id: str, identity: str, at: Millis
) -> None:
    """From now on; again is the same."""
    if identity not in await forbidden(db, media_id):
        values = {"org_id": org_id, "media_id": media_id, "identity": identity, "at": at}
        await db.execute(insert(restrictions), values)


async def allow_publishing(db: AsyncConnection, media_id: str, identity: str) -> None:
    """Takes `forbid_publishing` back."""
    await db.execute(
        delete(restrictions).where(
            restrictions.c.media_id == media_id, restrictions.c.identity == identity
        )
    )


async def forbidden(db: AsyncConnection, media_id: str) -> set[str]:
    """The identities that may not publish."""
    return set((await db.execute(_FORBIDDEN, {"media_id": media_id})).scalars())


async def forbidden_now(db: AsyncConnection, limit: int) -> list[tuple[str, str]]:
    """(media id, identity) of whoever may not publish in a room that is active."""
    query = (
        select(restrictions.c.media_id, restrictions.c.identity)
        .join(rooms, rooms.c.media_id == restrictions.c.media_id)
        .where(rooms.c.state == RoomState.ACTIVE.value)
        .limit(limit)
    )
    return [(row.media_id, row.identity) for row in await db.execute(query)]


# Made once: building a statement costs more than running it.
_INSERT = insert(sessions)
_BY_IDS = select(sessions).where(sessions.c.id.in_(bindparam("ids", expanding=True)))
_OPEN_AMONG = select(sessions.c.id).where(
    sessions.c.id.in_(bindparam("ids", expanding=True)), sessions.c.left_at.is_(None)
)
_OPEN_OF_IDENTITIES = select(sessions).where(
    sessions.c.media_id == bindparam("media_id"),
    sessions.c.left_at.is_(None),
    sessions.c.identity.in_(bindparam("identities", expanding=True)),
)
_KNOWN_OR_OPEN = select(sessions).where(
    or_(
        sessions.c.id.in_(bindparam("ids", expanding=True)),
        and_(
            sessions.c.media_id == bindparam("media_id"),
            sessions.c.left_at.is_(None),
            sessions.c.identity.in_(bindparam("identities", expanding=True)),
        ),
    )
)
_REVOKED_AMONG = select(revocations.c.token_id).where(
    revocations.c.token_id.in_(bindparam("ids", expanding=True)),
    revocations.c.until_at > bindparam("now"),
)
_FORBIDDEN = select(restrictions.c.identity).where(
    restrictions.c.media_id == bindparam("media_id")
)


def _session(row: Row[tuple[object, ...]]) -> Session:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented name
    values["capabilities"] = _decode_capabilities(values["capabilities"])
    values["meta"] = _decode_meta(values["meta"])
    values["transport"] = Transport(values["transport"])
    values["moderator"] = bool(values["moderator"])
    values["publisher"] = bool(values["publisher"])
    return Session(**values)
