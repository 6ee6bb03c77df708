"""Who hosts a room."""

import pytest
from sessionrows import session_row

from rooms.hosts import Attendance, attendance, is_host
from rooms.model import Session


@pytest.mark.parametrize(
    ("moderator", "publisher", "moderated", "expected"),
    [
        (False, False, False, False),
        (False, True, False, True),
        (True, False, True, True),
        (True, True, True, True),
        (False, True, True, False),
        (False, False, True, False),
    ],
)
def test_publishers_host_until_a_moderator_came(
    *, moderator: bool, publisher: bool, moderated: bool, expected: bool
) -> None:
    """rooms.md §2: moderators; if there never was one in this room, every publisher."""
    assert is_host(moderator, publisher, moderated) is expected


@pytest.mark.parametrize(
    ("sessions", "moderated", "expected"),
    [
        ([], False, Attendance(False, False, None, None)),
        ([session_row(left_at=None)], False, Attendance(True, False, None, None)),
        ([session_row(publisher=True, left_at=None)], False, Attendance(True, True, None, None)),
        ([session_row(publisher=True, left_at=None)], True, Attendance(True, False, None, None)),
        (
            [
                session_row(publisher=True, left_at=5),
                session_row(left_at=7),
                session_row(left_at=6),
            ],
            False,
            Attendance(False, False, 7, 5),
        ),
        (
            [session_row(publisher=True, left_at=5), session_row(moderator=True, left_at=3)],
            True,
            Attendance(False, False, 5, 3),
        ),
        (
            [session_row(moderator=True, left_at=3), session_row(moderator=True, left_at=None)],
            True,
            Attendance(True, True, 3, 3),
        ),
    ],
)
def test_what_sessions_say_of_a_room(
    *, sessions: list[Session], moderated: bool, expected: Attendance
) -> None:
    """Somebody is there while one session is open; the last to leave is the latest."""
    assert attendance(sessions, moderated=moderated) == expected
