"""The life of a room: its states, and when it ends by itself (rooms.md §2). Pure.

    pending ─┐
             ├─▶ active ─▶ ended ─▶ archived
    created ─┘               ▲
       └── deleted unused ───┘   (pending too)

Comes in: what stands in the rows, and now. Goes out: what is due, and when to look again. A room
that nobody is in yet has no deadline: idle rooms cost nothing.
"""

import msgspec

from rooms.errors import ImpossibleTransition
from rooms.model import DAY, SECOND, EndReason, Millis, RoomState

HOST_GRACE = 15 * SECOND
"""rooms.md §2: "15 s after the last host leaves", which covers a page refresh."""
ARCHIVE_AFTER = DAY
"""rooms.md §2: "24 h after `ended`"."""

TRANSITIONS: dict[RoomState, frozenset[RoomState]] = {
    RoomState.PENDING: frozenset({RoomState.ACTIVE, RoomState.ENDED}),
    RoomState.CREATED: frozenset({RoomState.ACTIVE, RoomState.ENDED}),
    RoomState.ACTIVE: frozenset({RoomState.ENDED}),
    RoomState.ENDED: frozenset({RoomState.ARCHIVED}),
    RoomState.ARCHIVED: frozenset(),
}
"""rooms.md §2: "No other transition exists." """
OVER = frozenset({RoomState.ENDED, RoomState.ARCHIVED})
"""Nobody joins, publishes, chats or is given a token."""


class Facts(msgspec.Struct, frozen=True):
    """What the rows say of a room."""

    state: RoomState
    ended_at: Millis | None
    anyone: bool
    """Somebody is there."""
    host: bool
    """One of them is a host."""
    last_left_at: Millis | None
    last_host_left_at: Millis | None
    """None: it never had a host, so nobody waits for one."""


class Verdict(msgspec.Struct, frozen=True):
    """What to do now."""

    end: EndReason | None = None
    archive: bool = False
    deadline: Millis | None = None
    """When to look again, once this is done; None: not before somebody does something."""


def first_state(scheduled_for: Millis | None, now: Millis) -> RoomState:
    """The state that a new room is in."""
    # rooms.md §2: `pending` is for a room "created with `scheduled_for` in the future".
    if scheduled_for is not None and scheduled_for > now:
        return RoomState.PENDING
    return RoomState.CREATED


def check(came_from: RoomState, to: RoomState) -> None:
    """Raises `ImpossibleTransition` when the contract knows no such step."""
    if to not in TRANSITIONS[came_from]:
        raise ImpossibleTransition(f"a room that is {came_from.value} cannot become {to.value}")


def decide(facts: Facts, now: Millis, grace_ms: Millis) -> Verdict:
    """What is due at *now*; a room stays *grace_ms* after its last participant left."""
    if facts.state is RoomState.ENDED:
        return _archiving(facts.ended_at, now)
    if facts.state is not RoomState.ACTIVE:
        return Verdict()
    due = _ending(facts, now, grace_ms)
    if due is None:
        return Verdict()
    at, reason = due
    if at > now:
        return Verdict(deadline=at)
    return Verdict(end=reason, deadline=now + ARCHIVE_AFTER)


def _archiving(ended_at: Millis | None, now: Millis) -> Verdict:
    due = now if ended_at is None else ended_at + ARCHIVE_AFTER
    return Verdict(deadline=due) if due > now else Verdict(archive=True)


def _ending(facts: Facts, now: Millis, grace_ms: Millis) -> tuple[Millis, EndReason] | None:
    """When the room ends unless somebody comes, and why."""
    if facts.host:
        return None
    endings = []
    if facts.last_host_left_at is not None:
        endings.append((facts.last_host_left_at + HOST_GRACE, EndReason.HOST_LEFT))
    if not facts.anyone:
        # An active room that nobody is in and nobody left is a defect; it must not stay for ever.
        left_at = now - grace_ms if facts.last_left_at is None else facts.last_left_at
        endings.append((left_at + grace_ms, EndReason.EMPTY))
    # At the same instant the first counts: a host who was the last to go left a hostless room.
    return min(endings, key=lambda ending: ending[0], default=None)
