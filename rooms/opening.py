"""Opening the store: its schema, and on the very first start the first key.

Comes in: where the database is. Goes out: an open store. A database that is away is asked again
until it is there; one that another version made is an error, which only a person can mend.
"""

import asyncio

import structlog

from rooms.errors import StoreUnavailable
from rooms.store import migrate
from rooms.store.store import Store
from rooms.store.transaction import Transactions
from rooms.tenancy import NewKey, Tenants

_log = structlog.get_logger("rooms")

RETRY_SECONDS = 2.0


async def open_store(url: str, store: Store) -> None:
    """Returns once the store is open. Raises `SchemaMismatch`."""
    while True:
        try:
            await migrate.ensure(url)
            await store.open()
        except StoreUnavailable as error:
            _log.warning("the store is away; trying again", reason=error.detail)
            await asyncio.sleep(RETRY_SECONDS)
        else:
            return


async def first_key(transactions: Transactions, tenants: Tenants) -> NewKey | None:
    """The key of the default project, when this is the installation's first start."""
    async with transactions.writing(None) as tx:
        return await tenants.ensure_default(tx)
