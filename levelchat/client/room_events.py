"""What a participant of a room hears of: values, for `async for` and for callbacks.

Some are messages of the server as they come; those about who is there are worked out from several.
"""

from typing import Any

import msgspec

from levelchat.contract import signal
from levelchat.contract.signal import ParticipantState


class ParticipantJoined(msgspec.Struct, frozen=True):
    """Somebody came."""

    participant: ParticipantState


class ParticipantChanged(msgspec.Struct, frozen=True):
    """Somebody raised a hand, began to publish, or the like."""

    before: ParticipantState
    participant: ParticipantState


class ParticipantLeft(msgspec.Struct, frozen=True):
    """Somebody went."""

    participant: ParticipantState
    reason: str
    """`left`, `kicked`, `lost`, …; empty if it went while we were away."""


class Reconnecting(msgspec.Struct, frozen=True):
    """The connection broke; commands wait, and nothing is heard until `Reconnected`."""

    code: int | None
    """Of the WebSocket's close, if there was one."""


class Reconnected(msgspec.Struct, frozen=True):
    """The connection is back."""

    resumed: bool
    """Whether the others never saw us go."""


class Closed(msgspec.Struct, frozen=True):
    """The last event: we are out of the room, for the reason that *code* names."""

    code: int | None


Event = (
    ParticipantJoined
    | ParticipantChanged
    | ParticipantLeft
    | Reconnecting
    | Reconnected
    | Closed
    | signal.ChatMessage
    | signal.Reaction
    | signal.MuteAsked
    | signal.ConnectionQuality
    | signal.Signalled
    | signal.TokenRenewed
    | signal.Kicked
    | signal.RoomEnded
    | signal.Moved
    | signal.Error
)
"""All there are."""

NAMES: dict[type[Any], str] = {
    ParticipantJoined: "participant-joined",
    ParticipantChanged: "participant-changed",
    ParticipantLeft: "participant-left",
    Reconnecting: "reconnecting",
    Reconnected: "reconnected",
    Closed: "closed",
    signal.ChatMessage: "chat",
    signal.Reaction: "reaction",
    signal.MuteAsked: "mute",
    signal.ConnectionQuality: "connection-quality",
    signal.Signalled: "signal",
    signal.TokenRenewed: "token",
    signal.Kicked: "kicked",
    signal.RoomEnded: "room-ended",
    signal.Moved: "moved",
    signal.Error: "error",
}
"""What callbacks know them by (rooms.md §7)."""


def arguments(event: Event) -> tuple[object, ...]:
    """What a callback is given, in the order of rooms.md §7."""
    match event:
        case ParticipantJoined(participant) | ParticipantLeft(participant):
            return (participant,)
        case signal.ConnectionQuality():
            return (event.id, event)
        case _:
            return (event,)
