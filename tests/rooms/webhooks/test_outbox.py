"""What is owed to webhooks is written with the change that it tells of, or not at all."""

import contextlib

import msgspec
from hookkit import Hookkit, settle_in
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import select

from rooms.store.store import Store
from rooms.store.tables import deliveries, events


async def _rows(store: Store) -> tuple[list[object], list[object]]:
    async with store.reading(None) as db:
        return (
            list((await db.execute(select(events))).all()),
            list((await db.execute(select(deliveries))).all()),
        )


async def test_nothing_is_written_when_nobody_listens(hooks: Hookkit, store: Store) -> None:
    """A project without webhooks, or with one for other events, pays one query."""
    await hooks.announce()
    await hooks.create("http://127.0.0.1:9000/", "room.ended")
    await hooks.announce()

    assert await _rows(store) == ([], [])


async def test_each_webhook_that_wants_it_is_owed_it(hooks: Hookkit, store: Store) -> None:
    """One event, one delivery for each; the document says what, where and when."""
    every = await hooks.create("http://127.0.0.1:9000/")
    one = await hooks.create("http://127.0.0.1:9001/", "room.created", "room.ended")
    await hooks.create("http://127.0.0.1:9002/", "room.ended")

    await hooks.announce("room.created")

    (event,), owed = await _rows(store)
    assert {row.webhook_id for row in owed} == {every.id, one.id}
    assert {(row.state, row.attempt, row.due_at) for row in owed} == {("pending", 0, hooks.now)}
    assert msgspec.json.decode(event.payload) == {
        "id": event.id,
        "type": "room.created",
        "created_at": "2026-09-21T14:13:20.000Z",
        "org_id": hooks.who.org_id,
        "project_id": hooks.who.project_id,
        "data": {"number": 0},
    }


async def test_what_rolls_back_was_never_owed(hooks: Hookkit, store: Store) -> None:
    """Neither rows nor a wake-up."""
    await hooks.create("http://127.0.0.1:9000/")
    with contextlib.suppress(ZeroDivisionError):
        async with hooks.transactions.writing(hooks.who.org_id) as tx:
            await hooks.outbox.announce(
                tx, hooks.who.org_id, hooks.who.project_id, "room.created", {}
            )
            raise ZeroDivisionError

    assert await _rows(store) == ([], [])
    assert hooks.alarm._at is None


async def test_the_dispatcher_is_woken_after_the_commit(hooks: Hookkit) -> None:
    """Not before: it would find nothing."""
    await hooks.create("http://127.0.0.1:9000/")
    async with hooks.transactions.writing(hooks.who.org_id) as tx:
        await hooks.outbox.announce(tx, hooks.who.org_id, hooks.who.project_id, "room.created", {})
        assert hooks.alarm._at is None

    assert hooks.alarm._at == hooks.now


async def test_another_project_hears_nothing(hooks: Hookkit, store: Store) -> None:
    """Webhooks belong to one project."""
    stranger = Hookkit(store, await settle_in(store, "two"))
    await stranger.create("http://127.0.0.1:9000/")

    await hooks.announce()

    assert await _rows(store) == ([], [])


async def test_a_webhook_made_elsewhere_is_told_of_the_next_event(
    hooks: Hookkit, store: Store
) -> None:
    """No memory outlives a transaction: other replicas make webhooks too."""
    await hooks.announce()
    await Hookkit(store, hooks.who).create("http://127.0.0.1:9000/")

    await hooks.announce()

    assert len((await _rows(store))[1]) == 1


async def test_many_events_of_a_transaction_ask_for_webhooks_once(
    hooks: Hookkit, store: Store
) -> None:
    """A batch of joins announces hundreds."""
    statements: list[str] = []
    async with hooks.transactions.writing(hooks.who.org_id) as tx:
        connection = tx.db.sync_connection
        assert connection is not None
        sqlalchemy_event.listen(
            connection, "before_cursor_execute", lambda *args: statements.append(args[2])
        )
        for _ in range(50):
            await hooks.outbox.announce(
                tx, hooks.who.org_id, hooks.who.project_id, "participant.joined", {}
            )

    assert len(statements) == 1
