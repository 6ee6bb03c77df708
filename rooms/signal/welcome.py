"""The first message to a participant: all that it needs to begin. Pure.

Comes in: the room as it stands, the participant's place in it. Goes out: `welcome`.
"""

from typing import Any, cast

import msgspec

from levelchat.contract.signal import IceServer, ParticipantState, Welcome
from rooms import views
from rooms.model import Room, RoomType
from rooms.signal import audience
from rooms.signal.chat import History
from rooms.signal.roster import Roster


class Links(msgspec.Struct, frozen=True):
    """Where things are, and how to come back."""

    base: str
    media_base: str
    ice_servers: tuple[IceServer, ...]
    ticket: str


def welcome(
    room: Room,
    me: ParticipantState,
    roster: Roster,
    history: History,
    links: Links,
    *,
    audiences: int,
    resumed: bool,
) -> Welcome:
    """What *me* may know: rooms.md §5, "a publisher without any `subscribe:*` sees nobody"."""
    sees = bool(audiences & audience.PRESENCE)
    participants, cursor = roster.page() if sees else ((me,), "")
    return Welcome(
        participant=me,
        room=shown(room),
        mode="p2p" if room.type is RoomType.ONE_TO_ONE else "sfu",
        participants=participants,
        total=roster.total if sees else 1,
        cursor=cursor,
        chat=history.messages if audiences & audience.CHAT else (),
        ice_servers=links.ice_servers,
        urls=msgspec.to_builtins(views.room_urls(room, links.base, links.media_base)),
        resume=links.ticket,
        resumed=resumed,
    )


def shown(room: Room) -> dict[str, Any]:
    """The room, as far as its participants are concerned."""
    return {
        "id": room.id,
        "type": room.type.value,
        "state": room.state.value,
        "config": cast("dict[str, Any]", msgspec.to_builtins(room.config)),
    }
