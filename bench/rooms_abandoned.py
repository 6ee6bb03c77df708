"""Rooms that everybody has left without a word: how long they cost, and when they end.

Comes in: which store. Goes out, for two rooms: from the last sign of life to what is billed, and
to the end. In one, connections stay open and answer nothing; of the other, the whole server is
killed with SIGKILL, so that every leave event is lost, and a second server has to notice.
"""

import asyncio
import contextlib
import time
from datetime import datetime

from bench import load_http, load_signal, rooms_server
from bench.load_signal import Crowd
from bench.progress import Say
from bench.results import Reading
from bench.rooms_plan import Plan
from bench.rooms_server import RoomsServer
from levelchat.client import LevelChat
from levelchat.contract.rest import ParticipantView, RoomView
from levelchat.errors import EnvironmentFault

ACCRUES_SECONDS = 60
ENDS_SECONDS = 80
PATIENCE_SECONDS = 200
POLL_SECONDS = 0.5
PRESENT_SECONDS = 5.0
"""How long they are there before they vanish."""
CAPABILITIES = ["publish:camera", "subscribe:all"]


async def abandoned(store: str, plan: Plan, say: Say, notes: list[str]) -> list[Reading]:
    """Both rooms at once, on two servers that share a store."""
    async with (
        rooms_server.installed(store) as installation,
        # The one that is killed has swept first: its lease must not keep the other from it.
        rooms_server.serving(installation) as doomed,
        rooms_server.serving(installation) as survivor,
        LevelChat(survivor.base, survivor.key) as lc,
    ):
        silent = await _fill(lc, survivor, plan, "silent")
        killed = await _fill(lc, doomed, plan, "killed")
        say(f"{store}: {2 * plan.abandoned} participants in two rooms")
        await asyncio.sleep(PRESENT_SECONDS)
        for participant in silent[1].members:
            participant.vanish()
        doomed.kill()
        vanished = time.time()
        ended = await asyncio.gather(
            _ended(lc, silent[0], say, store), _ended(lc, killed[0], say, store)
        )
        readings = []
        for name, room in zip(("silent clients", "killed server"), ended, strict=True):
            readings += await _judged(lc, room, name, vanished)
        for participant in silent[1].members:
            participant.close()
    notes.append(f"{store}: the killed server held the sweeper's lease; the other took over")
    return readings


async def _fill(lc: LevelChat, server: RoomsServer, plan: Plan, name: str) -> tuple[str, Crowd]:
    """A room with people in it, joined at *server*."""
    room = await lc.rooms.create(type="meeting", external_id=name)
    everybody = Crowd()
    for number in range(plan.abandoned):
        token = await lc.rooms.token(room.id, f"{name}-{number}", CAPABILITIES)
        participant = await load_signal.connect(server.port, everybody, token.token)
        await participant.join()
        everybody.members.append(participant)
    return room.id, everybody


async def _ended(lc: LevelChat, room_id: str, say: Say, store: str) -> RoomView:
    """The room, once it is over."""
    began = time.monotonic()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                room = await lc.rooms.get(room_id)
                if room.state in ("ended", "archived"):
                    return room
                say(f"{store}: abandoned {time.monotonic() - began:.0f} s ago")
                await asyncio.sleep(POLL_SECONDS)
    raise load_http.LoadFailed(f"{room_id} did not end within {PATIENCE_SECONDS} s")


async def _judged(lc: LevelChat, room: RoomView, name: str, vanished: float) -> list[Reading]:
    people = [each async for each in lc.rooms.participants(room.id)]
    accrued = max(_seconds(each.left_at) for each in people) - vanished
    usage = await lc.rooms.usage(room.id)
    billed = usage.participant_minutes * 60 - sum(map(_present, people))
    return [
        Reading(f"{name}: usage accrues", round(accrued, 1), "s", ACCRUES_SECONDS),
        Reading(
            f"{name}: room ends", round(_seconds(room.ended_at) - vanished, 1), "s", ENDS_SECONDS
        ),
        Reading(f"{name}: billed beyond left_at", round(abs(billed), 1), "s", 1.0),
    ]


def _present(participant: ParticipantView) -> float:
    return _seconds(participant.left_at) - _seconds(participant.joined_at)


def _seconds(instant: str | None) -> float:
    if instant is None:
        raise _StillThere("a participant of a room that ended has not left")
    return datetime.fromisoformat(instant).timestamp()


class _StillThere(EnvironmentFault):
    """Rows contradict each other."""

    code = "bench_still_there"
    title = "A stranded participant"
