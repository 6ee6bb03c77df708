"""How connections end with sessions, and sessions with connections."""

import pytest

from levelchat.contract import signal
from levelchat.contract.signal import Kicked, RoomEnded
from rooms.model import LeaveReason
from rooms.signal import farewell


@pytest.mark.parametrize(
    ("reason", "message", "code"),
    [
        ("kicked", Kicked(reason="kicked"), signal.CLOSE_KICKED),
        ("host_ended", RoomEnded(reason="host_ended"), signal.CLOSE_ROOM_ENDED),
        ("host_left", RoomEnded(reason="host_left"), signal.CLOSE_ROOM_ENDED),
        ("empty", RoomEnded(reason="empty"), signal.CLOSE_ROOM_ENDED),
        ("lost", None, signal.CLOSE_LOST),
        ("replaced", None, signal.CLOSE_REPLACED),
        ("left", None, signal.CLOSE_LEFT),
    ],
)
def test_each_end_has_its_words(reason: str, message: object, code: int) -> None:
    """Kicks and ends are said before the connection closes (rooms.md §6)."""
    assert farewell.of(reason) == (message, code)


@pytest.mark.parametrize(
    ("code", "peer", "expected"),
    [
        (None, None, None),
        (None, 4999, None),
        (None, 1000, LeaveReason.LEFT),
        (None, 1001, LeaveReason.LEFT),
        (None, 0, LeaveReason.LEFT),
        (signal.CLOSE_LEFT, 1000, LeaveReason.LEFT),
        (signal.CLOSE_TOO_SLOW, None, None),
        (signal.CLOSE_LOST, None, LeaveReason.LOST),
        (signal.CLOSE_REPLACED, 1000, LeaveReason.REPLACED),
        (signal.CLOSE_MALFORMED, None, LeaveReason.LEFT),
        (signal.CLOSE_TOO_BIG, None, LeaveReason.LEFT),
        (signal.CLOSE_UNAUTHORISED, None, LeaveReason.KICKED),
    ],
)
def test_only_an_accident_can_be_resumed(
    code: int | None, peer: int | None, expected: LeaveReason | None
) -> None:
    """Who closed on purpose has left; who was cut off may come back."""
    assert farewell.session_ends(code, peer, moved=False) == expected


def test_who_was_sent_elsewhere_goes_on_there() -> None:
    """However its client closes the connection."""
    assert farewell.session_ends(signal.CLOSE_GOING_AWAY, 1001, moved=True) is None
    assert farewell.session_ends(None, 1000, moved=True) is None
