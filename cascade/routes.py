"""WHEP over HTTP (draft-ietf-wish-whep): `/v1/whep/{room_id}` and the sessions' resources.

Comes in: requests. Goes out: answers or offers, sessions' URLs, errors. Who may subscribe is
decided here; all else is decided by the modules that it asks.
"""

from collections.abc import Callable
from http import HTTPStatus

from aiohttp import web

from cascade.event_routes import EventRoutes
from cascade.events import TYPES
from cascade.settings import CascadeSettings
from cascade.subscriber import Subscriber
from cascade.subscribers import Subscribers
from levelchat.auth import token
from levelchat.auth.capability import Capability
from levelchat.auth.token import Grant
from levelchat.auth.verifier import TokenVerifier
from levelchat.clock import Clock
from levelchat.media.time import NANOSECOND
from levelchat.rtc import ice_servers
from levelchat.rtc.answer import render_restart
from levelchat.rtc.ice_session import restart_wanted
from levelchat.rtc.sdp import parse_answer, parse_fragment, parse_offer
from levelchat.service import sdp_http
from levelchat.service.presence import Membership, Presence
from levelchat.service.sdp_body import read_sdp
from levelchat.service.sdp_http import CORS, FRAGMENT, SDP, Handler

SESSIONS = "/v1/whep-sessions"
_EXTENSION = "urn:ietf:params:whep:ext:core:"
_SUBSCRIBE = frozenset({Capability.SUBSCRIBE_ALL})
_PREFLIGHT = sdp_http.preflight(SDP, (FRAGMENT, SDP))


class WhepRoutes:
    """The endpoints of each room, and the resources of each session."""

    def __init__(
        self,
        subscribers: Subscribers,
        verifier: TokenVerifier,
        presence: Presence,
        clock: Clock,
        settings: CascadeSettings,
        guard: Callable[[Handler], Handler],
    ) -> None:
        self._subscribers = subscribers
        self._verifier = verifier
        self._presence = presence
        self._clock = clock
        self._ice_servers = settings.ice_servers
        self._guard = guard
        self._events = EventRoutes(self._session)

    def routes(self) -> list[web.RouteDef]:
        """What the server serves."""
        session = f"{SESSIONS}/{{key}}"
        guard = self._guard
        routes = [
            route
            for endpoint in ("/v1/whep/{room}", "/v1/whep/{room}/{participant}")
            for route in (
                web.post(endpoint, guard(self._subscribe)),
                web.options(endpoint, guard(_describe)),
                web.get(endpoint, guard(_nothing)),
            )
        ]
        return [
            *routes,
            web.patch(session, guard(self._patch)),
            web.delete(session, guard(self._end)),
            web.get(session, guard(self._there)),
            web.options(session, guard(_describe)),
            web.options(session + "/{rest:.*}", guard(_describe)),
            web.post(session + "/events", guard(self._events.begin)),
            web.get(session + "/events", guard(self._events.stream)),
            web.delete(session + "/events", guard(self._events.end)),
            web.post(session + "/layer", guard(self._events.wish)),
            web.delete(session + "/layer", guard(self._events.forget)),
        ]

    async def _subscribe(self, request: web.Request) -> web.Response:
        room = sdp_http.room_of(request)
        grant = self._grant(request, room)
        only = request.match_info.get("participant", "")
        self._subscribers.check_place(grant.media_id)
        text = await read_sdp(request, SDP) if request.can_read_body else ""
        offer = parse_offer(text) if text.strip() else None
        if offer is None:
            # An offer of ours has a seat for each who is there.
            await self._subscribers.settle(grant.media_id)
        place = await self._presence.join(grant, "whep")
        try:
            # Rooms was asked meanwhile, and others came.
            self._subscribers.check_place(grant.media_id)
            if offer is None:
                session, text = self._subscribers.begin_offering(place, only)
            else:
                session, text = self._subscribers.begin(place, only, offer)
        except BaseException:
            place.leave()
            raise
        return self._created(session, text, place)

    def _created(self, session: Subscriber, text: str, place: Membership) -> web.Response:
        # Only paths, so that they hold behind any proxy (RFC 9110 §10.2.2).
        url = f"{SESSIONS}/{session.key}"
        headers = {"Location": url, "ETag": session.etag, "Accept-Patch": f"{FRAGMENT}, {SDP}"}
        now = self._clock.wall_ns() // NANOSECOND
        links = (
            f'<{url}/events>; rel="{_EXTENSION}server-sent-events"; events="{",".join(TYPES)}"',
            f'<{url}/layer>; rel="{_EXTENSION}layer"',
            *ice_servers.links(self._ice_servers, place.grant.identity, now),
        )
        return sdp_http.response(HTTPStatus.CREATED, text, SDP, headers, links)

    async def _patch(self, request: web.Request) -> web.Response:
        session = self._session(request)
        if request.content_type == SDP:
            session.answer(parse_answer(await read_sdp(request, SDP)))
            return web.Response(status=HTTPStatus.NO_CONTENT, headers=CORS)
        fragment = parse_fragment(await read_sdp(request, FRAGMENT))
        if session.remote_ice is None:
            # Candidates may be ready before the answer is; as ICE-lite we use none of them.
            return web.Response(status=HTTPStatus.NO_CONTENT, headers=CORS)
        remote = restart_wanted(
            fragment, request.headers.get("If-Match"), session.etag, session.remote_ice
        )
        if remote is None:
            return web.Response(status=HTTPStatus.NO_CONTENT, headers=CORS)
        text = render_restart(session.restart_ice(remote))
        # RFC 9725 §4.3.3: the 200 "MUST contain the new entity-tag".
        return sdp_http.response(HTTPStatus.OK, text, FRAGMENT, {"ETag": session.etag})

    async def _end(self, request: web.Request) -> web.Response:
        self._session(request).close("ended by the subscriber")
        return web.Response(headers=CORS)

    async def _there(self, request: web.Request) -> web.Response:
        self._session(request)
        return web.Response(status=HTTPStatus.NO_CONTENT, headers=CORS)

    def _session(self, request: web.Request) -> Subscriber:
        session = self._subscribers.find(request.match_info["key"])
        # RFC 9725 §4.7.1: clients MUST send the bearer token in every request to the session.
        self._grant(request, session.room).check_media_id(session.room)
        return session

    def _grant(self, request: web.Request, room: str) -> Grant:
        """What the request's token allows: at least to subscribe in *room*."""
        bearer = token.bearer(request.headers.get("Authorization"))
        grant = self._verifier.verify(bearer, room=room, now=self._clock.wall_ns() // NANOSECOND)
        grant.require_any(_SUBSCRIBE)
        return grant


async def _describe(request: web.Request) -> web.Response:
    if "room" in request.match_info:
        sdp_http.room_of(request)
    return web.Response(headers=_PREFLIGHT)


async def _nothing(request: web.Request) -> web.Response:
    # As RFC 9725 §4.1 has it for WHIP: "a 2xx successful response with no content".
    sdp_http.room_of(request)
    return web.Response(status=HTTPStatus.NO_CONTENT, headers=CORS)
