"""What is said on the bus: one tagged struct a message, MessagePack on the wire.

Times are milliseconds since the Unix epoch. `media_id` is the room's name on the media planes,
unique on the whole installation; `room` is its public id, unique in its project.
"""

import msgspec


class _Message(msgspec.Struct, frozen=True, tag=True, omit_defaults=True):
    pass


class Join(_Message, frozen=True):
    """Request on JOINS: a token's holder wants to be in the room by this transport.

    Answered by `Joined`, or refused with `room_ended`, `room_full`, `token_revoked`, ….
    """

    session: str
    """Made by the node, `s_` and a ULID; the same id again is the same session."""
    node: str
    transport: str
    """`whip`, `whep` or `hls`."""
    project: str
    room: str
    media_id: str
    identity: str
    name: str
    capabilities: tuple[str, ...]
    token_id: str
    at: int
    meta: dict[str, str] = {}


class Joined(_Message, frozen=True):
    """The answer to `Join`. *managed* is false for a room that rooms knows nothing of."""

    managed: bool
    participant: str = ""
    publish_forbidden: bool = False


class Left(_Message, frozen=True):
    """On PRESENCE: a session ended."""

    session: str
    media_id: str
    at: int
    reason: str


class Seen(_Message, frozen=True):
    """On PRESENCE, every 10 s: these sessions of this node were there at *at*. They are joined
    if rooms does not know them (it was away when they came).
    """

    node: str
    at: int
    sessions: tuple[Join, ...]


class RoomOpened(_Message, frozen=True):
    """On CONTROL: rooms manages this media id; its playlists need a token from now on."""

    media_id: str


class RoomClosed(_Message, frozen=True):
    """On CONTROL: the room ended; its sessions are closed, its tokens refused until *until*."""

    media_id: str
    reason: str
    at: int
    until: int


class TokenRevoked(_Message, frozen=True):
    """On CONTROL: no token with one of these ids is good any more; its sessions are closed."""

    media_id: str
    identity: str
    token_ids: tuple[str, ...]
    reason: str
    until: int


class PublishingForbidden(_Message, frozen=True):
    """On CONTROL: this identity may (not) publish; its WHIP sessions are closed."""

    media_id: str
    identity: str
    forbidden: bool
    until: int


class StandingWanted(_Message, frozen=True):
    """Request on STANDING: what a node that starts must know."""


class Standing(_Message, frozen=True):
    """The answer: revocations and ended rooms that still matter, and managed rooms with
    participants.
    """

    closed: tuple[RoomClosed, ...] = ()
    revoked: tuple[TokenRevoked, ...] = ()
    forbidden: tuple[PublishingForbidden, ...] = ()
    opened: tuple[RoomOpened, ...] = ()


class SessionOpened(_Message, frozen=True):
    """On `signal.<media_id>`: somebody is in the room by one more connection."""

    media_id: str
    session: str
    participant: str
    identity: str
    name: str
    capabilities: tuple[str, ...]
    transport: str
    joined_at: int
    meta: dict[str, str] = {}


class SessionClosed(_Message, frozen=True):
    """On `signal.<media_id>`: that connection is over."""

    media_id: str
    session: str
    participant: str
    identity: str
    transport: str
    reason: str


class StreamStarted(_Message, frozen=True):
    """On REPORTS: media of a publisher flows."""

    media_id: str
    session: str
    identity: str
    kinds: tuple[str, ...]
    at: int


class StreamStopped(_Message, frozen=True):
    """On REPORTS: it does no more."""

    media_id: str
    session: str
    identity: str
    reason: str
    at: int


class Quality(_Message, frozen=True):
    """On REPORTS: how well a publisher's packets arrive; *fraction_lost* is 0.0 to 1.0."""

    media_id: str
    identity: str
    rtt_ms: float
    fraction_lost: float
    at: int


class KeyRevoked(_Message, frozen=True):
    """On CONTROL: forget what is cached of this API key, organisation or project."""

    id: str


class Lease(_Message, frozen=True):
    """On LEASES, every 5 s; a node not heard of for 15 s is gone. *load* is 0.0 to 1.0."""

    node: str
    planes: tuple[str, ...]
    region: str
    url: str
    load: float
    at: int
    draining: bool = False


class Signalled(_Message, frozen=True):
    """On `signal.<media_id>`: something for the signalling participants of a room on other
    replicas. *replica* is who sends; *to* an identity or empty for all; *body* the JSON.
    """

    media_id: str
    replica: str
    body: bytes
    to: str = ""


class Failed(_Message, frozen=True):
    """The answer when a responder raised; `Bus.request` raises it as `Refused`."""

    code: str
    status: int
    title: str
    detail: str


Message = (
    Join
    | Joined
    | Left
    | Seen
    | RoomOpened
    | RoomClosed
    | TokenRevoked
    | PublishingForbidden
    | StandingWanted
    | Standing
    | SessionOpened
    | SessionClosed
    | StreamStarted
    | StreamStopped
    | Quality
    | KeyRevoked
    | Lease
    | Signalled
    | Failed
)
"""Everything that can be said."""

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(Message)


def encode(message: Message) -> bytes:
    """*message* as bytes."""
    return _encoder.encode(message)


def decode(data: bytes) -> Message:
    """The message; raises `msgspec.DecodeError` (or its `ValidationError`)."""
    return _decoder.decode(data)
