"""The nouns of rooms as values: what a row says, without the row.

Times are integer milliseconds since the Unix epoch (`Millis`), None for "not yet".
"""

from enum import StrEnum

import msgspec

Millis = int

SECOND = 1000
HOUR = 3600 * SECOND
DAY = 24 * HOUR


class RoomType(StrEnum):
    MEETING = "meeting"
    LIVE = "live"
    WEBINAR = "webinar"
    ONE_TO_ONE = "1to1"


class RoomState(StrEnum):
    PENDING = "pending"
    CREATED = "created"
    ACTIVE = "active"
    ENDED = "ended"
    ARCHIVED = "archived"


class EndReason(StrEnum):
    """Why a room ended; also what its participants are told."""

    HOST_ENDED = "host_ended"
    HOST_LEFT = "host_left"
    EMPTY = "empty"
    """The last participant has been gone for the grace period."""


class LeaveReason(StrEnum):
    """Why a session ended."""

    LEFT = "left"
    LOST = "lost"
    """No sign of life: the watchdog, or the reaper."""
    KICKED = "kicked"
    HOST_ENDED = "host_ended"
    HOST_LEFT = "host_left"
    EMPTY = "empty"
    REPLACED = "replaced"
    """Another connection of the same participant took its place."""


class Transport(StrEnum):
    SIGNAL = "signal"
    WHIP = "whip"
    WHEP = "whep"
    HLS = "hls"


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`config.record`."""

    enabled: bool = False
    retention_days: int | None = None


class RoomConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`config` of a room (rooms.md §4); unknown keys are refused."""

    max_participants: int | None = None
    preferred_codec: str | None = None
    record: Record | None = None
    e2ee: bool = False
    region_hint: str | None = None
    distribution_floor: str | None = None


class Room(msgspec.Struct, frozen=True):
    """One row of `rooms`."""

    media_id: str
    """Its name on the media planes and in every other table: unique on the installation."""
    org_id: str
    project_id: str
    id: str
    """Its public id: unique in its project."""
    external_id: str | None
    type: RoomType
    config: RoomConfig
    state: RoomState
    short_code: str
    scheduled_for: Millis | None
    created_at: Millis
    started_at: Millis | None
    ended_at: Millis | None
    archived_at: Millis | None
    end_reason: str | None
    moderated: bool
    """A token with `moderate:participants` was used in it."""
    deadline_at: Millis | None
    """When the sweeper must look at it next; None: never, it costs nothing."""


class Session(msgspec.Struct, frozen=True):
    """One row of `sessions`: one connection of a participant. Those of one identity that
    overlap share a `participant_id`.
    """

    id: str
    org_id: str
    project_id: str
    media_id: str
    participant_id: str
    identity: str
    name: str
    capabilities: tuple[str, ...]
    meta: dict[str, str]
    transport: Transport
    node: str
    token_id: str
    moderator: bool
    publisher: bool
    joined_at: Millis
    seen_at: Millis
    left_at: Millis | None
    reason: str | None


class Principal(msgspec.Struct, frozen=True):
    """Who calls the REST API, and whose things are seen."""

    org_id: str
    project_id: str
    kind: str
    """`key`, `user`, or `token` (a room token with `moderate:participants`)."""
    id: str
    """Of the key or user, or the token's identity."""
    media_id: str = ""
    """For `token`: the one room that it is good for."""
    quota: str = ""
    """What its organisation may use, as JSON; empty: ask the store."""
