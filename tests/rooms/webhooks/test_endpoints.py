"""What a project's owner may do with webhooks; a stranger finds nothing."""

import msgspec
import pytest
from hookkit import BOX, Hookkit, settle_in
from sqlalchemy import func, select, update

from levelchat.contract.rest import EVENT_TYPES, NewWebhook
from rooms.errors import InvalidRequest, NotFound, TooManyWebhooks
from rooms.store.store import Store
from rooms.store.tables import deliveries, events, webhooks
from rooms.webhooks import endpoints
from rooms.webhooks.endpoints import MAX_WEBHOOKS, Endpoints

DAY = 86_400_000


@pytest.fixture
async def stranger(store: Store, hooks: Hookkit) -> Hookkit:
    return Hookkit(store, await settle_in(store, "two"))


async def _page(hooks: Hookkit, limit: int = 100, cursor: str | None = None) -> list[object]:
    async with hooks.transactions.reading(hooks.who.org_id) as tx:
        page = await hooks.endpoints.page(tx, hooks.who, limit=limit, cursor=cursor)
    return [*page.items, page.next_cursor]


async def _delete(hooks: Hookkit, webhook_id: str) -> None:
    async with hooks.transactions.writing(hooks.who.org_id) as tx:
        await hooks.endpoints.delete(tx, hooks.who, webhook_id)


async def test_a_secret_is_shown_once_and_stored_unreadable(hooks: Hookkit, store: Store) -> None:
    """Its owner sees it in the first answer only; the row holds it encrypted."""
    made = await hooks.create("http://127.0.0.1:9000/", "room.ended", "room.ended")
    (shown, _) = await _page(hooks)
    async with store.reading(None) as db:
        row = (await db.execute(select(webhooks))).one()

    assert made.secret.startswith("whsec_")
    assert made.secret.encode() not in bytes(row.secret)
    assert BOX.open(made.id, bytes(row.secret)) == made.secret
    assert b"whsec" not in msgspec.json.encode(shown)
    assert msgspec.to_builtins(shown) == {
        "id": made.id,
        "url": "http://127.0.0.1:9000/",
        "events": ["room.ended"],
        "key_id": made.key_id,
        "created_at": "2026-09-21T14:13:20.000Z",
        "disabled_at": None,
    }


async def test_no_types_mean_all(hooks: Hookkit) -> None:
    """The answer names them."""
    assert (await hooks.create("http://127.0.0.1:9000/")).events == list(EVENT_TYPES)


async def test_flaws_are_named(hooks: Hookkit) -> None:
    """A URL that nothing will be delivered to, and types that nobody sends."""
    strict = Endpoints(BOX, hooks.alarm.set, private=False)
    wanted = NewWebhook(url="http://169.254.169.254/latest", events=["room.ended", "room.eaten"])
    async with hooks.transactions.writing(hooks.who.org_id) as tx:
        with pytest.raises(InvalidRequest) as caught:
            await strict.create(tx, hooks.who, wanted)
        with pytest.raises(InvalidRequest) as empty:
            await strict.create(tx, hooks.who, NewWebhook(url="https://a.example/", events=[]))

    assert [flaw.path for flaw in caught.value.flaws] == ["url", "events.1"]
    assert [flaw.path for flaw in empty.value.flaws] == ["events"]


async def test_a_project_has_a_bounded_number(hooks: Hookkit, stranger: Hookkit) -> None:
    """One more is refused, until one is deleted; other projects have their own."""
    made = [
        await hooks.create(f"http://127.0.0.1:{port}/")
        for port in range(2000, 2000 + MAX_WEBHOOKS)
    ]
    with pytest.raises(TooManyWebhooks):
        await hooks.create("http://127.0.0.1:9000/")

    await stranger.create("http://127.0.0.1:9000/")
    await _delete(hooks, made[0].id)
    await hooks.create("http://127.0.0.1:9000/")


async def test_pages_hold_every_webhook_once_newest_first(hooks: Hookkit) -> None:
    """Following the cursor shows all."""
    made = [(await hooks.create(f"http://127.0.0.1:{port}/")).id for port in range(2000, 2003)]
    seen, cursor = [], None
    while True:
        *items, cursor = await _page(hooks, 2, cursor)
        seen += [item.id for item in items]
        if cursor is None:
            break

    assert sorted(seen, reverse=True) == seen
    assert sorted(made) == sorted(seen)


async def test_a_deleted_webhook_is_gone(hooks: Hookkit, store: Store) -> None:
    """Nothing is owed to it any more, nobody finds it, its secret is nowhere."""
    made = await hooks.create("http://127.0.0.1:9000/")
    await hooks.announce(count=3)
    await _delete(hooks, made.id)
    await hooks.announce()

    assert await _page(hooks) == [None]
    for call in (_delete, Hookkit.deliveries, Hookkit.redeliver):
        with pytest.raises(NotFound):
            await call(hooks, made.id)
    async with store.reading(None) as db:
        (secret,) = (await db.execute(select(webhooks.c.secret))).scalars()
        assert secret == b""
        assert (await db.execute(select(func.count()).select_from(events))).scalar_one() == 3


