"""Rooms made and tokens minted: at a fixed rate, and as fast as one server can.

Comes in: which store. Goes out: latencies from the instant at which each call was due, and calls
a second.
"""

import secrets
from collections.abc import Iterator
from functools import partial

import msgspec

from bench import load_http, rooms_server
from bench.load_http import Pool, request
from bench.progress import Say
from bench.results import Reading, percentiles
from bench.rooms_plan import Plan
from bench.rooms_server import RoomsServer

CREATE_P99_MS = 25
TOKENS_PER_SECOND = 2_000
WARM_SECONDS = 2.0
CAPABILITIES = ["publish:camera", "publish:screen", "subscribe:all", "chat:send"]


async def creates(store: str, plan: Plan, say: Say, notes: list[str]) -> list[Reading]:
    """`POST /v1/rooms` at a fixed rate."""
    async with (
        rooms_server.installed(store) as installation,
        rooms_server.serving(installation) as server,
    ):
        pool = Pool(server.port)
        await _warm(pool, server, plan)
        count = int(plan.rate * plan.seconds)
        before = server.cost()

        def counted() -> Iterator[bytes]:
            for number in range(count):
                if number % 100 == 0:
                    say(f"{store}: creates {number:,} of {count:,}")
                yield _create(server.key, number, plan)

        paced = await load_http.at_rate(pool, counted(), plan.rate)
        spent = server.cost().processor - before.processor
        pool.close()
    late = paced.late.quantiles_ns(99)[0] / 1e6
    notes.append(f"{store}: creates: the load itself was late by {late:.1f} ms at p99")
    return [
        *percentiles(f"POST /v1/rooms at {plan.rate:g}/s", paced.latency, {99: CREATE_P99_MS}),
        Reading("creates that failed", paced.failures, "", 0),
        Reading("server's processor for one create", round(spent / count * 1e3, 3), "ms"),
    ]


async def highest(store: str, plan: Plan, say: Say, notes: list[str]) -> list[Reading]:
    """`POST /v1/rooms` as fast as it goes."""
    del notes
    async with (
        rooms_server.installed(store) as installation,
        rooms_server.serving(installation) as server,
    ):
        pool = Pool(server.port)
        await _warm(pool, server, plan)
        say(f"{store}: creates as fast as {plan.connections} connections go")
        rate, latency = await load_http.as_fast_as_possible(
            pool,
            lambda number: _create(server.key, number, plan),
            plan.connections,
            plan.closed_seconds,
        )
        pool.close()
    return [
        Reading("highest creates a second", round(rate), "/s"),
        *percentiles("POST /v1/rooms as fast as it goes", latency),
    ]


async def tokens(store: str, plan: Plan, say: Say, notes: list[str]) -> list[Reading]:
    """Tokens for a room that exists, and on the fly."""
    del notes
    readings = []
    async with (
        rooms_server.installed(store) as installation,
        rooms_server.serving(installation) as server,
    ):
        pool = Pool(server.port)
        await _warm(pool, server, plan)
        room = await make_room(pool, server, type="meeting")
        for name, path, extra, goal in (
            ("POST …/{id}/tokens", f"/v1/rooms/{room}/tokens", {}, TOKENS_PER_SECOND),
            ("POST …/auth/tokens/room, room exists", _ON_THE_FLY, {"room_id": room}, None),
        ):
            say(f"{store}: {name} as fast as {plan.connections} connections go")
            body = {"identity": "ada", "capabilities": CAPABILITIES, **extra}
            sent = request("POST", path, server.key, body)
            rate, latency = await load_http.as_fast_as_possible(
                pool, partial(_same, sent), plan.connections, plan.closed_seconds
            )
            readings.append(Reading(f"{name} a second", round(rate), "/s", goal, at_least=True))
            readings += percentiles(name, latency)
        say(f"{store}: tokens on the fly, each for a new room")
        rate, latency = await load_http.as_fast_as_possible(
            pool,
            lambda number: _on_the_fly(server.key, number),
            plan.connections,
            plan.closed_seconds,
        )
        name = "POST …/auth/tokens/room, room is new"
        readings.append(Reading(f"{name} a second", round(rate), "/s"))
        readings += percentiles(name, latency)
        pool.close()
    return readings


async def make_room(pool: Pool, server: RoomsServer, **fields: object) -> str:
    """The id of a new room."""
    answer = await pool.ask(request("POST", "/v1/rooms", server.key, fields))
    return str(msgspec.json.decode(checked(answer))["id"])


def checked(answer: load_http.Answer) -> bytes:
    """The body of a good answer; raises `LoadFailed` for another."""
    if answer.status >= 400:
        raise load_http.LoadFailed(f"{answer.status}: {answer.body.decode(errors='replace')}")
    return answer.body


_ON_THE_FLY = "/v1/auth/tokens/room"


async def _warm(pool: Pool, server: RoomsServer, plan: Plan) -> None:
    """Connections are open, statements prepared, and nothing is done for the first time."""
    seconds = min(WARM_SECONDS, plan.closed_seconds, plan.settle_seconds)
    await load_http.as_fast_as_possible(
        pool, lambda number: _create(server.key, -number - 1, plan), plan.connections, seconds
    )


def _create(key: str, number: int, plan: Plan) -> bytes:
    body = {
        "external_id": f"bench-{number}",
        "type": "live",
        "config": {"max_participants": 50, "record": {"enabled": False}},
    }
    headers = {"Idempotency_Key": secrets.token_urlsafe(18)} if plan.idempotent else {}
    return request("POST", "/v1/rooms", key, body, **headers)


def _same(sent: bytes, _number: int) -> bytes:
    return sent


def _on_the_fly(key: str, number: int) -> bytes:
    body = {"room_id": f"r_fly_{number}", "identity": "ada", "capabilities": CAPABILITIES}
    return request("POST", _ON_THE_FLY, key, body)
