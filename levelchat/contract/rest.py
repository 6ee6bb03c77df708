"""Requests and responses of the REST API, as JSON. Instants are RFC 3339 in UTC."""

from typing import Annotated, Any, Literal

import msgspec

from levelchat.contract import names

Identity = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
DisplayName = Annotated[str, msgspec.Meta(max_length=128)]
RoomId = Annotated[str, msgspec.Meta(pattern=f"^{names.ROOM}$")]
ExternalId = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
Instant = Annotated[
    str, msgspec.Meta(description="RFC 3339, UTC", examples=["2026-04-25T09:30:00Z"])
]

RoomTypeName = Literal["meeting", "live", "webinar", "1to1"]
StateName = Literal["pending", "created", "active", "ended", "archived"]
EVENT_TYPES = (
    "room.created",
    "room.started",
    "room.ended",
    "room.archived",
    "participant.joined",
    "participant.left",
    "recording.ready",
    "recording.failed",
    "stream.started",
    "stream.stopped",
    "qos.alert",
)


class _Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class _Response(msgspec.Struct, frozen=True, kw_only=True):
    pass


class NewRoom(_Request, frozen=True, kw_only=True):
    """Body of `POST /v1/rooms`. *type* may be an alias; *config* is checked key by key."""

    id: str | None = None
    external_id: str | None = None
    type: str | None = None
    config: dict[str, Any] | None = None
    scheduled_for: str | None = None


class RoomUrls(_Response, frozen=True, kw_only=True):
    """Where the room is joined, published to and watched."""

    signal: str
    whip: str
    whep: str
    hls: str
    watch: str
    join: str


class RoomView(_Response, frozen=True, kw_only=True):
    """A room as the API shows it."""

    id: str
    external_id: str | None
    type: RoomTypeName
    config: dict[str, Any]
    state: StateName
    short_code: str
    created_at: Instant
    scheduled_for: Instant | None
    started_at: Instant | None
    ended_at: Instant | None
    archived_at: Instant | None
    end_reason: str | None
    urls: RoomUrls


class RoomPage(_Response, frozen=True, kw_only=True):
    """A page of rooms, newest first; *next_cursor* is null on the last."""

    items: list[RoomView]
    next_cursor: str | None


class NewToken(_Request, frozen=True, kw_only=True):
    """Body of `POST /v1/rooms/{id}/tokens`. *ttl* in seconds."""

    identity: Identity
    capabilities: list[str]
    name: DisplayName = ""
    meta: dict[str, str] | None = None
    ttl: Annotated[int, msgspec.Meta(ge=1, le=3600)] = 3600


class NewRoomToken(_Request, frozen=True, kw_only=True):
    """Body of `POST /v1/auth/tokens/room`; makes the room if there is none."""

    room_id: RoomId
    identity: Identity
    capabilities: list[str]
    name: DisplayName = ""
    meta: dict[str, str] | None = None
    ttl: Annotated[int, msgspec.Meta(ge=1, le=3600)] = 3600
    type: str | None = None
    config: dict[str, Any] | None = None


class TokenView(_Response, frozen=True, kw_only=True):
    """A room token, and where it is used."""

    token: str
    token_id: str
    room_id: str
    identity: str
    capabilities: list[str]
    expires_at: Instant
    urls: RoomUrls


class ParticipantView(_Response, frozen=True, kw_only=True):
    """Somebody who is or was in the room; *transports* are those in use."""

    id: str
    identity: str
    name: str
    capabilities: list[str]
    transports: list[Literal["signal", "whip", "whep", "hls"]]
    host: bool
    publishing_forbidden: bool
    joined_at: Instant
    seen_at: Instant
    left_at: Instant | None
    reason: str | None


class ParticipantPage(_Response, frozen=True, kw_only=True):
    """A page of participants, in order of joining."""

    items: list[ParticipantView]
    next_cursor: str | None


class UsageView(_Response, frozen=True, kw_only=True):
    """What was used from *since* until *until* (exclusive): closed and running sessions."""

    since: Instant
    until: Instant
    participant_minutes: float
    viewer_hours: float
    recording_gb_stored: float


class NewWebhook(_Request, frozen=True, kw_only=True):
    """Body of `POST /v1/webhooks`; no *events* means all."""

    url: Annotated[str, msgspec.Meta(min_length=1, max_length=2048)]
    events: list[str] | None = None


class WebhookView(_Response, frozen=True, kw_only=True):
    """A webhook; its secret is shown once, in `NewWebhookView`."""

    id: str
    url: str
    events: list[str]
    key_id: str
    created_at: Instant
    disabled_at: Instant | None


class NewWebhookView(WebhookView, frozen=True, kw_only=True):
    """The answer to its creation."""

    secret: str


class WebhookPage(_Response, frozen=True, kw_only=True):
    """A page of webhooks."""

    items: list[WebhookView]
    next_cursor: str | None


class DeliveryView(_Response, frozen=True, kw_only=True):
    """One event owed to one webhook."""

    id: str
    event_id: str
    event_type: str
    state: Literal["pending", "delivered", "dead"]
    attempts: int
    due_at: Instant | None
    last_status: int | None
    last_error: str | None
    delivered_at: Instant | None
    created_at: Instant


class DeliveryPage(_Response, frozen=True, kw_only=True):
    """A page of deliveries, newest first."""

    items: list[DeliveryView]
    next_cursor: str | None


class Redelivery(_Request, frozen=True, kw_only=True):
    """Body of `POST /v1/webhooks/{id}/redeliver`: one event, or all dead ones."""

    event_id: str | None = None


class Redelivered(_Response, frozen=True, kw_only=True):
    """How many deliveries were put in the queue again."""

    count: int


class Login(_Request, frozen=True, kw_only=True):
    """Body of `POST /v1/auth/login`."""

    email: Annotated[str, msgspec.Meta(min_length=3, max_length=254)]
    password: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]


class Account(_Response, frozen=True, kw_only=True):
    """Who is logged in."""

    user_id: str
    email: str
    organisation: str
    project: str
