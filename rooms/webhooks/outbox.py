"""The outbox: what is owed to webhooks stands in rows beside the change that it tells of.

Comes in: a transaction and what happened in it. Goes out: one row of `events` and one of
`deliveries` for each webhook that wants it; nothing at all when none does.
"""

from collections.abc import Callable
from functools import partial
from weakref import WeakKeyDictionary

import msgspec
from sqlalchemy import bindparam, insert, select

from rooms import ids
from rooms.model import Millis
from rooms.store.tables import deliveries, events, webhooks
from rooms.store.transaction import Transaction
from rooms.webhooks import payloads

_LISTENERS = (
    select(webhooks.c.id, webhooks.c.events)
    .where(
        webhooks.c.project_id == bindparam("project_id"),
        webhooks.c.org_id == bindparam("org_id"),
        webhooks.c.disabled_at.is_(None),
    )
    # Nobody deletes the webhook until this transaction ends: its deliveries refer to it.
    .with_for_update(read=True, key_share=True)
)
_decode_types = msgspec.json.Decoder(tuple[str, ...]).decode


class Listener(msgspec.Struct, frozen=True):
    """A webhook, as far as it matters here."""

    id: str
    types: tuple[str, ...]
    """Of events; none means all."""

    def wants(self, event_type: str) -> bool:
        """Whether it is to be told of such events."""
        return not self.types or event_type in self.types


class Outbox:
    """One for a process; *wake* is called with the instant at which deliveries are due."""

    def __init__(self, wake: Callable[[Millis], None]) -> None:
        self._wake = wake
        # Within a transaction a project's webhooks are read once: a batch of joins announces
        # many events. A longer memory would miss webhooks that other processes make.
        self._known: WeakKeyDictionary[Transaction, dict[str, list[Listener]]] = (
            WeakKeyDictionary()
        )

    async def announce(
        self,
        tx: Transaction,
        org_id: str,
        project_id: str,
        event_type: str,
        data: dict[str, object],
    ) -> None:
        """Writes down that *event_type* happened, for every webhook of the project that wants
        it; the dispatcher is woken once the rows are committed.
        """
        listeners = await self._listeners(tx, org_id, project_id)
        wanting = [listener.id for listener in listeners if listener.wants(event_type)]
        if not wanting:
            return
        event_id = ids.new(ids.EVENT)
        event = {
            "id": event_id,
            "org_id": org_id,
            "project_id": project_id,
            "type": event_type,
            "payload": payloads.body(event_id, event_type, org_id, project_id, tx.now, data),
            "created_at": tx.now,
        }
        await tx.db.execute(insert(events), event)
        owed = [_owed(webhook_id, event_id, org_id, tx.now) for webhook_id in wanting]
        await tx.db.execute(insert(deliveries), owed)
        tx.after_commit(partial(self._wake, tx.now))

    async def _listeners(self, tx: Transaction, org_id: str, project_id: str) -> list[Listener]:
        known = self._known.setdefault(tx, {})
        if project_id not in known:
            found = await tx.db.execute(_LISTENERS, {"org_id": org_id, "project_id": project_id})
            known[project_id] = [Listener(row.id, _decode_types(row.events)) for row in found]
        return known[project_id]


def _owed(webhook_id: str, event_id: str, org_id: str, now: Millis) -> dict[str, object]:
    return {
        "id": ids.new(ids.DELIVERY),
        "org_id": org_id,
        "event_id": event_id,
        "webhook_id": webhook_id,
        "state": "pending",
        "attempt": 0,
        "due_at": now,
        "locked_until": 0,
        "created_at": now,
    }
