"""The signalling protocol: JSON objects whose `type` says which of these they are.

A client opens `GET /v1/signal?token=…` (or the subprotocols `levelchat.v1, token.<token>`), and
is sent `welcome`. Every client message may carry `ref`; an `error` about it carries the same.
"""

from typing import Any, Literal

import msgspec

PROTOCOL = "levelchat.v1"
"""The WebSocket subprotocol."""
TOKEN_PROTOCOL = "token."  # noqa: S105 - a prefix
"""Another subprotocol that carries the token, so that it stays out of URLs and logs."""
MAX_CHAT = 8192
"""Bytes of a chat message's text in UTF-8."""
HISTORY = 100
"""Chat messages that a joiner is given."""
ROSTER_PAGE = 200
"""Participants in `welcome` and in one `roster` at most; those who publish or moderate first."""
PING_SECONDS = 15
"""The server pings so often; a client that does not answer for two pings is gone (≤ 45 s)."""
RESUME_SECONDS = 30
"""How long a broken connection can be resumed without leaving the room."""

CLOSE_LEFT = 4000
"""Close codes. 4000: the client said `leave`."""
CLOSE_KICKED = 4001
CLOSE_ROOM_ENDED = 4002
CLOSE_REPLACED = 4003
"""The same participant connected again."""
CLOSE_TOO_SLOW = 4004
"""The client did not read what was sent to it."""
CLOSE_MALFORMED = 4005
CLOSE_TOO_BIG = 1009
CLOSE_GOING_AWAY = 1001
"""The server is stopping; resume elsewhere."""
CLOSE_LOST = 4006
"""No answer to pings."""
CLOSE_UNAUTHORISED = 4007


class ClientMessage(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="type", forbid_unknown_fields=True
):
    """What every client message may carry."""

    ref: str | int | None = None


class ParticipantState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A participant as others see it."""

    id: str
    identity: str
    name: str = ""
    capabilities: tuple[str, ...] = ()
    transports: tuple[str, ...] = ()
    tracks: tuple[str, ...] = ()
    """What it publishes: `audio`, `video`."""
    hand: int | None = None
    """When the hand was raised, milliseconds since the epoch."""
    publishing_forbidden: bool = False
    joined_at: int = 0
    meta: dict[str, str] | None = None


class Ping(ClientMessage, frozen=True, kw_only=True, tag="ping"):
    """For clients that cannot see WebSocket pings; answered by `pong`."""


class Leave(ClientMessage, frozen=True, kw_only=True, tag="leave"):
    """Leaves at once."""


class ChatSend(ClientMessage, frozen=True, kw_only=True, tag="chat"):
    """`chat:send`. To all, or to the identity *to*."""

    text: str
    to: str = ""


class ReactionSend(ClientMessage, frozen=True, kw_only=True, tag="reaction"):
    """`reactions:send`. *emoji* has at most 32 bytes."""

    emoji: str


class Hand(ClientMessage, frozen=True, kw_only=True, tag="hand"):
    """`hand:raise`; lowering needs nothing. With *identity*, lowers another's: moderators."""

    raised: bool
    identity: str = ""


class Kick(ClientMessage, frozen=True, kw_only=True, tag="kick"):
    """`moderate:participants`."""

    identity: str


class MuteRequest(ClientMessage, frozen=True, kw_only=True, tag="mute"):
    """`moderate:participants`. Asks a client to mute *kind*; it is a request."""

    identity: str
    kind: Literal["audio", "video"]


class AllowPublishing(ClientMessage, frozen=True, kw_only=True, tag="publishing"):
    """`moderate:participants`. Forbids or allows an identity to publish."""

    identity: str
    allowed: bool


class RosterRequest(ClientMessage, frozen=True, kw_only=True, tag="roster"):
    """Asks for participants after *cursor* (empty: from the first)."""

    cursor: str = ""


