"""Writes chat messages down for those who come later, some in one transaction.

Comes in: messages that were said already. Goes out: rows. Nobody waits for it: while the store is
away, chat goes on, and what was said is written afterwards.
"""

import asyncio
from collections import OrderedDict, deque

import structlog

from levelchat.contract.signal import HISTORY
from levelchat.errors import EnvironmentFault
from rooms.signal.metrics import SignalMetrics
from rooms.store import messages as message_rows
from rooms.store.messages import StoredMessage
from rooms.store.transaction import Transactions

_log = structlog.get_logger("signal")

MAX_WAITING = 10_000
"""Messages; the oldest are dropped first."""
BATCH = 500
RETRY_SECONDS = 2.0
"""After the store was away."""
MAX_COUNTED = 10_000
"""Rooms of which is known how much was written since they were last pruned."""


class Scribe:
    """One for a process."""

    def __init__(self, transactions: Transactions, metrics: SignalMetrics) -> None:
        self._transactions = transactions
        self._metrics = metrics
        self._waiting: deque[StoredMessage] = deque()
        self._more = asyncio.Event()
        self._written: OrderedDict[str, int] = OrderedDict()

    def add(self, message: StoredMessage) -> None:
        """To be written."""
        if len(self._waiting) >= MAX_WAITING:
            self._waiting.popleft()
            self._metrics.dropped.labels("chat").inc()
        self._waiting.append(message)
        self._more.set()

    async def run(self) -> None:
        """Works until cancelled."""
        while True:
            await self._more.wait()
            batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
            try:
                await self._write(batch)
            except EnvironmentFault as error:
                _log.info("chat waits to be written", count=len(batch), reason=error.detail)
                room = MAX_WAITING - len(self._waiting)
                self._waiting.extendleft(reversed(batch[-room:] if room else []))
                await asyncio.sleep(RETRY_SECONDS)
            except Exception:  # noqa: BLE001 - what cannot be written must not silence the rest
                _log.exception("chat was not written", count=len(batch))
                self._metrics.dropped.labels("chat").inc(len(batch))
            if not self._waiting:
                self._more.clear()

    async def _write(self, batch: list[StoredMessage]) -> None:
        if not batch:
            return
        full = self._count(batch)
        async with self._transactions.writing(None) as tx:
            await message_rows.add(tx.db, batch)
            await message_rows.prune(tx.db, full)
        for media_id in full:
            self._written.pop(media_id, None)

    def _count(self, batch: list[StoredMessage]) -> list[str]:
        """The rooms that have so many new messages that old ones can go."""
        for message in batch:
            self._written[message.media_id] = self._written.get(message.media_id, 0) + 1
            self._written.move_to_end(message.media_id)
        while len(self._written) > MAX_COUNTED:
            self._written.popitem(last=False)
        return [media_id for media_id, count in self._written.items() if count >= HISTORY]
