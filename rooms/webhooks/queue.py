"""Rows of `deliveries` as a queue: what is due, who has it, what came of it.

Comes in: a connection in a transaction. Goes out: values. Who claims a delivery locks it for a
while: replicas never make the same attempt at once, and what a dead process had claimed is due
again when its lock is over.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from sqlalchemy import CompoundSelect, Row, Select, func, literal_column, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection

from rooms.model import Millis
from rooms.store.tables import deliveries, events, webhooks
from rooms.webhooks.schedule import Dead, Delivered, Outcome, Pending, Verdict

DEPTH_LIMIT = 10_000
"""Beyond so many the exact number matters no more."""
WEBHOOKS_AT_ONCE = 32
"""Whose deliveries one query looks for."""
BURIED_AT_ONCE = 500
"""Deliveries to a disabled webhook that one transaction gives up."""

ItemT = TypeVar("ItemT")

# Written out: a parameter would keep planners from the index of what is pending.
_IS_PENDING = deliveries.c.state == literal_column("'pending'")

_CLAIM = (
    select(
        deliveries.c.id,
        deliveries.c.webhook_id,
        deliveries.c.attempt,
        events.c.id.label("event_id"),
        events.c.type,
        events.c.payload,
        webhooks.c.url,
        webhooks.c.key_id,
        webhooks.c.secret,
        webhooks.c.disabled_at,
    )
    .join(events, events.c.id == deliveries.c.event_id)
    .join(webhooks, webhooks.c.id == deliveries.c.webhook_id)
    .order_by(deliveries.c.id)
    .with_for_update(of=deliveries, skip_locked=True)
)


class Due(msgspec.Struct, frozen=True):
    """A delivery that could be made now."""

    id: str
    webhook_id: str


class Claimed(msgspec.Struct, frozen=True):
    """A delivery that is ours until *locked_until*, with all that it takes."""

    id: str
    webhook_id: str
    attempt: int
    """How many were made before."""
    locked_until: Millis
    event_id: str
    event_type: str
    body: str
    url: str
    key_id: str
    sealed: bytes


class Batch(msgspec.Struct, frozen=True):
    """What a claim brought."""

    claimed: list[Claimed]
    disabled: set[str]
    """Webhooks that something is owed to although they want nothing more."""


class Depth(msgspec.Struct, frozen=True):
    """How much is due, and since when."""

    count: int
    oldest: Millis | None


async def peek(
    db: AsyncConnection, now: Millis, limit: int, load: Mapping[str, int], each: int
) -> list[Due]:
    """At most *limit*: of every webhook the longest due, so many that with its *load* it has
    *each* at most; first those of the webhook that has waited longest.
    """
    owing = await db.execute(_OWING)
    since = sorted((row.since, row.id) for row in owing if row.since <= now)
    free = [(webhook_id, each - load.get(webhook_id, 0)) for _, webhook_id in since]
    found: list[Due] = []
    for some in _chunks([one for one in free if one[1] > 0], WEBHOOKS_AT_ONCE):
        rows = await db.execute(due_query(now, some))
        found += [Due(row.id, row.webhook_id) for row in rows]
        if len(found) >= limit:
            break
    return found[:limit]


def due_query(now: Millis, wanted: Sequence[tuple[str, int]]) -> CompoundSelect[tuple[str, str]]:
    """The longest due of each webhook, so many as stands beside it."""
    # A compound of limited queries needs each in brackets, which SQLite has as subqueries only.
    return union_all(
        *(
            select(
                select(deliveries.c.id, deliveries.c.webhook_id)
                .where(
                    _IS_PENDING,
                    deliveries.c.webhook_id == webhook_id,
                    deliveries.c.due_at <= now,
                    deliveries.c.locked_until <= now,
                )
                .order_by(deliveries.c.due_at)
                .limit(count)
                .subquery()
            )
            for webhook_id, count in wanted
        )
    )


def owing_query() -> Select[tuple[str, Millis]]:
    """Every webhook that something is owed to, and since when: one step of the index each,
    whatever is owed to it.
    """
    first = select(func.min(deliveries.c.webhook_id).label("id")).where(_IS_PENDING)
    owing = first.cte("owing", recursive=True)
    following = (
        select(func.min(deliveries.c.webhook_id))
        .where(_IS_PENDING, deliveries.c.webhook_id > owing.c.id)
        .correlate(owing)
        .scalar_subquery()
    )
    owing = owing.union_all(select(following).where(owing.c.id.is_not(None)))
    since = (
        select(func.min(deliveries.c.due_at))
        .where(_IS_PENDING, deliveries.c.webhook_id == owing.c.id)
        .correlate(owing)
        .scalar_subquery()
    )
    return select(owing.c.id, since.label("since")).where(owing.c.id.is_not(None))


async def claim(db: AsyncConnection, wanted: Sequence[Due], now: Millis, until: Millis) -> Batch:
    """Locks those of *wanted* that nobody else has claimed meanwhile."""
    query = _CLAIM.where(
        deliveries.c.id.in_([due.id for due in wanted]),
        deliveries.c.state == "pending",
        deliveries.c.due_at <= now,
        deliveries.c.locked_until <= now,
    )
    rows = (await db.execute(query)).all()
    claimed = [_claimed(row, until) for row in rows if row.disabled_at is None]
    if claimed:
        ours = deliveries.c.id.in_([each.id for each in claimed])
        await db.execute(update(deliveries).where(ours).values(locked_until=until))
    return Batch(claimed, {row.webhook_id for row in rows if row.disabled_at is not None})


async def settle(
    db: AsyncConnection, claimed: Claimed, outcome: Outcome, verdict: Verdict, now: Millis
) -> None:
    """Writes down what came of an attempt, unless the lock was over and another has it now."""
    values: dict[str, Any] = {
        "attempt": claimed.attempt + 1,
        "last_status": outcome.status,
        "last_error": outcome.error,
        "locked_until": 0,
    }
    match verdict:
        case Delivered():
            values |= {"state": "delivered", "delivered_at": now}
        case Pending(due_at):
            values |= {"due_at": due_at}
        case Dead():
            values |= {"state": "dead"}
    await db.execute(update(deliveries).where(*_still(claimed)).values(values))


async def hand_back(db: AsyncConnection, claimed: Sequence[Claimed]) -> None:
    """Unlocks what was claimed and not tried."""
    for each in claimed:
        await db.execute(update(deliveries).where(*_still(each)).values(locked_until=0))


async def disable(db: AsyncConnection, webhook_id: str, now: Millis) -> None:
    """The receiver is gone: nothing more is owed to it."""
    await db.execute(
        update(webhooks)
        .where(webhooks.c.id == webhook_id, webhooks.c.disabled_at.is_(None))
        .values(disabled_at=now)
    )


async def bury(db: AsyncConnection, webhook_id: str, now: Millis) -> None:
    """Gives up what is owed to a disabled webhook, `BURIED_AT_ONCE` at most."""
    owed = (
        select(deliveries.c.id)
        .where(
            deliveries.c.webhook_id == webhook_id,
            _IS_PENDING,
            deliveries.c.locked_until <= now,
        )
        .limit(BURIED_AT_ONCE)
    )
    found = list((await db.execute(owed)).scalars())
    await db.execute(
        update(deliveries)
        .where(deliveries.c.id.in_(found), deliveries.c.state == "pending")
        .values(state="dead", locked_until=0, last_error="the webhook was disabled or deleted")
    )


async def next_due(db: AsyncConnection, now: Millis) -> Millis | None:
    """When the next one will be due that is not due yet."""
    query = select(func.min(deliveries.c.due_at)).where(_IS_PENDING, deliveries.c.due_at > now)
    found: Millis | None = (await db.execute(query)).scalar_one_or_none()
    return found


async def depth(db: AsyncConnection, now: Millis) -> Depth:
    """How much is due now; counts to `DEPTH_LIMIT` at most."""
    due = (
        select(deliveries.c.due_at)
        .where(_IS_PENDING, deliveries.c.due_at <= now)
        .order_by(deliveries.c.due_at)
        .limit(DEPTH_LIMIT)
        .subquery()
    )
    row = (await db.execute(select(func.count(), func.min(due.c.due_at)))).one()
    return Depth(int(row[0]), row[1])


def _chunks(of: Sequence[ItemT], size: int) -> Iterator[Sequence[ItemT]]:
    return (of[start : start + size] for start in range(0, len(of), size))


_OWING = owing_query()


def _claimed(row: Row[*tuple[Any, ...]], until: Millis) -> Claimed:
    return Claimed(
        id=row.id,
        webhook_id=row.webhook_id,
        attempt=row.attempt,
        locked_until=until,
        event_id=row.event_id,
        event_type=row.type,
        body=row.payload,
        url=row.url,
        key_id=row.key_id,
        sealed=row.secret,
    )


def _still(claimed: Claimed) -> tuple[Any, ...]:
    return (
        deliveries.c.id == claimed.id,
        deliveries.c.state == "pending",
        deliveries.c.locked_until == claimed.locked_until,
    )