class Signal(ClientMessage, frozen=True, kw_only=True, tag="signal"):
    """`1to1` rooms: an SDP offer or answer, or an ICE candidate, for the other participant."""

    to: str
    data: dict[str, Any]


Command = (
    Ping
    | Leave
    | ChatSend
    | ReactionSend
    | Hand
    | Kick
    | MuteRequest
    | AllowPublishing
    | RosterRequest
    | Signal
)


class ServerMessage(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True
):
    """What the server sends."""


class IceServer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """As `RTCConfiguration.iceServers` takes it."""

    urls: tuple[str, ...]
    username: str = ""
    credential: str = ""


class ChatMessage(ServerMessage, frozen=True, kw_only=True, tag="chat"):
    """A chat message; *at* in milliseconds."""

    id: str
    identity: str
    name: str
    text: str
    at: int
    to: str = ""


class Welcome(ServerMessage, frozen=True, kw_only=True, tag="welcome"):
    """The first message. Keep *resume*: `GET /v1/signal?resume=…` within 30 s goes on, with the
    token at any replica, without it at this one.
    """

    participant: ParticipantState
    room: dict[str, Any]
    """`{id, type, state, config}`."""
    mode: Literal["sfu", "p2p"]
    participants: tuple[ParticipantState, ...]
    total: int
    cursor: str = ""
    """For `roster`, when there are more."""
    chat: tuple[ChatMessage, ...] = ()
    ice_servers: tuple[IceServer, ...] = ()
    urls: dict[str, str] = {}
    resume: str = ""
    resumed: bool = False


class Delta(ServerMessage, frozen=True, kw_only=True, tag="participants"):
    """Who joined, changed, and left since the last one; sent at most every 100 ms."""

    joined: tuple[ParticipantState, ...] = ()
    changed: tuple[ParticipantState, ...] = ()
    left: tuple[dict[str, str], ...] = ()
    """`{id, identity, reason}`."""
    total: int = 0


class Roster(ServerMessage, frozen=True, kw_only=True, tag="roster"):
    """A page of participants."""

    participants: tuple[ParticipantState, ...]
    total: int
    cursor: str = ""
    ref: str | int | None = None


class Reaction(ServerMessage, frozen=True, kw_only=True, tag="reaction"):
    identity: str
    emoji: str
    at: int


class MuteAsked(ServerMessage, frozen=True, kw_only=True, tag="mute"):
    """A moderator asks you to mute."""

    by: str
    kind: str


class ConnectionQuality(ServerMessage, frozen=True, kw_only=True, tag="connection-quality"):
    """*rtt* in milliseconds, *fraction_lost* 0.0 to 1.0."""

    id: str
    identity: str
    rtt: float
    fraction_lost: float


class Signalled(ServerMessage, frozen=True, kw_only=True, tag="signal"):
    """`1to1`: from the other participant."""

    identity: str
    data: dict[str, Any]


class TokenRenewed(ServerMessage, frozen=True, kw_only=True, tag="token"):
    """A fresh token with the same capabilities, before the old one expires."""

    token: str
    expires_at: int


class Kicked(ServerMessage, frozen=True, kw_only=True, tag="kicked"):
    """You are out; the connection closes."""

    reason: str


class RoomEnded(ServerMessage, frozen=True, kw_only=True, tag="room_ended"):
    """`host_ended`, `host_left` or `empty`; the connection closes."""

    reason: str


class Moved(ServerMessage, frozen=True, kw_only=True, tag="moved"):
    """Reconnect (resume) at *url*: this node stops, or another is nearer."""

    url: str


class Pong(ServerMessage, frozen=True, kw_only=True, tag="pong"):
    at: int
    ref: str | int | None = None


class Done(ServerMessage, frozen=True, kw_only=True, tag="done"):
    """The command with that *ref* was carried out."""

    ref: str | int


class Error(ServerMessage, frozen=True, kw_only=True, tag="error"):
    """A command was refused; the connection stays. *code* is of the catalogue of errors."""

    code: str
    message: str
    ref: str | int | None = None
