"""Feeds over HTTP, for nodes of the same installation: `/v1/feeds/{room}/{session}`.

Comes in: requests with a node token. Goes out: our offer and the feed's URL, how long it has been
silent, errors. Packets and peers are the feeds'.
"""

import re
from http import HTTPStatus

from aiohttp import hdrs, web

from cascade.relay.errors import FeedNotFound, NotCarried
from cascade.relay.feed import Feeds
from levelchat.auth.errors import TokenInvalid
from levelchat.auth.node_token import NodeTokens
from levelchat.clock import Clock
from levelchat.contract import names
from levelchat.media.time import NANOSECOND
from levelchat.service.sdp_body import read_sdp
from levelchat.service.sdp_http import SDP

PATH = "/v1/feeds/{room}/{session}"

_ROOM = re.compile(names.ROOM)
_SESSION = re.compile(r"[A-Za-z0-9_-]{1,80}", re.ASCII)
_SCHEME = "bearer"


class FeedRoutes:
    """Those of one node."""

    def __init__(self, feeds: Feeds, tokens: NodeTokens, clock: Clock) -> None:
        self._feeds = feeds
        self._tokens = tokens
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """What the server serves."""
        feed = f"{PATH}/{{key}}"
        return [
            web.post(PATH, self._offer),
            web.patch(feed, self._answer),
            web.get(feed, self._silence),
            web.delete(feed, self._end),
        ]

    async def _offer(self, request: web.Request) -> web.Response:
        node = self._node(request)
        room, session = request.match_info["room"], request.match_info["session"]
        if not _ROOM.fullmatch(room) or not _SESSION.fullmatch(session):
            raise NotCarried("no session has that name")
        key, text = self._feeds.offer(room, session, node)
        response = web.Response(
            status=HTTPStatus.CREATED,
            text=text,
            content_type=SDP,
            headers={hdrs.LOCATION: f"/v1/feeds/{room}/{session}/{key}"},
        )
        # The type's definition knows no charset parameter.
        response.charset = None
        return response

    async def _answer(self, request: web.Request) -> web.Response:
        key = self._key(request)
        self._feeds.answer(key, await read_sdp(request, SDP))
        return web.Response(status=HTTPStatus.NO_CONTENT)

    async def _silence(self, request: web.Request) -> web.Response:
        """Asked by a node below that hears nothing."""
        return web.json_response({"silence_ms": self._feeds.silence_ms(self._key(request))})

    async def _end(self, request: web.Request) -> web.Response:
        self._feeds.end(self._key(request))
        return web.Response(status=HTTPStatus.OK)

    def _key(self, request: web.Request) -> str:
        """The feed's, if it is that node's."""
        key: str = request.match_info["key"]
        if self._feeds.node_of(key) != self._node(request):
            raise FeedNotFound("this node has no such feed; ask for another")
        return key

    def _node(self, request: web.Request) -> str:
        scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
        if scheme.lower() != _SCHEME:
            raise TokenInvalid("feeds are for nodes: send Authorization: Bearer with a node token")
        return self._tokens.verify(token.strip(), self._clock.wall_ns() // NANOSECOND)
