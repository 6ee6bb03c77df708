"""Short statements on the loop, long ones in a thread."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import column, func, insert, literal, select, text
from sqlalchemy.sql import Select

from rooms.errors import StoreUnavailable
from rooms.store import inline
from rooms.store.inline import InlineConnection
from rooms.store.tables import organisations

FOREVER = 10**12


@pytest.fixture
def dialect() -> str:
    """Here the other database is no use."""
    return "sqlite"


@pytest.fixture
def executor() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as made:
        yield made


@pytest.fixture
async def db(store_url: str, executor: ThreadPoolExecutor) -> AsyncIterator[InlineConnection]:
    """A connection in a transaction."""
    engine = inline.engine(Path(store_url.removeprefix("sqlite:///")), writes=True)
    connection = InlineConnection(engine, executor)
    connection.raw.execute("BEGIN IMMEDIATE")
    with connection.begun():
        yield connection
    connection.discard()


@pytest.fixture
def threads(db: InlineConnection, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The calls that went to a thread."""
    seen: list[str] = []
    in_thread = InlineConnection.in_thread

    async def counted(self: InlineConnection, call: object) -> object:
        seen.append("thread")
        return await in_thread(self, call)

    monkeypatch.setattr(InlineConnection, "in_thread", counted)
    return seen


def _count_to(number: int) -> Select[tuple[int]]:
    """A query of about ten steps a number."""
    numbers = select(literal(1).label("n")).cte("numbers", recursive=True)
    numbers = numbers.union_all(select(numbers.c.n + 1).where(numbers.c.n < number))
    return select(func.count()).select_from(numbers)


async def test_a_short_statement_never_leaves_the_loop(
    db: InlineConnection, threads: list[str]
) -> None:
    """Nothing is awaited: a task that executes ten statements runs through at its first step."""

    async def work() -> None:
        for number in range(10):
            values = {"id": f"org_{number}", "name": f"n{number}", "created_at": 1}
            await db.execute(insert(organisations), values)
            await db.execute(select(organisations))

    task = asyncio.create_task(work())
    await asyncio.sleep(0)

    assert task.done()
    assert threads == []


async def test_a_long_query_is_finished_in_a_thread(
    db: InlineConnection, threads: list[str]
) -> None:
    """The loop goes on meanwhile; the answer is the same, and the transaction stays."""
    await db.execute(insert(organisations), {"id": "org_a", "name": "a", "created_at": 1})
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(others())
    counted = (await db.execute(_count_to(200_000))).scalar_one()
    task.cancel()

    assert counted == 200_000
    assert threads == ["thread"]
    assert turns > 1
    assert (await db.execute(select(organisations.c.id))).scalars().all() == ["org_a"]


async def test_rows_that_come_late_are_long_too(db: InlineConnection, threads: list[str]) -> None:
    """A query whose first row is quick and whose last is not goes to a thread as a whole."""
    numbers = select(literal(1).label("n")).cte("numbers", recursive=True)
    numbers = numbers.union_all(select(numbers.c.n + 1).where(numbers.c.n < 200_000))
    rows = (await db.execute(select(column("n")).select_from(numbers))).all()

    assert len(rows) == 200_000
    assert threads == ["thread"]


async def test_many_rows_are_written_in_a_thread(db: InlineConnection, threads: list[str]) -> None:
    """A hundred rows are written on the loop, more are not."""
    for count in (100, 101):
        rows = [
            {"id": f"{count}.{n}", "name": f"{count}.{n}", "created_at": 1} for n in range(count)
        ]
        await db.execute(insert(organisations), rows)

    assert threads == ["thread"]
    assert (await db.execute(select(func.count()).select_from(organisations))).scalar_one() == 201


async def test_cancelling_stops_a_long_query(db: InlineConnection) -> None:
    """SQLite stops at once; the connection is free and the transaction still open."""
    await db.execute(insert(organisations), {"id": "org_a", "name": "a", "created_at": 1})
    task = asyncio.create_task(_run(db, FOREVER))
    await asyncio.sleep(0.02)

    async with asyncio.timeout(5):
        task.cancel()
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    assert task.cancelled()
    assert (await db.execute(select(organisations.c.id))).scalars().all() == ["org_a"]


async def test_a_statement_has_a_deadline(
    db: InlineConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A query that does not end is stopped, and said."""
    monkeypatch.setattr(inline, "STATEMENT_SECONDS", 0.05)

    with pytest.raises(StoreUnavailable):
        await _run(db, FOREVER)
    assert (await db.execute(text("SELECT 1"))).scalar_one() == 1


async def _run(db: InlineConnection, number: int) -> None:
    await db.execute(_count_to(number))


async def test_rows_may_be_taken_one_by_one(db: InlineConnection) -> None:
    """All ways of SQLAlchemy's to take rows give each row once, in order."""
    rows = [{"id": f"{n}", "name": f"{n}", "created_at": n} for n in range(7)]
    await db.execute(insert(organisations), rows)
    found = await db.execute(
        select(organisations.c.created_at).order_by(organisations.c.created_at)
    )

    taken = [found.fetchone()[0], *(row[0] for row in found.fetchmany(2))]
    taken += [row[0] for row in found.fetchall()]

    assert taken == list(range(7))
