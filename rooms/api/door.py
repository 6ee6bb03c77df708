"""The way of every request through the API: understand, do, shape, in bounded time and space.

Comes in: routes. Goes out: aiohttp handlers. Everything that can be made once for a route is
made when it is opened.
"""

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import hdrs, web

from levelchat.errors import LevelChatError
from levelchat.service.problem import REQUEST_ID_HEADER, request_id
from rooms.api import body, idempotency, pages, query
from rooms.api.gate import CHALLENGE, Gate, host
from rooms.api.idempotency import Once
from rooms.api.route import Call, Route, path_values
from rooms.api.work import worker
from rooms.settings import RoomsSettings
from rooms.store.transaction import Transactions

AiohttpHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]

# Answers hold tokens and tenants' data.
HEADERS = {hdrs.CACHE_CONTROL: "no-store", "X-Content-Type-Options": "nosniff"}
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": f"{REQUEST_ID_HEADER}, Retry-After",
}
_ALWAYS: dict[int, dict[str, str]] = {
    # RFC 9110 §15.5.2: a server that generates a 401 "MUST send a WWW-Authenticate header field".
    HTTPStatus.UNAUTHORIZED: CHALLENGE,
    # What is away is rarely back sooner.
    HTTPStatus.SERVICE_UNAVAILABLE: {hdrs.RETRY_AFTER: "2"},
}
PREFLIGHT = CORS | {
    "Access-Control-Allow-Methods": "GET, POST, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": f"Authorization, Content-Type, {idempotency.HEADER}",
    "Access-Control-Max-Age": "86400",
}


class Door:
    """Opens routes."""

    def __init__(self, gate: Gate, transactions: Transactions, settings: RoomsSettings) -> None:
        self._gate = gate
        self._transactions = transactions
        self._settings = settings

    def open(self, route: Route) -> AiohttpHandler:
        """The handler of *route*."""
        entrance = _Entrance(route, self._gate, self._settings)
        work = worker(route, self._transactions)
        headers = HEADERS | CORS if route.public else HEADERS

        async def handle(request: web.Request) -> web.StreamResponse:
            try:
                call, once = await entrance.understand(request)
                answer = await work(call, once)
            except LevelChatError as error:
                error.headers = _ALWAYS.get(error.status, {}) | error.headers | headers
                if route.html and pages.prefers_html(request.headers.get(hdrs.ACCEPT, "")):
                    return _page(error, request)
                raise
            answer.headers.update(headers)
            answer.headers[REQUEST_ID_HEADER] = request_id(request)
            return answer

        return handle


async def preflight(_request: web.Request) -> web.Response:
    """Pages of any origin may call a public route: it takes a token that they must hold."""
    return web.Response(status=204, headers=PREFLIGHT)


def _page(error: LevelChatError, request: web.Request) -> web.Response:
    """*error* for people."""
    headers = {"Content-Security-Policy": pages.POLICY, REQUEST_ID_HEADER: request_id(request)}
    return web.Response(
        status=error.status,
        text=pages.refusal(error.title, error.detail, request_id(request)),
        content_type="text/html",
        headers=error.headers | headers,
    )


class _Entrance:
    """Makes a `Call` of a request to one route."""

    def __init__(self, route: Route, gate: Gate, settings: RoomsSettings) -> None:
        self._route = route
        self._gate = gate
        self._settings = settings
        self._public_url = settings.public_url.rstrip("/")
        self._query = query.Reader(route.query) if route.query else None
        self._body = (
            body.Reader(route.request, optional=route.optional_body) if route.request else None
        )

    async def understand(self, request: web.Request) -> tuple[Call, Once | None]:
        """The call, and what makes it happen once. Raises what is wrong with the request."""
        caller = await self._gate.admit(self._route, request)
        call = Call(
            caller=caller,
            path=path_values(self._route, request.match_info),
            query=self._query.read(request.query) if self._query else None,
            body=None,
            base_url=self._public_url or f"{request.scheme}://{host(request)}",
            request=request,
        )
        data = b""
        if self._body is not None:
            data = await body.read(request, self._settings.max_body, self._settings.body_seconds)
            call.body = self._body.decode(data)
        if not self._route.idempotent:
            return call, None
        # A moderator's token must not be told what was answered about another room.
        target = f"{caller.who.media_id} {request.path_qs}"
        header = request.headers.get(idempotency.HEADER)
        return call, idempotency.once(header, request.method, target, data)
