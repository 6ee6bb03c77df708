"""Delivers what is owed to webhooks, at least once, and no receiver at the cost of others.

Comes in: rows that are due. Goes out: deliveries, and what came of them. Woken by new rows and by
the next that is due; every five seconds it looks for what another process left behind.
"""

import asyncio
import contextlib
import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

import msgspec
import structlog

from rooms.alarm import Alarm
from rooms.errors import StoreUnavailable, WebhookKeyLost
from rooms.metrics import RoomsMetrics
from rooms.model import SECOND, Millis
from rooms.store.transaction import Transactions
from rooms.webhooks import queue, schedule, signature
from rooms.webhooks.queue import Claimed
from rooms.webhooks.schedule import Dead, Delivered, Outcome, Verdict
from rooms.webhooks.secrets import SecretBox
from rooms.webhooks.sender import Sender
from rooms.webhooks.signature import Parcel

_log = structlog.get_logger("webhooks")

AT_ONCE = 32
"""Deliveries under way in one process."""
AT_ONCE_EACH = 4
"""Of them, to one webhook: a dead receiver keeps others waiting for no longer than that."""
IDLE = 5 * SECOND
"""Pause between two looks when nothing is due."""
RETRY = SECOND
"""Pause after the store was away."""
CONTENDED = SECOND // 5
"""Pause after other replicas were faster."""
LOCK = 30 * SECOND
"""How long a claim outlives its process; much longer than any attempt takes."""
MEASURE = 15 * SECOND
"""Pause between two measurements of the queue."""
FAREWELL_SECONDS = 2.0
"""How long the last words to the store may take when the process stops."""


class Finished(msgspec.Struct, frozen=True):
    """An attempt that was made and not written down yet."""

    claimed: Claimed
    outcome: Outcome
    verdict: Verdict
    at: Millis


