"""The edge over HTTP: turns requests into questions to `Delivery`, and answers into responses."""

import re
from collections.abc import Awaitable, Callable

from aiohttp import hdrs, web

from edge.delivery import Answer, Delivery
from edge.metrics import EdgeMetrics
from edge.settings import EdgeSettings
from levelchat.auth import token as room_token
from levelchat.auth.capability import Capability
from levelchat.auth.keys import TokenKeys
from levelchat.clock import Clock
from levelchat.errors import LevelChatError
from levelchat.media.time import NANOSECOND
from levelchat.service import problem

ROOM = "{room:r_[A-Za-z0-9_-]{1,64}}"
NAME = "[A-Za-z0-9_-]{1,64}"
_REFUSES_GZIP = re.compile(r"gzip\s*;\s*q=0(?:\.0*)?\s*(?:,|$)")
"""RFC 9110 §12.4.2: a weight of 0 means "not acceptable"."""

Handler = Callable[[web.Request], Awaitable[Answer]]


class EdgeRoutes:
    """`/live/…`."""

    def __init__(
        self,
        delivery: Delivery,
        settings: EdgeSettings,
        metrics: EdgeMetrics,
        keys: TokenKeys,
        clock: Clock,
    ) -> None:
        self._delivery = delivery
        self._settings = settings
        self._metrics = metrics
        self._keys = keys
        self._clock = clock
        self._cors = {
            "Access-Control-Allow-Origin": settings.allow_origin,
            # A11.8: hls.js reads Age to tune in behind a cache.
            "Access-Control-Expose-Headers": "Age, Date, Content-Length, Content-Range",
        }

    def routes(self) -> list[web.AbstractRouteDef]:
        """All routes below `/live/{room}`."""
        live = f"/live/{ROOM}"
        multivariant = self._respond("multivariant", self._multivariant)
        playlist = self._respond("playlist", self._playlist)
        media = self._respond("media", self._media)
        return [
            web.get(f"{live}/index.m3u8", multivariant),
            web.get(live + f"/{{rendition:{NAME}}}.m3u8", playlist),
            web.get(live + f"/{{session:{NAME}}}/{{rendition:{NAME}}}/{{file:[0-9a-z.]+}}", media),
            web.options(live + "/{rest:.*}", self._preflight),
        ]

    async def _multivariant(self, request: web.Request) -> Answer:
        room = self._authorised_room(request)
        return await self._delivery.multivariant(room, gzip=_takes_gzip(request))

    async def _playlist(self, request: web.Request) -> Answer:
        room = self._authorised_room(request)
        rendition = request.match_info["rendition"]
        return await self._delivery.playlist(
            room, rendition, request.query, gzip=_takes_gzip(request)
        )

    async def _media(self, request: web.Request) -> Answer:
        info = request.match_info
        path = f"{info['session']}/{info['rendition']}/{info['file']}"
        return await self._delivery.media(info["room"], path)

    def _authorised_room(self, request: web.Request) -> str:
        room = request.match_info["room"]
        if room in self._settings.private_rooms:
            token = room_token.bearer(request.headers.get(hdrs.AUTHORIZATION))
            now = self._clock.wall_ns() // NANOSECOND
            grant = room_token.verify(self._keys, token, room=room, now=now)
            grant.require_any(frozenset({Capability.SUBSCRIBE_ALL}))
        return room

    def _respond(
        self, kind: str, handler: Handler
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        requests, sent = self._metrics.requests, self._metrics.sent.labels(kind)
        good = requests.labels(kind, "200")

        async def respond(request: web.Request) -> web.Response:
            try:
                answer = await handler(request)
            except LevelChatError as error:
                requests.labels(kind, str(error.status)).inc()
                response = problem.response(error, request)
                response.headers.update(self._cors)
                return response
            good.inc()
            sent.inc(len(answer.body))
            headers = self._headers(answer)
            if request.match_info["room"] in self._settings.private_rooms:
                headers[hdrs.CACHE_CONTROL] = answer.cache.replace("public", "private")
            return web.Response(body=answer.body, headers=headers)

        return respond

    def _headers(self, answer: Answer) -> dict[str, str]:
        headers = {
            hdrs.CONTENT_TYPE: answer.content_type,
            hdrs.CACHE_CONTROL: answer.cache,
            # A11.2: RFC 9218 urgency: playlists before media.
            "Priority": answer.priority,
            **self._cors,
        }
        if answer.priority == "u=1":
            headers[hdrs.VARY] = "Accept-Encoding"  # A1.9
        if answer.gzipped:
            headers[hdrs.CONTENT_ENCODING] = "gzip"
        return headers

    async def _preflight(self, _request: web.Request) -> web.Response:
        headers = self._cors | {
            "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
            "Access-Control-Allow-Headers": "Authorization, Range",
            "Access-Control-Max-Age": "86400",
        }
        return web.Response(status=204, headers=headers)


def _takes_gzip(request: web.Request) -> bool:
    accepted = request.headers.get(hdrs.ACCEPT_ENCODING, "")
    return "gzip" in accepted and _REFUSES_GZIP.search(accepted) is None
