"""Deliveries are made at least once, in time, and no receiver at the cost of others."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from hookkit import BOX, Hookkit
from receivers import receiving
from sqlalchemy import update

from rooms.errors import StoreUnavailable
from rooms.store.store import Store
from rooms.store.tables import webhooks
from rooms.webhooks import queue
from rooms.webhooks.dispatcher import AT_ONCE_EACH, LOCK

MINUTE = 60_000
PAUSES = [10_000, MINUTE, 5 * MINUTE, 15 * MINUTE, 60 * MINUTE, 240 * MINUTE]


async def test_an_event_is_delivered_signed(hooks: Hookkit) -> None:
    """The receiver can verify it with the secret that it was shown."""
    async with receiving() as receiver, hooks.delivering():
        webhook = await hooks.create(receiver.url)
        await hooks.announce("room.created")
        (got,) = await receiver.received(1)
        await hooks.all_are("delivered")

    event = got.event(webhook.secret)
    assert (event.type, event.data, event.attempt) == ("room.created", {"number": 0}, 1)
    assert (got.id, got.headers["X-LC-Webhook-Kid"]) == (event.id, webhook.key_id)
    assert got.headers["Content-Type"] == "application/json"
    (view,) = await hooks.deliveries(webhook.id)
    assert (view.state, view.attempts, view.last_status) == ("delivered", 1, 200)
    assert (view.due_at, view.last_error) == (None, None)
    assert _attempts(hooks, "delivered") == 1


async def test_a_failing_receiver_is_tried_as_the_contract_says(hooks: Hookkit) -> None:
    """Seven attempts, each a pause longer, each signed anew; then it is dead."""
    async with receiving(status=503) as receiver, hooks.delivering():
        webhook = await hooks.create(receiver.url)
        await hooks.announce()
        for attempt, pause in enumerate(PAUSES, 1):
            await receiver.received(attempt)
            await hooks.all_are("pending", attempt=attempt)
            hooks.jump(pause - 1)
            await hooks.all_are("pending", attempt=attempt)
            assert len(receiver.got) == attempt
            hooks.jump(1)
        await receiver.received(7)
        await hooks.all_are("dead")
        hooks.jump(24 * 60 * MINUTE)
        (view,) = await hooks.deliveries(webhook.id)

    assert [got.attempt for got in receiver.got] == [1, 2, 3, 4, 5, 6, 7]
    assert len({got.id for got in receiver.got}) == 1
    assert len({got.headers["X-LC-Webhook-Sig"] for got in receiver.got}) == 7
    assert all(got.event(webhook.secret) for got in receiver.got)
    assert (view.state, view.attempts, view.last_status) == ("dead", 7, 503)
    assert (_attempts(hooks, "failed"), _attempts(hooks, "dead")) == (6, 1)


async def test_the_dead_are_delivered_when_asked_for(hooks: Hookkit) -> None:
    """Redelivery begins anew, with the same event."""
    async with receiving(status=503) as receiver, hooks.delivering():
        webhook = await hooks.create(receiver.url)
        await hooks.announce()
        for attempt, pause in enumerate([*PAUSES, 0], 1):
            await hooks.all_are("pending", "dead", attempt=attempt)
            hooks.jump(pause)
        await hooks.all_are("dead")
        receiver.status = 204
        assert await hooks.redeliver(webhook.id) == 1
        await receiver.received(8)
        await hooks.all_are("delivered")

    assert receiver.got[7].attempt == 1
    assert receiver.got[7].id == receiver.got[0].id


async def test_410_stops_at_once(hooks: Hookkit) -> None:
    """Nothing more is sent there, what else was owed is dead, and nothing new is owed."""
    async with receiving(status=410) as receiver, hooks.delivering():
        webhook = await hooks.create(receiver.url)
        await hooks.announce(count=20)
        await hooks.all_are("dead")
        seen = len(receiver.got)
        await hooks.announce()
        hooks.jump(24 * 60 * MINUTE)
        views = await hooks.deliveries(webhook.id)

    assert len(views) == 20
    assert 1 <= seen <= AT_ONCE_EACH
    async with hooks.transactions.reading(hooks.who.org_id) as tx:
        page = await hooks.endpoints.page(tx, hooks.who, limit=10, cursor=None)
    assert page.items[0].disabled_at is not None


async def test_a_deleted_webhook_is_told_nothing_more(hooks: Hookkit) -> None:
    """What was owed to it is given up."""
    async with receiving() as receiver:
        made = await hooks.create(receiver.url)
        await hooks.announce(count=10)
        async with hooks.transactions.writing(hooks.who.org_id) as tx:
            await hooks.endpoints.delete(tx, hooks.who, made.id)
        async with hooks.delivering():
            await hooks.all_are("dead", attempt=0)

    assert receiver.got == []


async def test_a_redirection_is_a_failure(hooks: Hookkit) -> None:
    """It is not followed: it could lead anywhere."""
    async with receiving() as target, receiving(status=307) as receiver, hooks.delivering():
        receiver.headers["Location"] = target.url
        webhook = await hooks.create(receiver.url)
        await hooks.announce()
        await hooks.all_are("pending", attempt=1)
        (view,) = await hooks.deliveries(webhook.id)

    assert view.last_status == 307
    assert target.got == []


async def test_a_dead_receiver_keeps_nobody_waiting(hooks: Hookkit) -> None:
    """It has a few attempts under way, however much is owed to it."""
    async with receiving() as hanging, receiving() as healthy, hooks.delivering():
        hanging.open.clear()
        await hooks.create(hanging.url)
        await hooks.announce("room.started", count=100)
        await hanging.received(AT_ONCE_EACH)
        alive = await hooks.create(healthy.url, "room.ended")
        await hooks.announce("room.ended", count=30)
        await healthy.received(30)

        assert hanging.most_waiting == AT_ONCE_EACH
    assert {view.state for view in await hooks.deliveries(alive.id)} <= {"delivered", "pending"}


async def test_replicas_share_the_work(hooks: Hookkit, store: Store) -> None:
    """Two dispatchers on one store make each delivery once."""
    other = Hookkit(store, hooks.who)
    async with AsyncExitStack() as stack:
        receivers = [await stack.enter_async_context(receiving()) for _ in range(3)]
        for receiver in receivers:
            await hooks.create(receiver.url)
        await hooks.announce(count=40)
        await stack.enter_async_context(hooks.delivering())
        await stack.enter_async_context(other.delivering())
        await hooks.all_are("delivered")

    for receiver in receivers:
        assert set(Counter(got.id for got in receiver.got).values()) == {1}
        assert len(receiver.got) == 40


async def test_what_was_committed_before_a_kill_is_delivered_after(
    hooks: Hookkit, store: Store
) -> None:
    """A process that dies between commit and delivery leaves it to the next one."""
    async with receiving() as receiver:
        await hooks.create(receiver.url)
        await hooks.announce()
        async with Hookkit(store, hooks.who).delivering():
            await receiver.received(1)
            await hooks.all_are("delivered")

    assert len(receiver.got) == 1


async def test_what_a_killed_process_had_begun_is_delivered_again(
    hooks: Hookkit, store: Store
) -> None:
    """When its lock is over, not before; the attempt keeps its number."""
    async with receiving() as receiver:
        await hooks.create(receiver.url)
        await hooks.announce()
        async with store.writing(None) as db:
            due = await queue.peek(db, hooks.now, 10, {}, 10)
            assert (await queue.claim(db, due, hooks.now, hooks.now + LOCK)).claimed
        async with hooks.delivering():
            hooks.jump(LOCK - 1)
            await hooks.announce()
            await receiver.received(1)
            await _quiet(hooks)
            assert len(receiver.got) == 1
            hooks.jump(1)
            await receiver.received(2)
            await hooks.all_are("delivered", attempt=1)

    assert [got.attempt for got in receiver.got] == [1, 1]


async def test_a_process_that_stops_leaves_no_lock(hooks: Hookkit, store: Store) -> None:
    """What it had begun is delivered by the next one at once."""
    async with receiving() as receiver:
        await hooks.create(receiver.url)
        receiver.open.clear()
        async with hooks.delivering():
            await hooks.announce()
            await receiver.received(1)
        receiver.open.set()
        async with Hookkit(store, hooks.who).delivering():
            await receiver.received(2)
            await hooks.all_are("delivered", attempt=1)


async def test_while_the_store_is_away_results_are_kept(hooks: Hookkit) -> None:
    """They are written down when it is back; nothing is sent twice."""
    async with receiving() as receiver, hooks.delivering():
        webhook = await hooks.create(receiver.url)
        receiver.open.clear()
        await hooks.announce()
        await receiver.received(1)
        away = _Away(hooks)
        with away:
            receiver.open.set()
            await asyncio.wait_for(away.asked.wait(), 15)
        hooks.jump(1_000)
        await hooks.all_are("delivered", attempt=1)

    assert len(receiver.got) == 1
    assert (await hooks.deliveries(webhook.id))[0].state == "delivered"


async def test_a_lost_key_is_a_failure_that_says_so(hooks: Hookkit, store: Store) -> None:
    """A secret that cannot be read signs nothing."""
    async with receiving() as receiver:
        webhook = await hooks.create(receiver.url)
        async with store.writing(None) as db:
            await db.execute(update(webhooks).values(secret=BOX.seal("wh_other", "whsec_x")))
        await hooks.announce()
        async with hooks.delivering():
            await hooks.all_are("pending", attempt=1)
        (view,) = await hooks.deliveries(webhook.id)

    assert "webhook-key" in (view.last_error or "")
    assert receiver.got == []


async def test_the_queue_is_measured(hooks: Hookkit) -> None:
    """How much is due, and since when."""
    await hooks.create("http://127.0.0.1:1025/")
    await hooks.announce(count=3)
    hooks.now += 7_000
    async with receiving() as receiver, hooks.delivering():
        await hooks.create(receiver.url)
        await hooks.all_are("pending", attempt=1)

    assert hooks.registry.get_sample_value("levelchat_rooms_webhook_queue") == pytest.approx(3)
    oldest = hooks.registry.get_sample_value("levelchat_rooms_webhook_oldest_seconds")
    assert oldest == pytest.approx(7)


class _Away:
    """The store refuses everything while the block lasts."""

    def __init__(self, hooks: Hookkit) -> None:
        self._transactions = hooks.transactions
        self._store = hooks.transactions._store
        self.asked = asyncio.Event()

    def __enter__(self) -> None:
        self._transactions._store = self

    def __exit__(self, *_: object) -> None:
        self._transactions._store = self._store

    @asynccontextmanager
    async def writing(self, org_id: str | None):  # noqa: ANN202 - like the store's
        self.asked.set()
        raise StoreUnavailable("gone fishing")
        yield

    reading = writing


async def _quiet(hooks: Hookkit) -> None:
    """Waits until the dispatcher has looked again and begun nothing."""
    hooks.alarm.set(0)
    while hooks.alarm._at == 0:
        await asyncio.sleep(0.005)


def _attempts(hooks: Hookkit, outcome: str) -> float | None:
    return hooks.registry.get_sample_value(
        "levelchat_rooms_webhook_attempts_total", {"outcome": outcome}
    )
