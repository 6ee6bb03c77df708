"""`Idempotency-Key`: the same request again gets the first answer again (rooms.md §4).

Comes in: a transaction, a project, a key and what identifies the request. Goes out: the answer
that was given before, or the right to give it now.

The row is written in the transaction of the change itself, before it: of many clients with one
key, the database lets one work and the others wait for its row. What fails leaves no row, so a
retry works again; only answers of success are kept.
"""

import hashlib
import re
from typing import NamedTuple

from sqlalchemy import bindparam, delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from rooms.api import sealing
from rooms.errors import Flaw, IdempotencyConflict, InvalidRequest, StoreUnavailable
from rooms.model import DAY, Millis, Principal
from rooms.store.tables import idempotency as table
from rooms.store.transaction import Transaction

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
KEPT = DAY
"""Milliseconds; rooms.md §4: "kept 24 h"."""
MAX_KEY = 255
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
# Both databases understand it; SQLAlchemy would need a construct for each.
_NAMED = (table.c.project_id == bindparam("project"), table.c.key == bindparam("named"))
_FILL = update(table).where(*_NAMED)
_FORGET = delete(table).where(*_NAMED)
_ROW = select(table.c.fingerprint, table.c.status, table.c.body, table.c.created_at).where(*_NAMED)
_INSERT = text(
    "INSERT INTO idempotency"
    " (project_id, key, org_id, fingerprint, status, body, created_at)"
    " VALUES (:project_id, :key, :org_id, :fingerprint, :status, :body, :created_at)"
    " ON CONFLICT DO NOTHING"
).bindparams(*(bindparam(column.name, type_=column.type) for column in table.c))
_TRIES = 3


class Answer(NamedTuple):
    """What was answered."""

    status: int
    body: bytes


class Once(NamedTuple):
    """One request that happens once: its key, and what makes it this request."""

    key: str
    fingerprint: bytes


def once(header: str | None, method: str, target: str, body: bytes) -> Once | None:
    """From the request; None without the header. Raises `InvalidRequest` for a bad key."""
    if header is None:
        return None
    if not _KEY.fullmatch(header):
        message = f"1 to {MAX_KEY} visible ASCII characters"
        raise InvalidRequest([Flaw(HEADER, message)])
    said = b"\n".join((method.encode(), target.encode(), body))
    return Once(header, hashlib.sha256(said).digest())


async def claim(tx: Transaction, who: Principal, this: Once) -> Answer | None:
    """The answer given before, or None: then the caller works, and calls `fill` before the end.

    Waits while another transaction holds the same key. Raises `IdempotencyConflict`.
    """
    for _ in range(_TRIES):
        if await _insert(tx, who, this, Answer(0, b"")):
            return None
        row = await _row(tx.db, who, this.key)
        if row is not None and row.created_at > tx.now - KEPT:
            return _same(row, this)
        await _forget(tx.db, who, this.key)
    raise StoreUnavailable("another request with this Idempotency-Key is at work; try again")


async def fill(tx: Transaction, who: Principal, this: Once, answer: Answer) -> None:
    """Keeps *answer* for those who ask again."""
    values = {"status": answer.status, "body": sealing.seal(this.key, answer.body)}
    name = sealing.name(this.key)
    await tx.db.execute(_FILL, values | {"project": who.project_id, "named": name})


async def recall(tx: Transaction, who: Principal, this: Once) -> Answer | None:
    """The answer given before, if any. Raises `IdempotencyConflict`."""
    row = await _row(tx.db, who, this.key)
    if row is None or row.created_at <= tx.now - KEPT:
        return None
    return _same(row, this)


async def keep(tx: Transaction, who: Principal, this: Once, answer: Answer) -> Answer | None:
    """For work that has transactions of its own and does no harm when done twice: of several
    answers the first one that is kept is everybody's. None when *answer* is it.
    """
    given = await claim(tx, who, this)
    if given is None:
        await fill(tx, who, this, answer)
    return given


async def prune(tx: Transaction, before: Millis) -> int:
    """Forgets the answers given before *before*; how many they were."""
    done = await tx.db.execute(delete(table).where(table.c.created_at < before))
    return done.rowcount


async def _insert(tx: Transaction, who: Principal, this: Once, answer: Answer) -> bool:
    values = {
        "project_id": who.project_id,
        "key": sealing.name(this.key),
        "org_id": who.org_id,
        "fingerprint": this.fingerprint,
        "status": answer.status,
        "body": answer.body,
        "created_at": tx.now,
    }
    return (await tx.db.execute(_INSERT, values)).rowcount == 1


class _Row(NamedTuple):
    fingerprint: bytes
    status: int
    body: bytes
    created_at: Millis


async def _row(db: AsyncConnection, who: Principal, key: str) -> _Row | None:
    row = (await db.execute(_ROW, {"project": who.project_id, "named": sealing.name(key)})).first()
    return None if row is None else _Row(*row)


async def _forget(db: AsyncConnection, who: Principal, key: str) -> None:
    await db.execute(_FORGET, {"project": who.project_id, "named": sealing.name(key)})


def _same(row: _Row, this: Once) -> Answer:
    if bytes(row.fingerprint) != this.fingerprint:
        raise IdempotencyConflict(
            "this Idempotency-Key was used for another request in the last 24 hours; "
            "use a new one for a new request"
        )
    return Answer(row.status, sealing.unseal(this.key, bytes(row.body)))
