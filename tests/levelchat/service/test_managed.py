"""Laws of levelchat.service.managed."""

import pytest

from levelchat.service import managed
from levelchat.service.managed import ManagedRooms


def test_a_room_once_managed_stays_so() -> None:
    """Whatever is doubted or cleared of it later."""
    rooms = ManagedRooms(expects_rooms=True)
    assert "r_1" not in rooms
    rooms.note("r_1")
    rooms.doubt("r_1")
    rooms.clear("r_1")

    assert "r_1" in rooms
    assert rooms.doubted == []


def test_in_doubt_a_room_is_managed() -> None:
    """Until rooms says that it knows nothing of it, or that it manages it."""
    rooms = ManagedRooms(expects_rooms=True)
    rooms.doubt("r_1")
    rooms.doubt("r_2")
    assert "r_1" in rooms
    assert rooms.doubted == ["r_1", "r_2"]
    rooms.clear("r_1")
    rooms.note("r_2")

    assert "r_1" not in rooms
    assert "r_2" in rooms
    assert rooms.doubted == []


def test_where_there_are_no_rooms_nothing_is_doubted() -> None:
    """A node without a control plane would otherwise be closed for ever."""
    rooms = ManagedRooms(expects_rooms=False)
    rooms.doubt("r_1")

    assert "r_1" not in rooms


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The room spoken of longest ago goes first."""
    monkeypatch.setattr(managed, "MAX_ROOMS", 2)
    rooms = ManagedRooms(expects_rooms=True)
    for media_id in ("r_1", "r_2", "r_1", "r_3"):
        rooms.note(media_id)
        rooms.doubt(f"{media_id}_other")

    assert [each in rooms for each in ("r_1", "r_2", "r_3")] == [True, False, True]
    assert len(rooms.doubted) == 2
