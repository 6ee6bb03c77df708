"""Who hosts a room (rooms.md §2). Pure.

Comes in: what the sessions of a room may do. Goes out: whether a host is there, and when the last
one left.
"""

from collections.abc import Iterable

import msgspec

from rooms.model import Millis, Session


class Attendance(msgspec.Struct, frozen=True):
    """What `rooms.lifecycle.Facts` says of the participants."""

    anyone: bool
    host: bool
    last_left_at: Millis | None
    last_host_left_at: Millis | None


def is_host(moderator: bool, publisher: bool, moderated: bool) -> bool:  # noqa: FBT001 - columns
    """Whether a session is a host's, in a room that was ever *moderated* or not."""
    # rooms.md §2: "a participant whose token holds `moderate:participants`; if no such token was
    # ever used in this room, every participant with any `publish:*` counts as one".
    return moderator if moderated else publisher


def attendance(sessions: Iterable[Session], *, moderated: bool) -> Attendance:
    """What all sessions of a room, running and over, say together."""
    anyone = host = False
    left: list[Millis] = []
    hosts_left: list[Millis] = []
    for session in sessions:
        hosting = is_host(session.moderator, session.publisher, moderated)
        if session.left_at is None:
            anyone = True
            host = host or hosting
            continue
        left.append(session.left_at)
        if hosting:
            hosts_left.append(session.left_at)
    return Attendance(anyone, host, max(left, default=None), max(hosts_left, default=None))
