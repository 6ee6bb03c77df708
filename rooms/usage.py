"""What was used: participant minutes and viewer hours (rooms.md §9). Pure.

Comes in: when sessions were there. Goes out: sums in whole milliseconds, so that those of two
adjacent intervals add up exactly.

At any instant a participant counts once, however many connections it has: for participant
minutes, or in a room that is watched and with none of its connections on stage, for viewer hours.
"""

from collections.abc import Iterable

import msgspec

from rooms.model import HOUR, SECOND, Millis, RoomType, Session
from rooms.types import WATCHED

MINUTE = 60 * SECOND


class Stay(msgspec.Struct, frozen=True):
    """From when until when one session was there."""

    room: str
    """Its media id."""
    participant: str
    watched: bool
    """In a room with viewers: `live` or `webinar`."""
    stage: bool
    """It may publish or moderate."""
    start: Millis
    end: Millis


class Usage(msgspec.Struct, frozen=True):
    """Milliseconds used in an interval."""

    participant_ms: int = 0
    viewer_ms: int = 0

    @property
    def participant_minutes(self) -> float:
        return self.participant_ms / MINUTE

    @property
    def viewer_hours(self) -> float:
        return self.viewer_ms / HOUR

    @property
    def recording_gb_stored(self) -> float:
        # Later: there are no recordings yet.
        return 0.0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(self.participant_ms + other.participant_ms, self.viewer_ms + other.viewer_ms)


def stay(session: Session, room_type: RoomType) -> Stay:
    """The session's stay in a room of that type."""
    # rooms.md §2: "`left_at` is when it was last seen": one that still runs counts until then.
    end = session.seen_at if session.left_at is None else session.left_at
    return Stay(
        room=session.media_id,
        participant=session.participant_id,
        watched=room_type in WATCHED,
        stage=session.publisher or session.moderator,
        start=session.joined_at,
        end=end,
    )


def total(stays: Iterable[Stay], since: Millis, until: Millis) -> Usage:
    """What *stays* add up to from *since* until *until* (exclusive)."""
    present: dict[tuple[str, str], list[tuple[Millis, Millis]]] = {}
    on_stage: dict[tuple[str, str], list[tuple[Millis, Millis]]] = {}
    for each in stays:
        start, end = max(each.start, since), min(each.end, until)
        if start >= end:
            continue
        who = (each.room, each.participant)
        present.setdefault(who, []).append((start, end))
        if each.stage or not each.watched:
            on_stage.setdefault(who, []).append((start, end))
    everybody = sum(map(covered, present.values()))
    participants = sum(map(covered, on_stage.values()))
    return Usage(participants, everybody - participants)


def covered(intervals: Iterable[tuple[Millis, Millis]]) -> Millis:
    """How long at least one of *intervals* lasts."""
    length = 0
    reached: Millis | None = None
    for start, end in sorted(intervals):
        begin = start if reached is None else max(start, reached)
        if end > begin:
            length += end - begin
        reached = end if reached is None else max(reached, end)
    return length