async def test_a_stranger_finds_nothing(hooks: Hookkit, stranger: Hookkit) -> None:
    """Another tenant's webhook, one that never was and nonsense are alike, in words too."""
    made = await hooks.create("http://127.0.0.1:9000/")
    await hooks.announce()
    said = set()
    for name in (made.id, "wh_01JZZZZZZZZZZZZZZZZZZZZZZZ", "", "\0", "' OR 1=1 --"):
        async with stranger.transactions.writing(stranger.who.org_id) as tx:
            mine = (tx, stranger.who, name)
            for call in (
                stranger.endpoints.delete(*mine),
                stranger.endpoints.deliveries(*mine, limit=10, cursor=None),
                stranger.endpoints.redeliver(*mine, None),
            ):
                with pytest.raises(NotFound) as caught:
                    await call
                said.add(caught.value.detail)

    assert len(said) == 1
    assert await _page(stranger) == [None]
    assert len(await hooks.deliveries(made.id)) == 1


async def test_another_project_of_the_organisation_finds_nothing(hooks: Hookkit) -> None:
    """Keys are of one project."""
    made = await hooks.create("http://127.0.0.1:9000/")
    sibling = msgspec.structs.replace(hooks.who, project_id="prj_other")
    async with hooks.transactions.writing(hooks.who.org_id) as tx:
        with pytest.raises(NotFound):
            await hooks.endpoints.delete(tx, sibling, made.id)


async def test_deliveries_are_paged_newest_first(hooks: Hookkit) -> None:
    """Each shows what event it is of and how it stands."""
    made = await hooks.create("http://127.0.0.1:9000/")
    await hooks.announce("room.created", count=5)
    seen, cursor = [], None
    while True:
        async with hooks.transactions.reading(hooks.who.org_id) as tx:
            page = await hooks.endpoints.deliveries(tx, hooks.who, made.id, limit=2, cursor=cursor)
        seen += page.items
        cursor = page.next_cursor
        if cursor is None:
            break

    assert len(seen) == len({view.id for view in seen}) == 5
    assert [view.id for view in seen] == sorted((view.id for view in seen), reverse=True)
    assert {(view.state, view.attempts, view.event_type) for view in seen} == {
        ("pending", 0, "room.created")
    }


async def test_one_event_is_delivered_again(hooks: Hookkit, store: Store) -> None:
    """Whatever became of it; the others stay as they are, and the dispatcher is woken."""
    made = await hooks.create("http://127.0.0.1:9000/")
    await hooks.announce(count=3)
    async with store.writing(None) as db:
        await db.execute(update(deliveries).values(state="delivered", attempt=3, delivered_at=1))
    wanted = (await hooks.deliveries(made.id))[1]
    hooks.alarm._at = None

    assert await hooks.redeliver(made.id, wanted.event_id) == 1

    views = await hooks.deliveries(made.id)
    assert [(view.state, view.attempts) for view in views] == [
        ("delivered", 3),
        ("pending", 0),
        ("delivered", 3),
    ]
    assert (views[1].delivered_at, views[1].due_at) == (None, "2026-09-21T14:13:20.000Z")
    assert hooks.alarm._at == hooks.now


async def test_all_dead_are_delivered_again(hooks: Hookkit, store: Store) -> None:
    """And a webhook that a 410 disabled is enabled: its owner says that it is back."""
    made = await hooks.create("http://127.0.0.1:9000/")
    await hooks.announce(count=3)
    async with store.writing(None) as db:
        await db.execute(update(deliveries).values(state="dead", attempt=7))
        await db.execute(update(webhooks).values(disabled_at=1))

    assert await hooks.redeliver(made.id) == 3
    assert await hooks.redeliver(made.id) == 0

    assert {view.state for view in await hooks.deliveries(made.id)} == {"pending"}
    ((webhook, _)) = await _page(hooks)
    assert webhook.disabled_at is None


async def test_an_event_that_was_never_owed_is_not_found(hooks: Hookkit) -> None:
    """Also one that another webhook was owed."""
    made = await hooks.create("http://127.0.0.1:9000/", "room.ended")
    other = await hooks.create("http://127.0.0.1:9001/", "room.created")
    await hooks.announce("room.created")
    (view,) = await hooks.deliveries(other.id)

    for event_id in (view.event_id, "evt_none", "\0"):
        with pytest.raises(NotFound):
            await hooks.redeliver(made.id, event_id)


async def test_what_is_old_is_forgotten(hooks: Hookkit, store: Store) -> None:
    """Events with their deliveries, and what was left of deleted webhooks; nothing younger."""
    deleted, kept = (
        await hooks.create("http://127.0.0.1:9000/"),
        await hooks.create("http://127.0.0.1:9001/"),
    )
    await hooks.announce(count=endpoints.PRUNE_BATCH + 1)
    await _delete(hooks, deleted.id)
    hooks.now += DAY
    await hooks.announce()
    counts = []
    for _ in range(3):
        async with hooks.transactions.writing(None) as tx:
            counts.append(await endpoints.prune(tx, hooks.now))

    assert counts == [endpoints.PRUNE_BATCH, 1, 0]
    async with store.reading(None) as db:
        assert (await db.execute(select(func.count()).select_from(events))).scalar_one() == 1
        owed = (await db.execute(select(deliveries.c.webhook_id))).scalars().all()
        assert owed == [kept.id]
        assert (await db.execute(select(webhooks.c.id))).scalars().all() == [kept.id]
