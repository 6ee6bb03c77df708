"""Clients of a LevelChat server: the SDK for servers, a publisher of a test pattern, and a viewer
that checks rules.
"""

from levelchat.client.api_errors import (
    ApiError,
    Conflict,
    Forbidden,
    IdempotencyConflict,
    Invalid,
    NotBuiltYet,
    NotFound,
    QuotaExceeded,
    RoomEnded,
    RoomExists,
    RoomFull,
    ServerFault,
    TooManyRequests,
    Unauthorised,
    Unavailable,
)
from levelchat.client.errors import ServerUnreachable
from levelchat.client.retrying import Retries
from levelchat.client.room_events import (
    Closed,
    Event,
    ParticipantChanged,
    ParticipantJoined,
    ParticipantLeft,
    Reconnected,
    Reconnecting,
)
from levelchat.client.sdk import LevelChat
from levelchat.client.signal_session import Options
from levelchat.client.signalling import Signalling, join

__all__ = [
    "ApiError",
    "Closed",
    "Conflict",
    "Event",
    "Forbidden",
    "IdempotencyConflict",
    "Invalid",
    "LevelChat",
    "NotBuiltYet",
    "NotFound",
    "Options",
    "ParticipantChanged",
    "ParticipantJoined",
    "ParticipantLeft",
    "QuotaExceeded",
    "Reconnected",
    "Reconnecting",
    "Retries",
    "RoomEnded",
    "RoomExists",
    "RoomFull",
    "ServerFault",
    "ServerUnreachable",
    "Signalling",
    "TooManyRequests",
    "Unauthorised",
    "Unavailable",
    "join",
]
