"""Errors on the wire: RFC 9457 problem+json, and the one door every error leaves by."""

from collections.abc import Awaitable, Callable

import msgspec
import structlog
from aiohttp import web
from ulid import ULID

from levelchat.errors import LevelChatError, OurFault, PeerError

_log = structlog.get_logger("http")

REQUEST_ID = web.RequestKey("request_id", str)
REQUEST_ID_HEADER = "X-Request-Id"


class Wrong(msgspec.Struct, frozen=True):
    """One wrong value: where it is in the request, and what is wrong with it."""

    path: str
    message: str


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """The document of RFC 9457 §3.1 with our `code` and `request_id`; `errors` on a 422,
    `alternate` where another server would do it.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    instance: str
    errors: tuple[Wrong, ...] = ()
    alternate: str = ""


def response(error: LevelChatError, request: web.Request) -> web.Response:
    """*error* as its HTTP response."""
    problem = Problem(
        type=f"/docs/errors#{error.code}",
        title=error.title,
        status=error.status,
        detail=error.detail,
        code=error.code,
        request_id=request_id(request),
        instance=request.path,
        errors=_wrong(error),
        alternate=getattr(error, "alternate", ""),
    )
    return web.Response(
        status=error.status,
        body=msgspec.json.encode(problem),
        content_type="application/problem+json",
        headers=error.headers | {REQUEST_ID_HEADER: problem.request_id},
    )


def _wrong(error: LevelChatError) -> tuple[Wrong, ...]:
    """Any error may carry `flaws`, each with a `path` and a `message`."""
    flaws = getattr(error, "flaws", ())
    return tuple(Wrong(flaw.path, flaw.message) for flaw in flaws)


def request_id(request: web.Request) -> str:
    """Made when first asked for: only a request that fails needs one, and a viewer's does not."""
    if REQUEST_ID not in request:
        request[REQUEST_ID] = f"req_{ULID()}"
    return request[REQUEST_ID]


class HttpRefusal(PeerError):
    """aiohttp's own refusals (no route, wrong method, body too large) in our form."""

    code = "bad_request"

    def __init__(self, error: web.HTTPException) -> None:
        super().__init__(error.reason, headers=_allow(error))
        self.status = error.status  # type: ignore[misc]
        self.code = HTTP_CODES.get(error.status, self.code)  # type: ignore[misc]
        self.title = error.reason  # type: ignore[misc]


HTTP_CODES = {
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    417: "expectation_failed",
}
"""Their codes; any other is a `bad_request`."""


def _allow(error: web.HTTPException) -> dict[str, str]:
    return {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}


@web.middleware
async def middleware(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Turns whatever is raised into problem+json."""
    try:
        return await handler(request)
    except LevelChatError as error:
        return response(error, request)
    except web.HTTPException as error:
        if error.status < 400:  # noqa: PLR2004 - redirects are answers, not errors
            raise
        return response(HttpRefusal(error), request)
    except Exception:  # noqa: BLE001 - the last door: what a handler forgot becomes a logged 500
        _log.exception("request failed", path=request.path, request_id=request_id(request))
        return response(OurFault("an unexpected error; the log has it by request_id"), request)
