"""Errors on the wire: RFC 9457 problem+json, and the one door every error leaves by."""

from collections.abc import Awaitable, Callable

import msgspec
import structlog
from aiohttp import web
from ulid import ULID

from levelchat.errors import LevelChatError, OurFault, PeerError

_log = structlog.get_logger("http")

REQUEST_ID = web.RequestKey("request_id", str)


class Problem(msgspec.Struct, frozen=True):
    """The document of RFC 9457 §3.1 with our `code` and `request_id`."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    instance: str


def response(error: LevelChatError, request: web.Request) -> web.Response:
    """*error* as its HTTP response."""
    problem = Problem(
        type=f"/docs/errors#{error.code}",
        title=error.title,
        status=error.status,
        detail=error.detail,
        code=error.code,
        request_id=_request_id(request),
        instance=request.path,
    )
    return web.Response(
        status=error.status,
        body=msgspec.json.encode(problem),
        content_type="application/problem+json",
        headers=error.headers,
    )


def _request_id(request: web.Request) -> str:
    """Made when first asked for: only a request that fails needs one, and a viewer's does not."""
    if REQUEST_ID not in request:
        request[REQUEST_ID] = f"req_{ULID()}"
    return request[REQUEST_ID]


class _HttpError(PeerError):
    """aiohttp's own refusals (no route, wrong method, body too large) in our form."""

    def __init__(self, error: web.HTTPException) -> None:
        super().__init__(error.reason, headers=_allow(error))
        self.status = error.status  # type: ignore[misc]
        self.code = error.reason.lower().replace(" ", "_")  # type: ignore[misc]
        self.title = error.reason  # type: ignore[misc]


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
        return response(_HttpError(error), request)
    except Exception:  # noqa: BLE001 - the last door: what a handler forgot becomes a logged 500
        _log.exception("request failed", path=request.path, request_id=_request_id(request))
        return response(OurFault("an unexpected error; the log has it by request_id"), request)
