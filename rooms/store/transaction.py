"""A unit of work: rows change together, and the bus hears of it once they have.

Comes in: the store, the bus and the time. Goes out: transactions. What is said in one that rolls
back is never heard.
"""

import contextlib
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from levelchat.bus.messages import Message
from levelchat.bus.seams import CONTROL, Bus
from rooms.alarm import Alarm
from rooms.model import Millis
from rooms.store.store import Store


class Announcer(Protocol):
    """Who owes webhooks what happens."""

    async def announce(
        self,
        tx: "Transaction",
        org_id: str,
        project_id: str,
        event_type: str,
        data: dict[str, object],
    ) -> None:
        """Writes the event beside the change that it tells of, if a webhook wants it."""


class Transaction:
    """Open rows, the instant that everything in it happens at, and what follows its commit."""

    def __init__(self, db: AsyncConnection, now: Millis, outbox: Announcer, alarm: Alarm) -> None:
        self.db = db
        self.now = now
        self.outbox = outbox
        self._alarm = alarm
        self._said: list[tuple[str, Message]] = []
        self._after: list[Callable[[], None]] = []

    def say(self, message: Message, subject: str = CONTROL) -> None:
        """Publishes *message* once the rows are committed."""
        self._said.append((subject, message))

    def after_commit(self, call: Callable[[], None]) -> None:
        """Calls *call* once the rows are committed."""
        self._after.append(call)

    def look_at(self, deadline: Millis) -> None:
        """Something is due then: the sweeper is woken in time once the rows are committed."""
        self.after_commit(partial(self._alarm.set, deadline))

    def committed(self, bus: Bus) -> None:
        """The rows are safe: now the rest may happen."""
        for subject, message in self._said:
            bus.publish(subject, message)
        for call in self._after:
            call()


class Transactions:
    """Opens transactions for one organisation, or for all (None: system work only)."""

    def __init__(
        self,
        store: Store,
        bus: Bus,
        now: Callable[[], Millis],
        outbox: Announcer,
        alarm: Alarm,
    ) -> None:
        self._store = store
        self._bus = bus
        self._outbox = outbox
        self._alarm = alarm
        self.now = now

    @contextlib.asynccontextmanager
    async def writing(self, org_id: str | None) -> AsyncIterator[Transaction]:
        """Commits when the block ends well, rolls back when it raises.

        Raises `StoreUnavailable` when the database is away.
        """
        async with self._store.writing(org_id) as db:
            tx = Transaction(db, self.now(), self._outbox, self._alarm)
            yield tx
        tx.committed(self._bus)

    @contextlib.asynccontextmanager
    async def reading(self, org_id: str | None) -> AsyncIterator[Transaction]:
        """A consistent view; nothing may be changed in it."""
        async with self._store.reading(org_id) as db:
            yield Transaction(db, self.now(), self._outbox, self._alarm)
