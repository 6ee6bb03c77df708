"""`/live/{room}/access`: where a viewer trades its room token for a cookie, and where a cache in
front asks whether a viewer may have what it holds.
"""

from aiohttp import hdrs, web

from edge import cookie
from edge.access import Access, Credentials
from edge.headers import PROXY_EXPIRES, Cors
from edge.routes import ROOM, credentials
from edge.settings import EdgeSettings
from levelchat.auth.token import LEEWAY
from levelchat.errors import LevelChatError
from levelchat.service import problem

METHODS = "GET, POST, DELETE, OPTIONS"
REFUSED_SECONDS = 1
"""How long a proxy may keep a no: what was refused may be allowed in a moment."""
_ASKABLE = frozenset({401, 403})
_FORBIDDEN = 403


class Entrance:
    """The routes."""

    def __init__(
        self, access: Access, cors: Cors, settings: EdgeSettings, public_url: str
    ) -> None:
        self._access = access
        self._cors = cors
        self._settings = settings
        self._secure = settings.cookie_secure or public_url.startswith("https:")

    def routes(self) -> list[web.AbstractRouteDef]:
        """Before those of `EdgeRoutes`, whose preflight would answer for all."""
        path = f"/live/{ROOM}/access"
        return [
            web.get(path, self._may_watch),
            web.post(path, self._enter),
            web.delete(path, self._forget),
            web.options(path, self._preflight),
        ]

    async def _may_watch(self, request: web.Request) -> web.Response:
        """204, or 401 or 403: nginx's `auth_request` takes nothing else for an answer."""
        given = credentials(request)
        proxy = self._access.is_trusted(given)
        try:
            grant = self._access.check(request.match_info["room"], given)
        except LevelChatError as error:
            response = self._refusal(error, request)
            if response.status not in _ASKABLE:
                response.set_status(_FORBIDDEN)
            _keep(response, REFUSED_SECONDS, proxy=proxy)
            return response
        seconds = self._settings.access_seconds
        if grant is not None:
            seconds = min(seconds, self._access.seconds_left(grant) + LEEWAY)
        response = self._answer(request)
        _keep(response, seconds, proxy=proxy)
        return response

    async def _enter(self, request: web.Request) -> web.Response:
        given, room = credentials(request), request.match_info["room"]
        try:
            token, grant = await self._access.enter(room, given)
            header = cookie.keep(
                token,
                room,
                self._access.seconds_left(grant),
                secure=self._is_secure(request, given),
                cross_site=self._settings.cookie_cross_site,
            )
        except LevelChatError as error:
            return self._refusal(error, request)
        return self._answer(request, header)

    async def _forget(self, request: web.Request) -> web.Response:
        secure = self._is_secure(request, credentials(request))
        cross_site = self._settings.cookie_cross_site
        header = cookie.forget(request.match_info["room"], secure=secure, cross_site=cross_site)
        return self._answer(request, header)

    async def _preflight(self, request: web.Request) -> web.Response:
        fields = self._cors.preflight(request.headers.get(hdrs.ORIGIN), METHODS)
        return web.Response(status=204, headers=fields)

    def _is_secure(self, request: web.Request, given: Credentials) -> bool:
        if self._access.is_trusted(given):
            return self._secure or request.headers.get("X-Forwarded-Proto") == "https"
        return self._secure or request.secure

    def _answer(self, request: web.Request, set_cookie: str = "") -> web.Response:
        fields: dict[str, str] = {hdrs.CACHE_CONTROL: "no-store"}
        if set_cookie:
            fields[hdrs.SET_COOKIE] = set_cookie
        self._cors.add_to(fields, request.headers.get(hdrs.ORIGIN))
        return web.Response(status=204, headers=fields)

    def _refusal(self, error: LevelChatError, request: web.Request) -> web.Response:
        fields: dict[str, str] = {hdrs.CACHE_CONTROL: "no-store"}
        self._cors.add_to(fields, request.headers.get(hdrs.ORIGIN))
        response = problem.response(error, request)
        response.headers.update(fields)
        return response


def _keep(response: web.Response, seconds: int, *, proxy: bool) -> None:
    if proxy:
        response.headers[PROXY_EXPIRES] = str(seconds)
