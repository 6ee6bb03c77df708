"""Forgets what is old, now and then: answers kept for Idempotency-Key, deliveries, logins.

Comes in: the time. Goes out: fewer rows.
"""

import asyncio

import structlog

from rooms.api import idempotency
from rooms.errors import StoreUnavailable
from rooms.model import DAY, SECOND
from rooms.store import leases, users
from rooms.store import sessions as session_rows
from rooms.store.transaction import Transactions
from rooms.webhooks import endpoints

_log = structlog.get_logger("rooms")

EVERY_SECONDS = 600.0
KEEP_ANSWERS = DAY
"""rooms.md §4: an Idempotency-Key is kept 24 h."""
KEEP_DELIVERIES = 30 * DAY
LEASE = int(EVERY_SECONDS * SECOND) // 2


class Housekeeping:
    """One for a process; of several on one store, one works."""

    def __init__(self, transactions: Transactions, node: str) -> None:
        self._transactions = transactions
        self._node = node

    async def run(self) -> None:
        """Tidies up until cancelled."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            try:
                await self.tidy()
            except StoreUnavailable as error:
                _log.warning("housekeeping failed: the store is away", reason=error.detail)
            except Exception:  # noqa: BLE001 - a fault today must not keep tomorrow from being tidy
                _log.exception("housekeeping failed")

    async def tidy(self) -> None:
        """Deletes what has been kept long enough."""
        async with self._transactions.writing(None) as tx:
            if not await leases.hold(tx.db, "housekeeping", self._node, tx.now, tx.now + LEASE):
                return
            await idempotency.prune(tx, tx.now - KEEP_ANSWERS)
            await session_rows.forget_revocations(tx.db, tx.now)
            await users.prune_logins(tx.db, tx.now)
        await self._forget_deliveries()

    async def _forget_deliveries(self) -> None:
        """In steps, so that nobody waits long for the writer."""
        forgotten = endpoints.PRUNE_BATCH
        while forgotten >= endpoints.PRUNE_BATCH:
            async with self._transactions.writing(None) as tx:
                forgotten = await endpoints.prune(tx, tx.now - KEEP_DELIVERIES)
