"""WHIP over HTTP (RFC 9725): `/v1/whip/{room_id}`.

Comes in: requests. Goes out: answers, sessions' URLs, errors. Who may publish is decided here; all
else is decided by the pure modules that it asks.
"""

import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import web

from ingest.body import read_sdp
from ingest.errors import (
    FragmentOfAnother,
    IceSessionChanged,
    IceSessionNotNamed,
    RoomNotFound,
)
from ingest.publishers import Publishers
from ingest.session import Session, Surroundings
from ingest.settings import IceServer
from levelchat.auth import capability, token
from levelchat.auth.token import Grant
from levelchat.auth.verifier import TokenVerifier
from levelchat.contract import names
from levelchat.errors import LevelChatError
from levelchat.media.codec import Codec, Kind
from levelchat.media.time import NANOSECOND
from levelchat.rtc.answer import render_restart
from levelchat.rtc.negotiate import Negotiation, negotiate
from levelchat.rtc.sdp import Fragment, Offer, parse_fragment, parse_offer
from levelchat.service.presence import Presence

SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"
"""RFC 8840 §9."""

_ROOM = re.compile(names.ROOM)

_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Location, ETag, Link, Accept-Patch, Retry-After",
}
_PREFLIGHT = _CORS | {
    "Access-Control-Allow-Methods": "OPTIONS, GET, POST, PATCH, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, If-Match",
    "Access-Control-Max-Age": "86400",
    # RFC 9725 §4.2: the response to OPTIONS SHOULD include Accept-Post.
    "Accept-Post": SDP,
    "Accept-Patch": FRAGMENT,
}

