"""What the administrative commands work on: the same database as the server, beside it.

Comes in: the settings. Goes out: an open store with its tables and the default project.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import msgspec

from levelchat.bus.local import LocalBus
from levelchat.clock import SystemClock
from levelchat.commands import options
from levelchat.service.settings import ServerSettings
from rooms import opening, pepper
from rooms.accounts import Accounts
from rooms.alarm import Alarm
from rooms.passwords import Passwords
from rooms.steady import NANOSECONDS_PER_MILLISECOND
from rooms.store import migrate
from rooms.store.location import database_url
from rooms.store.store import Store
from rooms.store.transaction import Transaction, Transactions
from rooms.tenancy import Tenants

ResultT = TypeVar("ResultT")


class Desk(msgspec.Struct, frozen=True):
    """Everything that a command needs."""

    transactions: Transactions
    tenants: Tenants
    accounts: Accounts


def work(
    data: str | None, file: Path | None, what: Callable[[Desk], Awaitable[ResultT]]
) -> ResultT:
    """Does *what* at an open desk."""

    async def at_the_desk() -> ResultT:
        async with _opened(data, file) as desk:
            return await what(desk)

    return asyncio.run(at_the_desk())


@asynccontextmanager
async def _opened(data: str | None, file: Path | None) -> AsyncIterator[Desk]:
    settings = options.load(file, data=data)
    url = database_url(settings)
    await migrate.ensure(url)
    secret = pepper.load_or_create(Path(settings.section("server", ServerSettings).data))
    store = Store(url, 1)
    await store.open()
    try:
        clock = SystemClock()
        transactions = Transactions(
            store,
            # Servers find out by themselves: what they know of a key is seconds old.
            LocalBus(),
            lambda: clock.wall_ns() // NANOSECONDS_PER_MILLISECOND,
            _NoOutbox(),
            Alarm(),
        )
        desk = Desk(transactions, Tenants(secret), Accounts(Passwords(), secret))
        await _make_default(desk)
        yield desk
    finally:
        await store.close()


async def _make_default(desk: Desk) -> None:
    made = await opening.first_key(desk.transactions, desk.tenants)
    if made is not None:
        sys.stderr.write(f"API key of the default project, shown this once: {made.key}\n")


class _NoOutbox:
    """Nothing that is done here is told to webhooks."""

    async def announce(
        self,
        tx: Transaction,
        org_id: str,
        project_id: str,
        event_type: str,
        data: dict[str, object],
    ) -> None:
        """Nobody listens."""
