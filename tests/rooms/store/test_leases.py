"""A lease is with one holder at a time."""

from rooms.store import leases
from rooms.store.store import Store


async def hold(store: Store, holder: str, now: int, until: int) -> bool:
    async with store.writing(None) as db:
        return await leases.hold(db, "sweeper", holder, now, until)


async def test_one_holds_and_prolongs_it(store: Store) -> None:
    """Others are refused until it runs out."""
    assert await hold(store, "a", 0, 100)
    assert not await hold(store, "b", 50, 150)
    assert await hold(store, "a", 90, 190)
    assert not await hold(store, "b", 150, 250)


async def test_it_passes_on_when_it_runs_out(store: Store) -> None:
    """A holder that died does not keep it."""
    assert await hold(store, "a", 0, 100)
    assert await hold(store, "b", 100, 200)
    assert not await hold(store, "a", 150, 250)
