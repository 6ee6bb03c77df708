"""What the API can answer instead of what was asked for, as exceptions.

LevelChatError
└── ApiError               any refusal; carries the whole problem document
    ├── Invalid            400, 413, 415, 422: `errors` names each wrong value
    ├── Unauthorised       401: no key or token, or one that proves nothing
    ├── QuotaExceeded      402
    ├── Forbidden          403: a good token without the capability
    ├── NotFound           404: never was, or is another tenant's
    ├── Conflict           409
    │   ├── RoomEnded
    │   ├── RoomFull
    │   ├── RoomExists
    │   └── IdempotencyConflict
    ├── TooManyRequests    429: `retry_after` says when to go on
    ├── NotBuiltYet        501
    └── ServerFault        any other 5xx
        ├── Unavailable    502, 503, 504: worth a retry
        └── Unintelligible any status: an answer of another server, or of a much newer one

The class is chosen by the problem's `code`, and by the status for a code that is not known here.
A server that gives no answer at all is `levelchat.client.errors.ServerUnreachable`.
"""

from collections.abc import Mapping

import msgspec

from levelchat.errors import LevelChatError

RETRY_STATUSES = frozenset({429, 502, 503, 504})
REQUEST_ID = "X-Request-Id"
_SHOWN = 200
"""Characters of an answer that is no problem document."""


class Flaw(msgspec.Struct, frozen=True):
    """One wrong value: where it is, and what is wrong with it."""

    path: str = ""
    message: str = ""


class Problem(msgspec.Struct, frozen=True):
    """RFC 9457 §3.1, with our extensions; whatever is missing is empty."""

    title: str = ""
    status: int = 0
    detail: str = ""
    code: str = ""
    request_id: str = ""
    errors: tuple[Flaw, ...] = ()


class ApiError(LevelChatError):
    """The server answered, and its answer was no."""

    def __init__(self, problem: Problem, retry_after: str = "") -> None:
        super().__init__(problem.detail or problem.title or f"HTTP status {problem.status}")
        self.code = problem.code  # type: ignore[misc]
        self.status = problem.status  # type: ignore[misc]
        self.title = problem.title  # type: ignore[misc]
        self.errors = problem.errors
        self.request_id = problem.request_id
        self.retry_after = retry_after
        """The header, as it was sent: seconds, or a date."""

    @property
    def retryable(self) -> bool:
        """Whether the same request may succeed later."""
        return self.status in RETRY_STATUSES


class Invalid(ApiError):
    """The request is not one that the server understands."""


class Unauthorised(ApiError):
    """The key or token is missing, wrong, expired or revoked."""


class QuotaExceeded(ApiError):
    """The organisation has used what its quota allows."""


class Forbidden(ApiError):
    """The token does not allow this."""


class NotFound(ApiError):
    """There is no such thing that the caller may see."""


class Conflict(ApiError):
    """The request does not fit what is there."""


class RoomEnded(Conflict):
    """The room is over."""


class RoomFull(Conflict):
    """The room has as many participants as it takes."""


class RoomExists(Conflict):
    """The project has another room of that id."""


class IdempotencyConflict(Conflict):
    """The idempotency key was used before, for another request."""


class TooManyRequests(ApiError):
    """More requests than the key or address may make."""


class NotBuiltYet(ApiError):
    """This part of the API is announced but not built yet."""


class ServerFault(ApiError):
    """The server failed; its log has the reason by `request_id`."""


class Unavailable(ServerFault):
    """The server, or something it needs, is away for now."""


class Unintelligible(ServerFault):
    """The answer has another form than the contract gives it."""


_BY_CODE: Mapping[str, type[ApiError]] = {
    "room_ended": RoomEnded,
    "room_full": RoomFull,
    "room_exists": RoomExists,
    "idempotency_conflict": IdempotencyConflict,
    "not_found": NotFound,
    "quota_exceeded": QuotaExceeded,
    "too_many_requests": TooManyRequests,
    "capability_missing": Forbidden,
    "publish_forbidden": Forbidden,
    "token_missing": Unauthorised,
    "token_invalid": Unauthorised,
    "token_revoked": Unauthorised,
    "key_missing": Unauthorised,
    "key_invalid": Unauthorised,
    "invalid_request": Invalid,
    "not_built_yet": NotBuiltYet,
}
_BY_STATUS: Mapping[int, type[ApiError]] = {
    401: Unauthorised,
    402: QuotaExceeded,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    429: TooManyRequests,
    501: NotBuiltYet,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
}
_STATUS: Mapping[type[ApiError], int] = {
    Conflict: 409,
    Forbidden: 403,
    Invalid: 422,
    NotBuiltYet: 501,
    NotFound: 404,
    QuotaExceeded: 402,
    TooManyRequests: 429,
    Unauthorised: 401,
}


def from_response(status: int, headers: Mapping[str, str], body: bytes) -> ApiError:
    """The error that an HTTP response of *status* means, whoever wrote it."""
    try:
        problem = msgspec.json.decode(body, type=Problem)
    except (msgspec.DecodeError, UnicodeDecodeError):
        # A proxy's page, not ours.
        problem = Problem(detail=body.decode(errors="replace").strip()[:_SHOWN])
    problem = msgspec.structs.replace(
        problem,
        status=status,
        code=problem.code or f"http_{status}",
        request_id=problem.request_id or headers.get(REQUEST_ID, ""),
    )
    return _class(problem)(problem, headers.get("Retry-After", ""))


def from_code(code: str, message: str) -> ApiError:
    """The error that a signalling server's `error` message means."""
    kind = _BY_CODE.get(code, Invalid)
    status = next(_STATUS[each] for each in kind.__mro__ if each in _STATUS)
    return kind(Problem(code=code, detail=message, status=status))


def _class(problem: Problem) -> type[ApiError]:
    known = _BY_CODE.get(problem.code) or _BY_STATUS.get(problem.status)
    if known is not None:
        return known
    return ServerFault if problem.status >= 500 else Invalid  # noqa: PLR2004 - RFC 9110 §15.6
