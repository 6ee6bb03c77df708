"""Rows of `webhooks`, and of `deliveries` as their owner sees them.

Comes in: a connection in a transaction. Goes out: values. Every query names the tenant, as if
there were no row-level security.
"""

from collections.abc import Sequence

import msgspec
from sqlalchemy import ColumnElement, Row, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from levelchat.contract.rest import EVENT_TYPES, DeliveryView, WebhookView
from rooms.model import Millis, Principal
from rooms.store.tables import deliveries, events, webhooks
from rooms.views import instant, maybe_instant

_COLUMNS = [column for column in webhooks.c if column is not webhooks.c.secret]
_DELETED = ""
"""The URL of a webhook that is there for its deliveries only."""
_encode = msgspec.json.Encoder().encode
_decode_types = msgspec.json.Decoder(tuple[str, ...]).decode


class Webhook(msgspec.Struct, frozen=True):
    """One row of `webhooks`, without the secret."""

    id: str
    org_id: str
    project_id: str
    url: str
    types: tuple[str, ...]
    """Of events that it is told of; none means all, those of later versions too."""
    key_id: str
    created_at: Millis
    disabled_at: Millis | None


def view(webhook: Webhook) -> WebhookView:
    """As the API shows it."""
    return WebhookView(
        id=webhook.id,
        url=webhook.url,
        events=list(webhook.types or EVENT_TYPES),
        key_id=webhook.key_id,
        created_at=instant(webhook.created_at),
        disabled_at=maybe_instant(webhook.disabled_at),
    )


async def insert_webhook(db: AsyncConnection, webhook: Webhook, sealed: bytes) -> None:
    """A new row; *sealed* is its encrypted secret."""
    values = msgspec.structs.asdict(webhook)
    values["events"] = _encode(values.pop("types")).decode()
    await db.execute(insert(webhooks), values | {"secret": sealed})


async def by_id(
    db: AsyncConnection, who: Principal, webhook_id: str, *, hold: bool
) -> Webhook | None:
    """The project's webhook of that id; with *hold*, kept from others until the transaction
    ends (PostgreSQL).
    """
    if "\0" in webhook_id:  # PostgreSQL has no text with it
        return None
    query = select(*_COLUMNS).where(*_owned(who), webhooks.c.id == webhook_id)
    if hold:
        query = query.with_for_update()
    row = (await db.execute(query)).first()
    return None if row is None else _webhook(row)


async def page(
    db: AsyncConnection, who: Principal, before: str | None, limit: int
) -> list[Webhook]:
    """At most *limit* of the project's, newest first."""
    query = select(*_COLUMNS).where(*_owned(who))
    if before is not None:
        query = query.where(webhooks.c.id < before)
    found = await db.execute(query.order_by(webhooks.c.id.desc()).limit(limit))
    return [_webhook(row) for row in found]


async def count(db: AsyncConnection, who: Principal) -> int:
    """How many the project has."""
    query = select(func.count()).select_from(webhooks).where(*_owned(who))
    return int((await db.execute(query)).scalar_one())


async def bury(db: AsyncConnection, webhook_id: str, now: Millis) -> None:
    """Deletes the webhook, and its secret, for all who ask. The row stays as long as deliveries
    refer to it: they may be many, and are forgotten with their events.
    """
    await db.execute(
        update(webhooks)
        .where(webhooks.c.id == webhook_id)
        .values(url=_DELETED, secret=b"", disabled_at=now)
    )


async def forget(db: AsyncConnection, before: Millis) -> None:
    """Rows of webhooks that were deleted before *before*, when nothing refers to them."""
    owed = select(deliveries.c.id).where(deliveries.c.webhook_id == webhooks.c.id)
    await db.execute(
        delete(webhooks).where(
            webhooks.c.url == _DELETED, webhooks.c.disabled_at < before, ~owed.exists()
        )
    )


async def enable(db: AsyncConnection, webhook: Webhook) -> None:
    """It is told of events again."""
    if webhook.disabled_at is not None:
        await db.execute(
            update(webhooks).where(webhooks.c.id == webhook.id).values(disabled_at=None)
        )


async def deliveries_of(
    db: AsyncConnection, webhook_id: str, before: str | None, limit: int
) -> list[DeliveryView]:
    """At most *limit*, newest first."""
    query = (
        select(deliveries, events.c.type)
        .join(events, events.c.id == deliveries.c.event_id)
        .where(deliveries.c.webhook_id == webhook_id)
    )
    if before is not None:
        query = query.where(deliveries.c.id < before)
    found = await db.execute(query.order_by(deliveries.c.id.desc()).limit(limit))
    return [_delivery(row) for row in found]


def _owned(who: Principal) -> Sequence[ColumnElement[bool]]:
    return (
        webhooks.c.org_id == who.org_id,
        webhooks.c.project_id == who.project_id,
        webhooks.c.url != _DELETED,
    )


def _webhook(row: Row[tuple[object, ...]]) -> Webhook:
    return Webhook(
        id=row.id,
        org_id=row.org_id,
        project_id=row.project_id,
        url=row.url,
        types=_decode_types(row.events),
        key_id=row.key_id,
        created_at=row.created_at,
        disabled_at=row.disabled_at,
    )


def _delivery(row: Row[tuple[object, ...]]) -> DeliveryView:
    return DeliveryView(
        id=row.id,
        event_id=row.event_id,
        event_type=row.type,
        state=row.state,
        attempts=row.attempt,
        due_at=instant(row.due_at) if row.state == "pending" else None,
        last_status=row.last_status,
        last_error=row.last_error,
        delivered_at=maybe_instant(row.delivered_at),
        created_at=instant(row.created_at),
    )
