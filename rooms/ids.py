"""Identifiers: a prefix that says what it is, and a ULID (rooms.md §4). Pure.

Comes in: now and randomness. Goes out: ids and short codes.
"""

import re
from collections.abc import Callable

from ulid import ULID

from levelchat.contract import names

ROOM, PARTICIPANT, SESSION = "r", "p", "s"
ORGANISATION, PROJECT, USER = "org", "prj", "usr"
WEBHOOK, EVENT, DELIVERY, MESSAGE = "wh", "evt", "dlv", "msg"

ROOM_ID = re.compile(names.ROOM)
"""rooms.md §4: an app may pick its own."""
EXTERNAL_PREFIX = "ext:"
"""`GET /v1/rooms/ext:<external_id>`."""

CODE_LETTERS = "23456789abcdefghjkmnpqrstvwxyz"
"""Without 0 o 1 i l and u, which are taken for each other or for v."""
CODE_LENGTH = 10
"""30^10 is 5.9e14: at 20 guesses a second, a code among a million takes a year to hit."""


def new(prefix: str) -> str:
    """A new id; those that this process makes later sort after those made before."""
    return f"{prefix}_{ULID()}"


def short_code(choose: Callable[[str], str]) -> str:
    """A join code; *choose* picks one letter, unpredictably (`secrets.choice`)."""
    return "".join(choose(CODE_LETTERS) for _ in range(CODE_LENGTH))
