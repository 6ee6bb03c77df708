"""Webhooks over a real store, with a clock that stands still until it is told to jump."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from prometheus_client import CollectorRegistry
from sqlalchemy import select
from stores import NOW, make_tenant

from levelchat.bus.messages import Message
from levelchat.contract.rest import DeliveryView, NewWebhook, NewWebhookView
from rooms.alarm import Alarm
from rooms.metrics import RoomsMetrics
from rooms.model import Millis, Principal
from rooms.store.store import Store
from rooms.store.tables import deliveries
from rooms.store.transaction import Transactions
from rooms.webhooks.dispatcher import Dispatcher
from rooms.webhooks.endpoints import Endpoints
from rooms.webhooks.outbox import Outbox
from rooms.webhooks.secrets import SecretBox
from rooms.webhooks.sender import sending

BOX = SecretBox(b"k" * 32)


class _SilentBus:
    def publish(self, subject: str, message: Message) -> None:
        """Nobody listens."""


async def settle_in(store: Store, name: str) -> Principal:
    """A tenant of that name."""
    tenant = await make_tenant(store, name)
    return Principal(tenant.org_id, tenant.project_id, "key", tenant.key_id)


class Hookkit:
    """Everything that webhooks stand on, for one tenant in one process."""

    def __init__(self, store: Store, who: Principal) -> None:
        self.store = store
        self.who = who
        self.now: Millis = NOW
        self.alarm = Alarm()
        self.registry = CollectorRegistry()
        self.outbox = Outbox(self.alarm.set)
        self.endpoints = Endpoints(BOX, self.alarm.set, private=True)
        self.transactions = Transactions(
            store, _SilentBus(), lambda: self.now, self.outbox, Alarm()
        )
        self.dispatcher = Dispatcher(
            self.transactions,
            partial(sending, private=True, seconds=5.0),
            BOX,
            self.alarm,
            RoomsMetrics(self.registry),
            lambda: self.now,
            deadline=5_000,
            jitter=lambda: 0.0,
        )

    async def create(self, url: str, *types: str) -> NewWebhookView:
        """A webhook as `POST /v1/webhooks` makes it."""
        async with self.transactions.writing(self.who.org_id) as tx:
            wanted = NewWebhook(url=url, events=list(types) or None)
            return await self.endpoints.create(tx, self.who, wanted)

    async def announce(self, event_type: str = "room.created", count: int = 1) -> None:
        """Says that something happened."""
        async with self.transactions.writing(self.who.org_id) as tx:
            for number in range(count):
                data: dict[str, object] = {"number": number}
                await self.outbox.announce(
                    tx, self.who.org_id, self.who.project_id, event_type, data
                )

    async def deliveries(self, webhook_id: str) -> list[DeliveryView]:
        """As the API shows them, the oldest first."""
        async with self.transactions.reading(self.who.org_id) as tx:
            page = await self.endpoints.deliveries(
                tx, self.who, webhook_id, limit=100, cursor=None
            )
        return page.items[::-1]

    async def redeliver(self, webhook_id: str, event_id: str | None = None) -> int:
        """As `POST /v1/webhooks/{id}/redeliver` does."""
        async with self.transactions.writing(self.who.org_id) as tx:
            return await self.endpoints.redeliver(tx, self.who, webhook_id, event_id)

    async def all_are(self, *states: str, attempt: int | None = None) -> None:
        """Waits until the dispatcher has brought every delivery of all webhooks there."""
        async with asyncio.timeout(15):
            while not await self._all(states, attempt):
                await asyncio.sleep(0.005)

    def jump(self, millis: Millis) -> None:
        """Time passes."""
        self.now += millis
        self.alarm.set(0)

    @asynccontextmanager
    async def delivering(self) -> AsyncIterator[None]:
        """The dispatcher runs."""
        task = asyncio.create_task(self.dispatcher.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])
        assert task.cancelled()

    async def _all(self, states: tuple[str, ...], attempt: int | None) -> bool:
        async with self.store.reading(None) as db:
            rows = (await db.execute(select(deliveries))).all()
        return all(
            row.state in states
            and row.locked_until == 0
            and (attempt is None or row.attempt == attempt)
            for row in rows
        )
