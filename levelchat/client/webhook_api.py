"""Webhooks by program: where events go, and what became of each (rooms.md §8).

Comes in: Python values. Goes out: the shapes of `levelchat.contract.rest`. What a receiver does
with a delivery is in `levelchat.client.webhook`.
"""

from collections.abc import AsyncIterator, Iterable

from levelchat.client.caller import Caller, segment
from levelchat.client.room_api import PAGE
from levelchat.contract.rest import (
    DeliveryPage,
    DeliveryView,
    NewWebhook,
    NewWebhookView,
    Redelivered,
    Redelivery,
    WebhookPage,
    WebhookView,
)


class Webhooks:
    """`lc.webhooks`."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def create(
        self,
        url: str,
        events: Iterable[str] | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> NewWebhookView:
        """Sends *events* (all, if None) to *url*. Keep the `secret`: it is shown this once."""
        wanted = NewWebhook(url=url, events=None if events is None else list(events))
        return await self._caller.post("/v1/webhooks", wanted, NewWebhookView, idempotency_key)

    async def list(self, *, page: int = PAGE) -> AsyncIterator[WebhookView]:
        """All webhooks of the project."""
        cursor: str | None = None
        while True:
            query = {"cursor": cursor, "limit": str(page)}
            found = await self._caller.get("/v1/webhooks", WebhookPage, query)
            for webhook in found.items:
                yield webhook
            cursor = found.next_cursor
            if cursor is None:
                return

    async def delete(self, webhook_id: str, *, idempotency_key: str | None = None) -> None:
        """Sends nothing there any more."""
        await self._caller.delete(_webhook(webhook_id), idempotency_key)

    async def deliveries(
        self, webhook_id: str, *, page: int = PAGE
    ) -> AsyncIterator[DeliveryView]:
        """What was sent and what is still owed, newest first."""
        path = f"{_webhook(webhook_id)}/deliveries"
        cursor: str | None = None
        while True:
            query = {"cursor": cursor, "limit": str(page)}
            found = await self._caller.get(path, DeliveryPage, query)
            for delivery in found.items:
                yield delivery
            cursor = found.next_cursor
            if cursor is None:
                return

    async def redeliver(
        self, webhook_id: str, event_id: str | None = None, *, idempotency_key: str | None = None
    ) -> int:
        """Sends one event again, or all that were given up; returns how many."""
        path = f"{_webhook(webhook_id)}/redeliver"
        wanted = Redelivery(event_id=event_id)
        done = await self._caller.post(path, wanted, Redelivered, idempotency_key)
        return done.count


def _webhook(webhook_id: str) -> str:
    return f"/v1/webhooks/{segment(webhook_id)}"
