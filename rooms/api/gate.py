"""Who calls: an API key, a login's cookie or a room token becomes a principal, or a refusal.

Comes in: a request's headers. Goes out: a `Caller`. A key that was found good lately costs no
query; who presents wrong ones has to wait.
"""

import math

from aiohttp import web

from levelchat.auth.capability import Capability
from levelchat.auth.errors import CapabilityMissing
from levelchat.bus.messages import KeyRevoked, Message
from levelchat.clock import Clock
from rooms.api import origin
from rooms.api.known import KnownKeys
from rooms.api.limits import Buckets
from rooms.api.route import Auth, Caller, Route
from rooms.api.seams import Identities, Visit
from rooms.errors import KeyInvalid, KeyMissing, LoginFailed, TooManyRequests
from rooms.model import Principal
from rooms.settings import RoomsSettings

COOKIE = "lc_session"
PROJECT_HEADER = "X-LC-Project"
KEY_PREFIX = "lc_pk_"
MAX_CREDENTIAL = 8192
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="levelchat"'}
_MINUTE = 60
_MODERATOR = frozenset({Capability.MODERATE_PARTICIPANTS})


class Gate:
    """Lets callers in."""

    def __init__(self, identities: Identities, settings: RoomsSettings, clock: Clock) -> None:
        self._identities = identities
        self._clock = clock
        self._proxies = frozenset(settings.trusted_proxies)
        self._public_host = settings.public_url.partition("://")[2].partition("/")[0].lower()
        self._known = KnownKeys()
        wrong = settings.failed_keys_per_address
        self._wrong = Buckets(wrong / _MINUTE, wrong)
        self._per_key = Buckets(settings.requests_per_key, settings.requests_per_key)
        self._per_address = Buckets(settings.requests_per_address, settings.requests_per_address)

    def on_control(self, message: Message) -> None:
        """Hears of revoked keys."""
        if isinstance(message, KeyRevoked):
            self._known.forget(message.id)

    async def admit(self, route: Route, request: web.Request) -> Caller:
        """Who calls. Raises `KeyMissing`, `KeyInvalid`, `TooManyRequests`, and more like them."""
        address = self.address(request)
        _wait(self._per_address.take(address, self._clock.monotonic_ns()), "this address")
        if route.auth is Auth.NONE:
            return Caller()
        caller = await self._caller(route, request, address)
        if caller.who.id:
            _wait(self._per_key.take(caller.who.id, self._clock.monotonic_ns()), "this key")
        return caller

    async def log_in(self, request: web.Request, email: str, password: str) -> tuple[str, Visit]:
        """The cookie and who it is; raises `LoginFailed`, after too many `TooManyRequests`."""
        address = self.address(request)
        self._require_patience(address)
        if "Sec-Fetch-Site" in request.headers or "Origin" in request.headers:
            self._require_same_site(request)
        try:
            return await self._identities.log_in(email, password)
        except LoginFailed:
            self._wrong.take(address, self._clock.monotonic_ns())
            raise

    def address(self, request: web.Request) -> str:
        """The name by which the request's caller is counted."""
        forwarded = request.headers.get("X-Forwarded-For") if self._proxies else None
        return origin.address(request.remote, forwarded, self._proxies)

    async def _caller(self, route: Route, request: web.Request, address: str) -> Caller:
        header = request.headers.get("Authorization")
        if header is not None and route.auth is not Auth.LOGIN:
            return await self._bearer(route, _token(header), address)
        cookie = request.cookies.get(COOKIE)
        if not cookie or route.auth is Auth.TOKEN:
            raise KeyMissing(_WANTED[route.auth])
        if route.mutates:
            self._require_same_site(request)
        project = request.headers.get(PROJECT_HEADER)
        visit = await self._identities.of_login(cookie[:MAX_CREDENTIAL], project)
        return Caller(visit.who, visit=visit, cookie=cookie)

    async def _bearer(self, route: Route, token: str, address: str) -> Caller:
        if token.startswith(KEY_PREFIX):
            if route.auth is Auth.TOKEN:
                raise KeyInvalid("this call takes a room token, not an API key")
            return Caller(await self._of_key(token, address))
        if route.auth is Auth.TOKEN:
            return Caller(grant=self._identities.verify(token))
        if route.auth is not Auth.KEY_OR_MODERATOR:
            raise KeyInvalid(f"an API key begins with {KEY_PREFIX}")
        grant = self._identities.verify(token)
        if not grant.capabilities & _MODERATOR:
            raise CapabilityMissing("this needs a room token with moderate:participants")
        return Caller(await self._identities.of_token(grant), grant)

    async def _of_key(self, presented: str, address: str) -> Principal:
        who = self._known.find(presented, self._clock.monotonic_ns())
        if who is not None:
            return who
        self._require_patience(address)
        try:
            who = await self._identities.of_key(presented)
        except KeyInvalid:
            self._wrong.take(address, self._clock.monotonic_ns())
            raise
        self._known.keep(presented, who, self._clock.monotonic_ns())
        return who

    def _require_patience(self, address: str) -> None:
        wait = self._wrong.wait(address, self._clock.monotonic_ns())
        _wait(wait, "this address, which presented too many wrong keys or passwords,")

    def _require_same_site(self, request: web.Request) -> None:
        hosts = {host(request).lower(), self._public_host} - {""}
        origin.require_same_site(request.headers, hosts)


_WANTED = {
    Auth.NONE: "",
    Auth.KEY: "send `Authorization: Bearer lc_pk_…`, or log in",
    Auth.KEY_OR_MODERATOR: "send `Authorization: Bearer`, and an API key or a moderator's token",
    Auth.LOGIN: "log in first: POST /v1/auth/login",
    Auth.TOKEN: "send a room token as `Authorization: Bearer <token>`",
}


def host(request: web.Request) -> str:
    """What the request calls this server; `request.host` would ask the resolver for a name when
    it calls it nothing.
    """
    return request.headers.get("Host") or "localhost"


def _token(header: str) -> str:
    scheme, _, token = header.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or len(token) > MAX_CREDENTIAL:
        raise KeyInvalid("send `Authorization: Bearer` and a key")
    return token


def _wait(seconds: float, who: str) -> None:
    if seconds:
        whole = max(1, math.ceil(seconds))
        raise TooManyRequests(
            f"{who} may go on in {seconds:.3f} s", headers={"Retry-After": str(whole)}
        )
