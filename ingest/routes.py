"""WHIP over HTTP (RFC 9725): `/v1/whip/{room_id}`.

Comes in: requests. Goes out: answers, sessions' URLs, errors. Who may publish is decided here; all
else is decided by the pure modules that it asks.
"""

from http import HTTPStatus
from typing import cast

from aiohttp import web

from ingest.errors import UnknownTarget
from ingest.publishers import Publishers
from ingest.session import Session, Surroundings, Target
from levelchat.auth import capability, token
from levelchat.auth.token import Grant
from levelchat.auth.verifier import TokenVerifier
from levelchat.media.codec import Codec, Kind
from levelchat.media.time import NANOSECOND
from levelchat.rtc import ice_servers
from levelchat.rtc.answer import render_restart
from levelchat.rtc.ice_session import restart_wanted
from levelchat.rtc.negotiate import Negotiation, negotiate
from levelchat.rtc.sdp import Offer, parse_fragment, parse_offer
from levelchat.service import sdp_http
from levelchat.service.presence import Presence
from levelchat.service.sdp_body import read_sdp
from levelchat.service.sdp_http import CORS, FRAGMENT, SDP, Handler

TARGETS = ("programme", "stage")

_PREFLIGHT = sdp_http.preflight(SDP, (FRAGMENT,))

_NEEDED = {Kind.AUDIO: capability.PUBLISH_AUDIO, Kind.VIDEO: capability.PUBLISH_VIDEO}


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
        return sdp_http.guarded(handler, self._around.metrics.refused)

    async def _describe(self, request: web.Request) -> web.Response:
        sdp_http.room_of(request)
        return web.Response(headers=_PREFLIGHT)

    async def _nothing(self, request: web.Request) -> web.Response:
        # RFC 9725 §4.1: endpoints and sessions have no representation and "MUST return a 2xx
        # successful response with no content when a GET request is received".
        room = sdp_http.room_of(request)
        if "key" in request.match_info:
            self._publishers.find(room, request.match_info["key"])
        return web.Response(status=HTTPStatus.NO_CONTENT, headers=CORS)

    async def _publish(self, request: web.Request) -> web.Response:
        room = sdp_http.room_of(request)
        grant = self._grant(request, room)
        target = _target(request)
        offer = parse_offer(await read_sdp(request, SDP))
        # The packager takes plain Opus only.
        red = target == "stage" and self._around.settings.redundant_audio
        decided = negotiate(offer, self._preferred(), red=red)
        for track in decided.tracks:
            grant.require_any(_NEEDED[track.codec.kind])
        session, answer = await self._begin(grant, target, offer, decided)
        headers = {
            # Only the path, so that it holds behind any proxy (RFC 9110 §10.2.2).
            "Location": f"/v1/whip/{room}/{session.key}",
            "ETag": session.etag,
            "Accept-Patch": FRAGMENT,
        }
        links = ice_servers.links(self._around.settings.ice_servers, grant.identity, self._now())
        return sdp_http.response(HTTPStatus.CREATED, answer, SDP, headers, links)

    async def _begin(
        self, grant: Grant, target: Target, offer: Offer, decided: Negotiation
    ) -> tuple[Session, str]:
        """Asks here for a place first, then rooms for a seat."""
        self._publishers.check_place(grant.media_id, grant.identity, target)
        place = await self._presence.join(grant, "whip")
        try:
            return self._publishers.begin(place, target, offer, decided)
        except BaseException:
            place.leave()
            raise

    async def _patch(self, request: web.Request) -> web.Response:
        session = self._session(request)
        fragment = parse_fragment(await read_sdp(request, FRAGMENT))
        if_match = request.headers.get("If-Match")
        remote = restart_wanted(fragment, if_match, session.etag, session.remote_ice)
        if remote is None:
            return web.Response(status=HTTPStatus.NO_CONTENT, headers=CORS)
        text = render_restart(session.restart_ice(remote))
        # RFC 9725 §4.3.3: the 200 "MUST contain the new entity-tag".
        return sdp_http.response(HTTPStatus.OK, text, FRAGMENT, {"ETag": session.etag})

    async def _end(self, request: web.Request) -> web.Response:
        self._session(request).close("ended by the publisher")
        return web.Response(headers=CORS)

    def _session(self, request: web.Request) -> Session:
        room = sdp_http.room_of(request)
        # RFC 9725 §4.7.1: clients MUST send the bearer token in every request to the session.
        grant = self._grant(request, room)
        session = self._publishers.find(room, request.match_info["key"])
        grant.check_media_id(session.room)
        return session

    def _grant(self, request: web.Request, room: str) -> Grant:
        """What the request's token allows: at least to publish something in *room*."""
        bearer = token.bearer(request.headers.get("Authorization"))
        grant = self._verifier.verify(bearer, room=room, now=self._now())
        grant.require_any(capability.PUBLISH)
        return grant

    def _now(self) -> int:
        return self._around.clock.wall_ns() // NANOSECOND

    def _preferred(self) -> tuple[Codec, ...]:
        wanted = self._around.settings.preferred_codec
        return (Codec(wanted),) if wanted else ()


def _target(request: web.Request) -> Target:
    wanted = request.query.get("to", TARGETS[0])
    if wanted not in TARGETS:
        raise UnknownTarget(f"?to= is {' or '.join(TARGETS)}, not {wanted[:40]!r}")
    return cast("Target", wanted)
