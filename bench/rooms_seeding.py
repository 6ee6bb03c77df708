"""Rooms by the hundred thousand, written into the database before a server starts.

Comes in: an installation on which a server has run once. Goes out: rows as `POST /v1/rooms`
writes them, in bulk: through the API it would take minutes and show the same.
"""

import random
import time
from collections.abc import Iterator
from typing import Any

from sqlalchemy import insert, text

from bench.rooms_server import Installation
from levelchat.auth.token import DEFAULT_PROJECT
from rooms import ids
from rooms.model import RoomConfig
from rooms.store import rooms as room_rows
from rooms.store.store import Store
from rooms.store.tables import rooms
from rooms.tenancy import DEFAULT_ORGANISATION

CHUNK = 5_000
DAYS_MS = 90 * 86_400_000
"""Over which the rooms were made."""
_TYPES = (("meeting", 70), ("live", 20), ("webinar", 5), ("1to1", 5))
_STATES = (("created", 60), ("pending", 5), ("archived", 35))


async def seed(installation: Installation, count: int) -> None:
    """*count* idle rooms of the default project: nobody is in them, nothing is due."""
    store = Store(installation.database)
    await store.open()
    try:
        for chunk in _chunks(count):
            async with store.writing(None) as db:
                await db.execute(insert(rooms), chunk)
        if store.dialect == "postgresql":
            async with store.writing(None) as db:
                # What autovacuum does within a minute of such a load.
                await db.execute(text("ANALYZE"))
    finally:
        await store.close()


def _chunks(count: int) -> Iterator[list[dict[str, Any]]]:
    chance = random.Random(1)  # noqa: S311 - repeatable, not secret
    now = time.time_ns() // 1_000_000
    for begin in range(0, count, CHUNK):
        yield [
            _row(number, now - DAYS_MS + number * DAYS_MS // count, chance)
            for number in range(begin, min(count, begin + CHUNK))
        ]


def _row(number: int, at: int, chance: random.Random) -> dict[str, Any]:
    name = f"r_seed_{number:08}"
    state = _one_of(_STATES, chance)
    archived = at if state == "archived" else None
    return {
        "media_id": name,
        "org_id": DEFAULT_ORGANISATION,
        "project_id": DEFAULT_PROJECT,
        "id": name,
        "external_id": external_id(number),
        "type": _one_of(_TYPES, chance),
        "config": room_rows.encode_config(RoomConfig(max_participants=50)),
        "state": state,
        "short_code": short_code(number),
        "scheduled_for": at + DAYS_MS * 2 if state == "pending" else None,
        "created_at": at,
        # Older than any that is made now.
        "created_key": f"k_0{number:025}",
        "started_at": archived,
        "ended_at": archived,
        "archived_at": archived,
        "end_reason": "empty" if archived else None,
        "moderated": False,
        "deadline_at": None,
    }


def room_id(number: int) -> str:
    """Of the seeded room *number*."""
    return f"r_seed_{number:08}"


def external_id(number: int) -> str:
    """Of the seeded room *number*; every tenth shares it with nine before."""
    return f"series-{number // 10}"


def short_code(number: int) -> str:
    """Of the seeded room *number*."""
    letters = []
    for _ in range(ids.CODE_LENGTH):
        number, letter = divmod(number, len(ids.CODE_LETTERS))
        letters.append(ids.CODE_LETTERS[letter])
    return "".join(letters)


def _one_of(weighted: tuple[tuple[str, int], ...], chance: random.Random) -> str:
    return chance.choices([name for name, _ in weighted], [weight for _, weight in weighted])[0]
