"""The first message has what its participant may know."""

from typing import Any

import pytest

from levelchat.contract.signal import ROSTER_PAGE, ChatMessage, IceServer
from rooms.model import Room, RoomConfig, RoomState, RoomType
from rooms.signal import audience
from rooms.signal.chat import History
from rooms.signal.roster import Presence, Roster
from rooms.signal.welcome import Links, welcome

LINKS = Links("https://lc.example", "https://media.example", (IceServer(urls=("stun:s",)),), "t")


def _room(room_type: RoomType = RoomType.MEETING) -> Room:
    nothing: dict[str, Any] = dict.fromkeys(
        ("external_id", "scheduled_for", "started_at", "ended_at", "archived_at", "end_reason")
    )
    return Room(
        media_id="r_1",
        org_id="org_1",
        project_id="prj_1",
        id="r_1",
        type=room_type,
        config=RoomConfig(max_participants=9),
        state=RoomState.ACTIVE,
        short_code="abc",
        created_at=1,
        moderated=False,
        deadline_at=None,
        **nothing,
    )


def _welcome(audiences: int, *, count: int = 3, room: Room | None = None) -> Any:
    roster, history = Roster(), History()
    for number in range(count):
        name = f"u{number:04}"
        roster.open(Presence(f"s_{name}", f"p_{name}", name, "", (), "signal", number))
    history.add(ChatMessage(id="msg_1", identity="u0001", name="", text="hi", at=1))
    me = roster.find("u0000")
    assert me is not None
    return welcome(room or _room(), me, roster, history, LINKS, audiences=audiences, resumed=False)


def test_who_may_watch_sees_the_room() -> None:
    """Participants, chat, where the media is, the ticket to come back with."""
    message = _welcome(audience.PRESENCE | audience.CHAT)

    assert [each.identity for each in message.participants] == ["u0000", "u0001", "u0002"]
    assert (message.total, message.cursor, message.mode) == (3, "", "sfu")
    assert [each.text for each in message.chat] == ["hi"]
    assert message.urls["whip"] == "https://media.example/v1/whip/r_1"
    assert message.urls["signal"] == "wss://lc.example/v1/signal"
    assert (message.resume, message.ice_servers) == ("t", LINKS.ice_servers)
    assert message.room == {
        "id": "r_1",
        "type": "meeting",
        "state": "active",
        "config": {"max_participants": 9},
    }


@pytest.mark.parametrize(("audiences", "chat"), [(0, 0), (audience.CHAT, 1)])
def test_a_publisher_who_may_not_watch_sees_nobody(audiences: int, chat: int) -> None:
    """rooms.md §5; who may chat is told what was said."""
    message = _welcome(audiences)

    assert [each.identity for each in message.participants] == ["u0000"]
    assert (message.total, message.cursor) == (1, "")
    assert len(message.chat) == chat


def test_a_crowd_comes_in_pages() -> None:
    """`roster` goes on where `welcome` stops."""
    message = _welcome(audience.PRESENCE, count=ROSTER_PAGE + 1)

    assert len(message.participants) == ROSTER_PAGE
    assert message.total == ROSTER_PAGE + 1
    assert message.cursor


def test_two_connect_directly() -> None:
    """rooms.md §3: `1to1` is peer to peer."""
    assert _welcome(0, room=_room(RoomType.ONE_TO_ONE)).mode == "p2p"
