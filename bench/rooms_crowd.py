"""Thousands in one room: how fast one joins, and how fast all hear of a word, a joiner, a leaver.

Comes in: which store. Goes out: join latencies at a fixed rate; from the sending of one message to
the last participant's receipt of it, one message at a time.
"""

import asyncio
import time

import msgspec

from bench import load_http, load_signal, rooms_server
from bench.load_http import Pool, request
from bench.load_signal import Crowd, Participant
from bench.progress import Say
from bench.results import Reading, percentiles
from bench.rooms_plan import Plan
from bench.rooms_rest import checked, make_room
from bench.rooms_server import RoomsServer
from levelchat.client.timing import Distribution
from levelchat.contract import signal

JOIN_P95_MS = 100
HEARD_P95_MS = 500
CAPABILITIES = ["subscribe:all", "chat:send"]
PAUSE_SECONDS = 0.3
"""Between two rounds: nothing of the one before is under way."""


async def crowd(store: str, plan: Plan, say: Say, notes: list[str]) -> list[Reading]:
    """Fills a room, then lets one thing happen at a time."""
    async with (
        rooms_server.installed(store) as installation,
        rooms_server.serving(installation) as server,
    ):
        room, tokens = await _tokens(server, plan, say)
        everybody = Crowd()
        empty = server.cost()
        joins = Distribution()
        say(f"{store}: {plan.participants:,} join {room}")
        for taken_ns in await load_signal.join_at_rate(
            everybody,
            server.port,
            tokens[: plan.participants],
            plan.rate,
            lambda count: say(f"{store}: {count:,} of {plan.participants:,} joined"),
        ):
            joins.add(taken_ns)
        await asyncio.sleep(plan.settle_seconds)
        full = server.cost()
        heard = await _rounds(server, everybody, tokens[plan.participants :], store, plan, say)
        for participant in everybody.members:
            participant.close()
    per_join = (full.processor - empty.processor) / plan.participants
    memory = (full.resident - empty.resident) / plan.participants
    notes.append(f"{store}: {plan.participants:,} participants of a `live` room joined")
    people = f"{plan.participants:,}"
    return [
        *percentiles(f"join at {plan.rate:g}/s, up to {people}", joins, {95: JOIN_P95_MS}),
        *(
            reading
            for name, latency in heard.items()
            for reading in percentiles(
                f"{name}, until all {people} heard", latency, {95: HEARD_P95_MS}
            )
        ),
        Reading("server's processor for one join", round(per_join * 1e3, 2), "ms"),
        Reading("server's memory for a participant", round(memory / 1024, 1), "KB"),
    ]


async def _tokens(server: RoomsServer, plan: Plan, say: Say) -> tuple[str, list[str]]:
    """A room, a token for each participant and for each who joins late."""
    pool = Pool(server.port, most=plan.connections)
    room = await make_room(pool, server, type="live")
    count = plan.participants + plan.rounds
    names = [f"p-{number}" for number in range(plan.participants)]
    names += [f"late-{number}-" for number in range(plan.rounds)]
    say(f"minting {count:,} tokens")

    async def mint(number: int) -> str:
        # A host, so that the room has one.
        more = ["moderate:participants"] if number == 0 else []
        body = {"identity": names[number], "capabilities": CAPABILITIES + more}
        answer = await pool.ask(request("POST", f"/v1/rooms/{room}/tokens", server.key, body))
        return str(msgspec.json.decode(checked(answer))["token"])

    tokens = await asyncio.gather(*map(mint, range(count)))
    pool.close()
    return room, tokens


async def _rounds(
    server: RoomsServer, everybody: Crowd, late: list[str], store: str, plan: Plan, say: Say
) -> dict[str, Distribution]:
    """A message, a joiner, a leaver; again and again."""
    chat, joined, left = Distribution(), Distribution(), Distribution()
    for number, token in enumerate(late):
        say(f"{store}: round {number + 1} of {plan.rounds}")
        speaker = everybody.members[number % len(everybody.members)]
        chat.add(await _chat(everybody, speaker, number))
        newcomer = await load_signal.connect(server.port, Crowd(), token)
        joined.add(await _join(everybody, newcomer, number))
        left.add(await _leave(everybody, newcomer, number))
        lost = sum(member.lost for member in everybody.members)
        if lost:
            raise load_http.LoadFailed(f"{lost} participants were disconnected")
    return {"chat": chat, "a join": joined, "a leave": left}


async def _chat(everybody: Crowd, speaker: Participant, number: int) -> int:
    heard = everybody.expect('"type":"chat"', f"word-{number}-")
    sent_ns = time.monotonic_ns()
    speaker.say(signal.ChatSend(text=f"word-{number}-"))
    return await _by_all(heard, sent_ns)


async def _join(everybody: Crowd, newcomer: Participant, number: int) -> int:
    heard = everybody.expect('"joined":[', f'"late-{number}-"')
    sent_ns = time.monotonic_ns()
    await newcomer.join()
    return await _by_all(heard, sent_ns)


async def _leave(everybody: Crowd, newcomer: Participant, number: int) -> int:
    heard = everybody.expect('"left":[', f'"late-{number}-"')
    sent_ns = time.monotonic_ns()
    newcomer.say(signal.Leave())
    taken_ns = await _by_all(heard, sent_ns)
    newcomer.close()
    return taken_ns


async def _by_all(heard: load_signal.Expected, sent_ns: int) -> int:
    taken_ns = await heard.by_all() - sent_ns
    await asyncio.sleep(PAUSE_SECONDS)
    return taken_ns
