"""A hundred thousand idle rooms: what they cost, and how fast one is found among them.

Comes in: which store. Goes out: memory, wake-ups and the sweeper's ticks with and without them;
latencies of lists and lookups, and the databases' own word that they use an index.
"""

import asyncio
import time

from sqlalchemy import Select, select, text
from sqlalchemy.dialects import postgresql, sqlite

from bench import rooms_seeding, rooms_server
from bench.load_http import Pool, request
from bench.process_cost import Cost
from bench.progress import Say
from bench.results import Reading, percentiles
from bench.rooms_plan import Plan
from bench.rooms_rest import checked, make_room
from bench.rooms_server import Installation, RoomsServer
from levelchat.auth.token import DEFAULT_PROJECT
from levelchat.client.timing import Distribution
from rooms.model import RoomState, RoomType
from rooms.store.rooms import RoomFilter, list_query
from rooms.store.store import Store
from rooms.store.tables import rooms
from rooms.tenancy import DEFAULT_ORGANISATION

MEMORY_MB = 20
SWEEP_MS = 50
FOUND_P99_MS = 20
MEGABYTE = 1 << 20
WARM_ROOMS = 100

_SWEEP = "levelchat_rooms_sweep_seconds"
_GAUGES = {
    "levelchat_signal_rooms": "rooms in the server's memory",
    "levelchat_tasks": "asyncio tasks",
}


class _Watched:
    """A server that was left alone for a while."""

    def __init__(self, before: Cost, after: Cost, seconds: float, seen: dict[str, float]) -> None:
        self.resident = after.resident
        self.wakeups = (after.wakeups - before.wakeups) / seconds
        self.processor = (after.processor - before.processor) / seconds
        self.seen = seen


async def idle(store: str, plan: Plan, say: Say, notes: list[str]) -> list[Reading]:
    """The same server, the same work, without and with the rooms."""
    async with rooms_server.installed(store) as installation:
        say(f"{store}: a server without rooms")
        without = await _watched(installation, plan)
        say(f"{store}: writing {plan.rooms:,} idle rooms")
        await rooms_seeding.seed(installation, plan.rooms)
        say(f"{store}: a server with {plan.rooms:,} idle rooms")
        with_them = await _watched(installation, plan)
    notes.append(f"{store}: idle rooms were written in bulk, by SQL, before the server started")
    more = (with_them.resident - without.resident) / MEGABYTE
    return [
        Reading(f"memory for {plan.rooms:,} idle rooms", round(more, 1), "MB", MEMORY_MB),
        Reading("memory without them", round(without.resident / MEGABYTE, 1), "MB"),
        Reading("wake-ups a second, without", round(without.wakeups, 1), "/s"),
        Reading("wake-ups a second, with", round(with_them.wakeups, 1), "/s"),
        Reading("processor, without", round(without.processor * 100, 2), "%"),
        Reading("processor, with", round(with_them.processor * 100, 2), "%"),
        *_sweeps(with_them.seen),
        *_gauges("without", without.seen),
        *_gauges("with", with_them.seen),
    ]


async def listing(store: str, plan: Plan, say: Say, notes: list[str]) -> list[Reading]:
    """Each list and lookup, one after the other on one connection."""
    readings = []
    async with rooms_server.installed(store) as installation:
        async with rooms_server.serving(installation):
            pass
        say(f"{store}: writing {plan.rooms:,} rooms")
        await rooms_seeding.seed(installation, plan.rooms)
        async with rooms_server.serving(installation) as server:
            pool = Pool(server.port, most=1)
            for name, paths in _calls(plan).items():
                say(f"{store}: {name}")
                latency = await _asked(pool, server, paths)
                readings += percentiles(name, latency, {99: FOUND_P99_MS})
            pool.close()
        plans = await _plans(installation)
    notes += [f"{store}: {name}: {lines}" for name, lines in plans.items()]
    by_index = sum(by_an_index(lines) for lines in plans.values())
    return [*readings, Reading("queries by index", by_index, "", len(plans), at_least=True)]


async def _watched(installation: Installation, plan: Plan) -> _Watched:
    async with rooms_server.serving(installation) as server:
        pool = Pool(server.port, most=8)
        for number in range(WARM_ROOMS):
            room = await make_room(pool, server, external_id=f"warm-{number}")
            for path in (f"/v1/rooms/{room}", "/v1/rooms?limit=100"):
                checked(await pool.ask(request("GET", path, server.key)))
        pool.close()
        await asyncio.sleep(plan.settle_seconds)
        before = server.cost()
        await asyncio.sleep(plan.idle_seconds)
        return _Watched(before, server.cost(), plan.idle_seconds, await server.metrics())


