"""What a project's owner does with webhooks: makes, lists and deletes them, sees deliveries,
asks for one again.

Comes in: who asks, and for what. Goes out: shapes of `levelchat.contract.rest`. Another tenant's
webhook is `NotFound`, like one that never was.
"""

from collections.abc import Callable
from functools import partial

from sqlalchemy import delete, select, update

from levelchat.contract.rest import (
    EVENT_TYPES,
    DeliveryPage,
    NewWebhook,
    NewWebhookView,
    WebhookPage,
)
from rooms import ids
from rooms.errors import Flaw, InvalidRequest, NotFound, TooManyWebhooks
from rooms.model import Millis, Principal
from rooms.store.tables import deliveries, events, projects
from rooms.store.transaction import Transaction
from rooms.views import instant
from rooms.webhooks import guard, hooks, secrets
from rooms.webhooks.guard import UnfitUrl
from rooms.webhooks.hooks import Webhook
from rooms.webhooks.secrets import SecretBox

MAX_WEBHOOKS = 20
"""Of a project: each event is written once for each."""
MAX_REDELIVERED = 1_000
"""Deliveries that one call puts in the queue again."""
PRUNE_BATCH = 200
"""Events that one call of `prune` deletes."""
_MAX_FLAWS = 20


class Endpoints:
    """One for a process; with *private*, webhooks may have private addresses. *wake* is called
    with the instant at which deliveries are due.
    """

    def __init__(self, box: SecretBox, wake: Callable[[Millis], None], *, private: bool) -> None:
        self._box = box
        self._wake = wake
        self._private = private

    async def create(self, tx: Transaction, who: Principal, wanted: NewWebhook) -> NewWebhookView:
        """Raises `InvalidRequest` or `TooManyWebhooks`."""
        types = self._check(wanted)
        await _check_count(tx, who)
        webhook_id = ids.new(ids.WEBHOOK)
        secret = secrets.new_secret()
        webhook = Webhook(
            id=webhook_id,
            org_id=who.org_id,
            project_id=who.project_id,
            url=wanted.url,
            types=types,
            key_id=secrets.new_key_id(),
            created_at=tx.now,
            disabled_at=None,
        )
        await hooks.insert_webhook(tx.db, webhook, self._box.seal(webhook_id, secret))
        return NewWebhookView(
            id=webhook_id,
            url=webhook.url,
            events=list(types or EVENT_TYPES),
            key_id=webhook.key_id,
            created_at=instant(tx.now),
            disabled_at=None,
            secret=secret,
        )

    async def page(
        self, tx: Transaction, who: Principal, *, limit: int, cursor: str | None
    ) -> WebhookPage:
        """Newest first."""
        found = await hooks.page(tx.db, who, cursor, limit + 1)
        shown = found[:limit]
        return WebhookPage(
            items=[hooks.view(webhook) for webhook in shown],
            next_cursor=shown[-1].id if len(found) > limit else None,
        )

    async def delete(self, tx: Transaction, who: Principal, webhook_id: str) -> None:
        """What is still owed to it is delivered no more. Raises `NotFound`."""
        webhook = await _found(tx, who, webhook_id, hold=True)
        await hooks.bury(tx.db, webhook.id, tx.now)

    async def deliveries(
        self, tx: Transaction, who: Principal, webhook_id: str, *, limit: int, cursor: str | None
    ) -> DeliveryPage:
        """Newest first. Raises `NotFound`."""
        webhook = await _found(tx, who, webhook_id)
        found = await hooks.deliveries_of(tx.db, webhook.id, cursor, limit + 1)
        shown = found[:limit]
        return DeliveryPage(items=shown, next_cursor=shown[-1].id if len(found) > limit else None)

    async def redeliver(
        self, tx: Transaction, who: Principal, webhook_id: str, event_id: str | None
    ) -> int:
        """Puts one event in the queue again, whatever became of it, or the oldest that went
        dead; how many. A webhook that a 410 disabled is enabled. Raises `NotFound`.
        """
        webhook = await _found(tx, who, webhook_id, hold=True)
        again = await _to_redeliver(tx, webhook.id, event_id)
        if not again and event_id is not None:
            raise NotFound("nothing of that event was ever owed to this webhook")
        await hooks.enable(tx.db, webhook)
        await tx.db.execute(
            update(deliveries)
            .where(deliveries.c.id.in_(again))
            .values(state="pending", attempt=0, due_at=tx.now, delivered_at=None)
        )
        tx.after_commit(partial(self._wake, tx.now))
        return len(again)

    def _check(self, wanted: NewWebhook) -> tuple[str, ...]:
        flaws = _type_flaws(wanted.events)
        try:
            guard.check_url(wanted.url, private=self._private)
        except UnfitUrl as error:
            flaws.insert(0, Flaw("url", str(error)))
        if flaws:
            raise InvalidRequest(flaws)
        return tuple(dict.fromkeys(wanted.events or ()))


async def prune(tx: Transaction, before: Millis) -> int:
    """Forgets events from before *before* with their deliveries, `PRUNE_BATCH` at most, and
    webhooks that were deleted. How many events; with as many as that, there may be more.
    """
    query = (
        select(events.c.id)
        .where(events.c.created_at < before)
        .order_by(events.c.created_at)
        .limit(PRUNE_BATCH)
    )
    old = list((await tx.db.execute(query)).scalars())
    if old:
        await tx.db.execute(delete(deliveries).where(deliveries.c.event_id.in_(old)))
        await tx.db.execute(delete(events).where(events.c.id.in_(old)))
    await hooks.forget(tx.db, before)
    return len(old)


def _type_flaws(types: list[str] | None) -> list[Flaw]:
    if types is None:
        return []
    if not types:
        return [Flaw("events", "must name at least one type; leave it out for all")]
    return [
        Flaw(f"events.{number}", f"must be one of {', '.join(EVENT_TYPES)}")
        for number, name in enumerate(types)
        if name not in EVENT_TYPES
    ][:_MAX_FLAWS]


async def _check_count(tx: Transaction, who: Principal) -> None:
    # Held: two that are made at once count each other.
    await tx.db.execute(
        select(projects.c.id).where(projects.c.id == who.project_id).with_for_update()
    )
    if await hooks.count(tx.db, who) >= MAX_WEBHOOKS:
        raise TooManyWebhooks(
            f"a project has {MAX_WEBHOOKS} webhooks at most; delete one that is not needed"
        )


async def _found(
    tx: Transaction, who: Principal, webhook_id: str, *, hold: bool = False
) -> Webhook:
    webhook = await hooks.by_id(tx.db, who, webhook_id, hold=hold)
    if webhook is None:
        raise NotFound("there is no such webhook")
    return webhook


async def _to_redeliver(tx: Transaction, webhook_id: str, event_id: str | None) -> list[str]:
    if event_id is not None and "\0" in event_id:  # PostgreSQL has no text with it
        return []
    query = select(deliveries.c.id).where(deliveries.c.webhook_id == webhook_id)
    if event_id is None:
        query = query.where(deliveries.c.state == "dead").order_by(deliveries.c.id)
    else:
        query = query.where(deliveries.c.event_id == event_id)
    found = await tx.db.execute(query.limit(MAX_REDELIVERED))
    return list(found.scalars())
