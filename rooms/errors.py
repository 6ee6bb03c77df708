"""What can be wrong with what is asked of rooms.

LevelChatError
├── PeerError
│   ├── InvalidRequest          422: names each wrong value in `errors`
│   ├── MalformedBody           400: no JSON, not UTF-8, too deep
│   ├── UnknownMessage          400: a signalling message of no known type
│   ├── BodyTooLarge            413
│   ├── BodyTooSlow             408
│   ├── WrongContentType        415: not JSON
│   ├── KeyMissing              401: no API key
│   ├── KeyInvalid              401: an API key that proves nothing
│   ├── LoginFailed             401
│   ├── CrossSiteRefused        403: a cookie from another site's page
│   ├── NotFound                404: never was, or is another tenant's
│   ├── RoomEnded               409
│   ├── RoomFull                409
│   ├── RoomExists              409
│   ├── NameTaken               409: of an organisation, project or user
│   ├── TooManyWebhooks         409: the project has as many as it may
│   ├── IdempotencyConflict     409: same key, other body
│   ├── QuotaExceeded           402
│   └── TooManyRequests         429
├── NotBuiltYet                 501: later, and says so
├── OurFault
│   └── ImpossibleTransition    500: a step in a room's life that the contract does not know
└── EnvironmentFault
    ├── StoreUnavailable        503: the database is away
    ├── SignallingBusy          503: no more WebSockets now
    ├── WebhookKeyLost          503: the key that webhooks' secrets are stored with is another
    ├── SchemaMismatch          503: its tables are not those of this program
    └── BackupFailed            503: a copy of it could not be made
"""

import msgspec

from levelchat.errors import EnvironmentFault, LevelChatError, OurFault, PeerError


class Flaw(msgspec.Struct, frozen=True):
    """One wrong value: where it is (`config.max_participants`) and what is wrong with it."""

    path: str
    message: str


class InvalidRequest(PeerError):
    """A value in the request is not allowed; `errors` names each one.

    Correct each value that `errors` names.
    """

    code = "invalid_request"
    status = 422
    title = "The request is not valid"

    def __init__(self, flaws: list[Flaw]) -> None:
        super().__init__("; ".join(f"{flaw.path}: {flaw.message}" for flaw in flaws))
        self.flaws = flaws


class MalformedBody(PeerError):
    """The request's body is not JSON, not UTF-8, or nested too deeply.

    Send one JSON object in UTF-8.
    """

    code = "malformed_body"
    title = "The body is malformed"


class UnknownMessage(PeerError):
    """The signalling message has a `type` that the protocol does not know.

    Use one of the types of `docs/signalling.md`.
    """

    code = "unknown_message"
    title = "Unknown message"


class BodyTooLarge(PeerError):
    """The request's body is larger than this route takes.

    Send less; `rooms.max_body` is the limit.
    """

    code = "body_too_large"
    status = 413
    title = "The body is too large"


class BodyTooSlow(PeerError):
    """The request's body did not arrive in time.

    Send the body at once; on a bad network try again.
    """

    code = "body_too_slow"
    status = 408
    title = "The body came too slowly"


class WrongContentType(PeerError):
    """The request's body is of another type than this resource takes.

    Send JSON as `Content-Type: application/json`, an SDP as `application/sdp`.
    """

    code = "wrong_content_type"
    status = 415
    title = "Wrong content type"


class KeyMissing(PeerError):
    """No API key, login or room token where one is needed.

    Send `Authorization: Bearer lc_pk_…`, or log in.
    """

    code = "key_missing"
    status = 401
    title = "An API key is needed"


class KeyInvalid(PeerError):
    """The API key is unknown, wrong, expired or revoked.

    Use another key; `levelchat admin key create` makes one.
    """

    code = "key_invalid"
    status = 401
    title = "The API key is not valid"


class LoginFailed(PeerError):
    """No user has this address and password.

    Check both; after too many tries from one address it has to wait.
    """

    code = "login_failed"
    status = 401
    title = "The login failed"


class CrossSiteRefused(PeerError):
    """A change asked for by a page of another site, with this site's cookie.

    Call from a page of this server, or from a server with an API key.
    """

    code = "cross_site_refused"
    status = 403
    title = "Refused for another site's page"


class NotFound(PeerError):
    """There is no such thing that the caller may see.

    Check the id, and that the API key is of the project that the thing is in.
    """

    code = "not_found"
    status = 404
    title = "Not found"


class RoomEnded(PeerError):
    """The room is over; nothing can be done in it any more.

    Create another room.
    """

    code = "room_ended"
    status = 409
    title = "The room has ended"


class RoomFull(PeerError):
    """The room has as many participants as it takes.

    Try again when somebody has left, or raise `config.max_participants` in the next room.
    """

    code = "room_full"
    status = 409
    title = "The room is full"


class RoomExists(PeerError):
    """The project has another room of that id.

    Use the room that there is, or another id.
    """

    code = "room_exists"
    status = 409
    title = "The room exists"


class NameTaken(PeerError):
    """An organisation, project or user has that name already.

    Choose another name.
    """

    code = "name_taken"
    status = 409
    title = "The name is taken"


class TooManyWebhooks(PeerError):
    """The project has as many webhooks as it may have.

    Delete one that is not needed any more.
    """

    code = "too_many_webhooks"
    status = 409
    title = "The project has too many webhooks"


class IdempotencyConflict(PeerError):
    """The `Idempotency-Key` was used before, with another request.

    Send a new key with a new request.
    """

    code = "idempotency_conflict"
    status = 409
    title = "The Idempotency-Key was used for another request"


class QuotaExceeded(PeerError):
    """The organisation has used what its quota allows.

    End rooms, wait for the next month, or ask the operator for more.
    """

    code = "quota_exceeded"
    status = 402
    title = "The quota is used up"


class TooManyRequests(PeerError):
    """More requests than the key or address may make; `Retry-After` says when to go on.

    Slow down.
    """

    code = "too_many_requests"
    status = 429
    title = "Too many requests"


class NotBuiltYet(LevelChatError):
    """This part of the API is announced but not built yet.

    Do without it for now.
    """

    code = "not_built_yet"
    status = 501
    title = "Not built yet"


class ImpossibleTransition(OurFault):
    """A room was to take a step that no room takes; nothing was changed."""


class StoreUnavailable(EnvironmentFault):
    """The database cannot be reached now; nothing was changed."""

    code = "store_unavailable"
    title = "The database cannot be reached"


class SignallingBusy(EnvironmentFault):
    """This process takes no signalling connections now: it is full, starting or stopping."""

    code = "signalling_busy"
    title = "No signalling connections now"


class WebhookKeyLost(EnvironmentFault):
    """The secrets of webhooks were stored with another key than this server has.

    Restore `keys/webhook-key` in the data folder, or make the webhooks anew.
    """

    code = "webhook_key_lost"
    title = "The webhooks' key is another"


class SchemaMismatch(EnvironmentFault):
    """The tables in the database are older or newer than this program's.

    Run `levelchat migrate`, or install the version that did.
    """

    code = "schema_mismatch"
    title = "The database's schema does not fit"


class BackupFailed(EnvironmentFault):
    """A copy of the database could not be made; no file was left behind.

    Mend what the sentence names: a missing program, a full disk, a file in the way.
    """

    code = "backup_failed"
    title = "The backup could not be made"