def _sweeps(seen: dict[str, float]) -> list[Reading]:
    count = seen.get(f"{_SWEEP}_count", 0.0)
    if not count:
        return [Reading("ticks of the sweeper", 0, "", 1, at_least=True)]
    mean = seen[f"{_SWEEP}_sum"] / count * 1e3
    # A histogram tells the bucket of the longest, not the longest.
    bounds = [
        float(name.partition('le="')[2].partition('"')[0])
        for name, value in seen.items()
        if name.startswith(f"{_SWEEP}_bucket") and value >= count
    ]
    return [
        Reading("ticks of the sweeper", count, "", 1, at_least=True),
        Reading("tick of the sweeper, mean", round(mean, 2), "ms", SWEEP_MS),
        Reading("tick of the sweeper, longest at most", min(bounds) * 1e3, "ms", SWEEP_MS),
    ]


def _gauges(which: str, seen: dict[str, float]) -> list[Reading]:
    return [
        Reading(f"{title}, {which}", seen[name], "")
        for name, title in _GAUGES.items()
        if name in seen
    ]


def _calls(plan: Plan) -> dict[str, list[str]]:
    step = max(1, plan.rooms // plan.requests)
    numbers = range(0, plan.rooms, step)
    return {
        "list, newest 100": ["/v1/rooms?limit=100"] * plan.requests,
        "list, 100 from anywhere": [
            f"/v1/rooms?limit=100&cursor=k_0{number:025}" for number in numbers
        ],
        "list, archived": ["/v1/rooms?limit=100&state=archived"] * plan.requests,
        "list, webinars": ["/v1/rooms?limit=100&type=webinar"] * plan.requests,
        "list, archived webinars": ["/v1/rooms?limit=100&state=archived&type=webinar"]
        * plan.requests,
        "list, by external_id": [
            f"/v1/rooms?external_id={rooms_seeding.external_id(number)}" for number in numbers
        ],
        "get, by id": [f"/v1/rooms/{rooms_seeding.room_id(number)}" for number in numbers],
        "get, by external_id": [
            f"/v1/rooms/ext:{rooms_seeding.external_id(number)}" for number in numbers
        ],
        "get, by short code": [f"/r/{rooms_seeding.short_code(number)}" for number in numbers],
    }


async def _asked(pool: Pool, server: RoomsServer, paths: list[str]) -> Distribution:
    latency = Distribution()
    for path in paths:
        sent_ns = time.monotonic_ns()
        answer = await pool.ask(request("GET", path, server.key, Accept="application/json"))
        checked(answer)
        latency.add(answer.at_ns - sent_ns)
    return latency


async def _plans(installation: Installation) -> dict[str, str]:
    """How the database would carry out each query, as a tenant."""
    store = Store(installation.database)
    await store.open()
    word = "EXPLAIN QUERY PLAN " if store.dialect == "sqlite" else "EXPLAIN "
    try:
        async with store.reading(DEFAULT_ORGANISATION) as db:
            found = {}
            for name, query in _queries().items():
                rows = await db.execute(text(word + _sql(query, store.dialect)))
                found[name] = " / ".join(str(row[-1]).strip() for row in rows)
            return found
    finally:
        await store.close()


def _queries() -> dict[str, Select[tuple[object, ...]]]:
    filters = {
        "list": RoomFilter(),
        "list by state": RoomFilter(state=RoomState.ARCHIVED),
        "list by type": RoomFilter(type=RoomType.WEBINAR),
        "list by external_id": RoomFilter(external_id="series-1"),
    }
    lists = {
        name: list_query(DEFAULT_PROJECT, each, "k_1").limit(101) for name, each in filters.items()
    }
    mine = rooms.c.project_id == DEFAULT_PROJECT
    return lists | {
        "get by id": select(rooms).where(mine, rooms.c.id == "r_1"),
        "get by short code": select(rooms).where(
            rooms.c.org_id == DEFAULT_ORGANISATION, rooms.c.short_code == "a"
        ),
        "what is due": select(rooms.c.media_id)
        .where(rooms.c.deadline_at <= 1)
        .order_by(rooms.c.deadline_at)
        .limit(500),
    }


def _sql(query: Select[tuple[object, ...]], dialect: str) -> str:
    chosen = sqlite.dialect() if dialect == "sqlite" else postgresql.dialect()  # type: ignore[no-untyped-call]
    return str(query.compile(dialect=chosen, compile_kwargs={"literal_binds": True})).replace(
        ":", r"\:"
    )


def by_an_index(lines: str) -> bool:
    """Whether a plan reads through an index, and neither a whole table nor a whole index."""
    # PostgreSQL rather sorts a handful of rows than reads an index in its order; SQLite sorts
    # only for want of an index.
    return "INDEX" in lines.upper() and not any(
        word in lines for word in ("Seq Scan", "SCAN rooms", "TEMP B-TREE")
    )