class Dispatcher:
    """One for a process. *wall* is the wall clock, which receivers compare timestamps with;
    *deadline* how long the sender takes for one attempt at most.
    """

    def __init__(  # noqa: PLR0913 - what a delivery takes
        self,
        transactions: Transactions,
        sending: Callable[[], AbstractAsyncContextManager[Sender]],
        box: SecretBox,
        alarm: Alarm,
        metrics: RoomsMetrics,
        wall: Callable[[], Millis],
        *,
        deadline: Millis = 10 * SECOND,
        jitter: Callable[[], float] = lambda: secrets.SystemRandom().uniform(-1.0, 1.0),
    ) -> None:
        self._transactions = transactions
        self._sending = sending
        self._box = box
        self._alarm = alarm
        self._metrics = metrics
        self._wall = wall
        self._lock = LOCK + deadline
        self._jitter = jitter
        self._under_way: dict[str, Claimed] = {}
        """By id of the delivery, at most `AT_ONCE`; until its end is written down."""
        self._finished: list[Finished] = []
        self._measured_at: Millis | None = None

    async def run(self) -> None:
        """Delivers until cancelled."""
        try:
            async with self._sending() as sender, asyncio.TaskGroup() as tasks:
                pause = 0
                while True:
                    await self._alarm.wait(self._transactions.now, pause)
                    pause = await self._turn(sender, tasks)
        finally:
            await self._say_farewell()

    async def _turn(self, sender: Sender, tasks: asyncio.TaskGroup) -> Millis:
        """Writes down what is finished, begins what is due; the longest pause until the next."""
        try:
            await self._settle()
            await self._begin(sender, tasks)
            await self._look_ahead()
        except StoreUnavailable as error:
            _log.warning("webhooks wait: the store is away", reason=error.detail)
            return RETRY
        except Exception:  # noqa: BLE001 - one bad row must not end all deliveries
            _log.exception("webhooks: a turn failed")
        return IDLE

    async def _settle(self) -> None:
        if not self._finished:
            return
        done = list(self._finished)
        async with self._transactions.writing(None) as tx:
            for each in sorted(done, key=lambda each: each.claimed.id):
                await queue.settle(tx.db, each.claimed, each.outcome, each.verdict, each.at)
            for each in done:
                if isinstance(each.verdict, Dead) and each.verdict.gone:
                    await queue.disable(tx.db, each.claimed.webhook_id, tx.now)
        for each in done:
            del self._under_way[each.claimed.id]
            self._finished.remove(each)
            self._note(each)

    def _note(self, finished: Finished) -> None:
        match finished.verdict:
            case Delivered():
                outcome = "delivered"
            case Dead():
                outcome = "dead"
                _log.warning(
                    "webhook delivery given up",
                    webhook=finished.claimed.webhook_id,
                    event_id=finished.claimed.event_id,
                    reason=finished.outcome.error,
                )
            case _:
                outcome = "failed"
        self._metrics.webhook_attempts.labels(outcome).inc()

    async def _begin(self, sender: Sender, tasks: asyncio.TaskGroup) -> None:
        """Begins as much of what is due as there is room for."""
        while len(self._under_way) < AT_ONCE:
            load = Counter(claimed.webhook_id for claimed in self._under_way.values())
            room = AT_ONCE - len(self._under_way)
            async with self._transactions.reading(None) as tx:
                due = await queue.peek(tx.db, tx.now, room, load, AT_ONCE_EACH)
            # A process that was stopped for a while sees its own locks end.
            due = [each for each in due if each.id not in self._under_way]
            if not due:
                return
            batch = await self._lock_some(due)
            for each in batch.claimed:
                tasks.create_task(self._deliver(sender, each))
            if not batch.claimed and not batch.disabled:
                # Other replicas were faster; their locks will be seen shortly.
                self._alarm.set(self._transactions.now() + CONTENDED)
                return

    async def _lock_some(self, due: Sequence[queue.Due]) -> queue.Batch:
        async with self._transactions.writing(None) as tx:
            batch = await queue.claim(tx.db, due, tx.now, tx.now + self._lock)
            for webhook_id in sorted(batch.disabled):
                await queue.bury(tx.db, webhook_id, tx.now)
        self._under_way |= {each.id: each for each in batch.claimed}
        return batch

    async def _deliver(self, sender: Sender, claimed: Claimed) -> None:
        attempt = claimed.attempt + 1
        try:
            outcome = await self._attempt(sender, claimed, attempt)
        except WebhookKeyLost as error:
            outcome = schedule.unanswered(error.detail)
        except Exception:  # noqa: BLE001 - a fault of ours is written down like any other failure
            _log.exception("webhook delivery failed", webhook=claimed.webhook_id)
            outcome = schedule.unanswered("an unexpected error here; the server's log has it")
        now = self._transactions.now()
        verdict = schedule.next_step(attempt, outcome, now, self._jitter())
        self._finished.append(Finished(claimed, outcome, verdict, now))
        self._alarm.set(now)

    async def _attempt(self, sender: Sender, claimed: Claimed, attempt: int) -> Outcome:
        secret = self._box.open(claimed.webhook_id, claimed.sealed)
        body = claimed.body.encode()
        parcel = Parcel(claimed.event_id, claimed.event_type, body, attempt, claimed.key_id)
        headers = signature.headers(parcel, secret, self._wall())
        with self._metrics.webhook_seconds.time():
            return await sender.send(claimed.url, headers, body)

    async def _look_ahead(self) -> None:
        async with self._transactions.reading(None) as tx:
            due_at = await queue.next_due(tx.db, tx.now)
            if self._measured_at is None or tx.now - self._measured_at >= MEASURE:
                self._measured_at = tx.now
                self._show(await queue.depth(tx.db, tx.now), tx.now)
        if due_at is not None:
            self._alarm.set(due_at)

    def _show(self, depth: queue.Depth, now: Millis) -> None:
        age = 0.0 if depth.oldest is None else (now - depth.oldest) / SECOND
        self._metrics.webhook_queue.set(depth.count)
        self._metrics.webhook_oldest_seconds.set(age)

    async def _say_farewell(self) -> None:
        """What was finished is written down; what was begun need not wait for its lock to end."""
        with contextlib.suppress(StoreUnavailable, TimeoutError):
            async with asyncio.timeout(FAREWELL_SECONDS):
                await self._settle()
                if self._under_way:
                    async with self._transactions.writing(None) as tx:
                        await queue.hand_back(tx.db, list(self._under_way.values()))
                    self._under_way.clear()