_NEEDED = {Kind.AUDIO: capability.PUBLISH_AUDIO, Kind.VIDEO: capability.PUBLISH_VIDEO}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class WhipRoutes:
    """The endpoint of each room, and the resource of each session."""

    def __init__(
        self,
        publishers: Publishers,
        verifier: TokenVerifier,
        presence: Presence,
        around: Surroundings,
    ) -> None:
        self._publishers = publishers
        self._verifier = verifier
        self._presence = presence
        self._around = around

    def routes(self) -> list[web.RouteDef]:
        """What the server serves."""
        endpoint, session = "/v1/whip/{room}", "/v1/whip/{room}/{key}"
        return [
            web.post(endpoint, self._guarded(self._publish)),
            web.options(endpoint, self._guarded(self._describe)),
            web.get(endpoint, self._guarded(self._nothing)),
            web.patch(session, self._guarded(self._patch)),
            web.delete(session, self._guarded(self._end)),
            web.options(session, self._guarded(self._describe)),
            web.get(session, self._guarded(self._nothing)),
        ]

    def _guarded(self, handler: Handler) -> Handler:
        """*handler*, whose refusals are counted and readable by pages of any origin."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            try:
                return await handler(request)
            except LevelChatError as error:
                error.headers = error.headers | _CORS
                self._around.metrics.refused.labels(error.code).inc()
                raise

        return guarded

    async def _describe(self, request: web.Request) -> web.Response:
        _room(request)
        return web.Response(headers=_PREFLIGHT)

    async def _nothing(self, request: web.Request) -> web.Response:
        # RFC 9725 §4.1: endpoints and sessions have no representation and "MUST return a 2xx
        # successful response with no content when a GET request is received".
        room = _room(request)
        if "key" in request.match_info:
            self._publishers.find(room, request.match_info["key"])
        return web.Response(status=HTTPStatus.NO_CONTENT, headers=_CORS)

    async def _publish(self, request: web.Request) -> web.Response:
        room = _room(request)
        grant = self._grant(request, room)
        offer = parse_offer(await read_sdp(request, SDP))
        decided = negotiate(offer, self._preferred())
        for track in decided.tracks:
            grant.require_any(_NEEDED[track.codec.kind])
        session, answer = await self._begin(grant, offer, decided)
        headers = _CORS | {
            # Only the path, so that it holds behind any proxy (RFC 9110 §10.2.2).
            "Location": f"/v1/whip/{room}/{session.key}",
            "ETag": session.etag,
            "Accept-Patch": FRAGMENT,
        }
        response = web.Response(
            status=HTTPStatus.CREATED, text=answer, content_type=SDP, headers=headers
        )
        response.charset = None
        for server in self._around.settings.ice_servers:
            response.headers.add("Link", _link(server))
        return response

    async def _begin(
        self, grant: Grant, offer: Offer, decided: Negotiation
    ) -> tuple[Session, str]:
        """Asks here for a place first, then rooms for a seat."""
        self._publishers.check_place(grant.media_id, grant.identity)
        place = await self._presence.join(grant, "whip")
        try:
            return self._publishers.begin(place, offer, decided)
        except BaseException:
            place.leave()
            raise

    async def _patch(self, request: web.Request) -> web.Response:
        session = self._session(request)
        fragment = parse_fragment(await read_sdp(request, FRAGMENT))
        wanted = request.headers.get("If-Match")
        # RFC 9725 §4.3.2: without If-Match "the WHIP session MUST return a 428".
        if wanted is None:
            raise IceSessionNotNamed("PATCH needs If-Match: the ETag, or * to restart ICE")
        if wanted.strip() == "*":
            return self._restart(session, fragment)
        # RFC 9725 §4.3.2: it MUST "return a 412 ... if they do not match".
        if session.etag not in (tag.strip() for tag in wanted.split(",")):
            raise IceSessionChanged("ICE was restarted since; use the ETag of that answer")
        if fragment.ice is not None and fragment.ice != session.remote_ice:
            raise FragmentOfAnother(
                "the fragment's credentials are not those of the offer; "
                "to restart ICE send If-Match: *"
            )
        # Our own candidates are all in the answer, and as ICE-lite we use none of the peer's:
        # its checks come to us (RFC 8445 §2.5).
        return web.Response(status=HTTPStatus.NO_CONTENT, headers=_CORS)

    def _restart(self, session: Session, fragment: Fragment) -> web.Response:
        if fragment.ice is None:
            raise FragmentOfAnother("an ICE restart needs a=ice-ufrag and a=ice-pwd")
        if fragment.ice == session.remote_ice:
            return web.Response(status=HTTPStatus.NO_CONTENT, headers=_CORS)
        ice = session.restart_ice(fragment.ice)
        response = web.Response(
            text=render_restart(ice),
            content_type=FRAGMENT,
            # RFC 9725 §4.3.3: the 200 "MUST contain the new entity-tag".
            headers=_CORS | {"ETag": session.etag},
        )
        response.charset = None
        return response

    async def _end(self, request: web.Request) -> web.Response:
        self._session(request).close("ended by the publisher")
        return web.Response(headers=_CORS)

    def _session(self, request: web.Request) -> Session:
        room = _room(request)
        # RFC 9725 §4.7.1: clients MUST send the bearer token in every request to the session.
        grant = self._grant(request, room)
        session = self._publishers.find(room, request.match_info["key"])
        grant.check_media_id(session.room)
        return session

    def _grant(self, request: web.Request, room: str) -> Grant:
        """What the request's token allows: at least to publish something in *room*."""
        bearer = token.bearer(request.headers.get("Authorization"))
        now = self._around.clock.wall_ns() // NANOSECOND
        grant = self._verifier.verify(bearer, room=room, now=now)
        grant.require_any(capability.PUBLISH)
        return grant

    def _preferred(self) -> tuple[Codec, ...]:
        wanted = self._around.settings.preferred_codec
        return (Codec(wanted),) if wanted else ()


def _room(request: web.Request) -> str:
    room: str = request.match_info["room"]
    if not _ROOM.fullmatch(room):
        raise RoomNotFound(
            "no room has that name: r_ and then 1 to 64 letters, digits, _ or - (r_demo)"
        )
    return room


def _link(server: IceServer) -> str:
    """One ICE server as RFC 9725 §4.6 has it."""
    parts = [f"<{server.url}>", 'rel="ice-server"']
    if server.username:
        parts += [
            f"username={_quoted(server.username)}",
            f"credential={_quoted(server.credential)}",
            'credential-type="password"',
        ]
    return "; ".join(parts)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
