"""The edge over HTTP: turns requests into questions to `Delivery`, and answers into responses."""

import re
from collections.abc import Awaitable, Callable

from aiohttp import hdrs, web

from edge import headers, ranges
from edge.access import Access, Credentials
from edge.delivery import Answer, Delivery
from edge.headers import Cors
from edge.metrics import EdgeMetrics
from levelchat.contract import names
from levelchat.errors import LevelChatError
from levelchat.service import problem

ROOM = f"{{room:{names.ROOM}}}"
NAME = "[A-Za-z0-9_-]{1,64}"
PROXY_SECRET = "X-LC-Edge-Secret"  # noqa: S105 - the header's name
_REFUSES_GZIP = re.compile(r"gzip\s*;\s*q=0(?:\.0*)?\s*(?:,|$)")
"""RFC 9110 §12.4.2: a weight of 0 means "not acceptable"."""

Handler = Callable[[web.Request], Awaitable[Answer]]


class EdgeRoutes:
    """`/live/…`, but for `/live/{room}/access`."""

    def __init__(
        self, delivery: Delivery, access: Access, cors: Cors, metrics: EdgeMetrics
    ) -> None:
        self._delivery = delivery
        self._access = access
        self._cors = cors
        self._metrics = metrics

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
        room = request.match_info["room"]
        return await self._delivery.multivariant(room, gzip=_takes_gzip(request))

    async def _playlist(self, request: web.Request) -> Answer:
        info = request.match_info
        return await self._delivery.playlist(
            info["room"], info["rendition"], request.query, gzip=_takes_gzip(request)
        )

    async def _media(self, request: web.Request) -> Answer:
        info = request.match_info
        path = f"{info['session']}/{info['rendition']}/{info['file']}"
        return await self._delivery.media(info["room"], path)

    def _respond(
        self, kind: str, handler: Handler
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        requests, sent = self._metrics.requests, self._metrics.sent.labels(kind)
        good = requests.labels(kind, "200")

        async def respond(request: web.Request) -> web.Response:
            room, given = request.match_info["room"], credentials(request)
            proxy = self._access.is_trusted(given)
            try:
                if not proxy:
                    self._access.check(room, given)
                answer = await handler(request)
                wanted = _range(request, answer)
            except LevelChatError as error:
                requests.labels(kind, str(error.status)).inc()
                return self._refusal(error, request, proxy=proxy)
            fields = headers.of_answer(answer, self._access.keeping(room), proxy=proxy)
            self._cors.add_to(fields, request.headers.get(hdrs.ORIGIN))
            if wanted is not None:
                return self._part_of(answer, wanted, fields, kind)
            good.inc()
            sent.inc(len(answer.body))
            return web.Response(body=answer.body, headers=fields)

        return respond

    def _part_of(
        self, answer: Answer, wanted: range, fields: dict[str, str], kind: str
    ) -> web.Response:
        self._metrics.requests.labels(kind, "206").inc()
        self._metrics.sent.labels(kind).inc(len(wanted))
        fields[hdrs.CONTENT_RANGE] = ranges.content_range(wanted, len(answer.body))
        body = answer.body[wanted.start : wanted.stop]
        return web.Response(status=206, body=body, headers=fields)

    def _refusal(
        self, error: LevelChatError, request: web.Request, *, proxy: bool
    ) -> web.Response:
        keeping = self._access.keeping(request.match_info["room"])
        fields = headers.of_error(error.headers, keeping, proxy=proxy)
        self._cors.add_to(fields, request.headers.get(hdrs.ORIGIN))
        response = problem.response(error, request)
        response.headers.update(fields)
        return response

    async def _preflight(self, request: web.Request) -> web.Response:
        fields = self._cors.preflight(request.headers.get(hdrs.ORIGIN), "GET, HEAD, OPTIONS")
        return web.Response(status=204, headers=fields)


def credentials(request: web.Request) -> Credentials:
    """What *request* brings."""
    fields = request.headers
    return Credentials(
        authorization=fields.get(hdrs.AUTHORIZATION),
        cookie=fields.get(hdrs.COOKIE),
        proxy_secret=fields.get(PROXY_SECRET),
    )


def _range(request: web.Request, answer: Answer) -> range | None:
    """Of media alone: a playlist is another one at every request."""
    header = request.headers.get(hdrs.RANGE)
    # RFC 9110 §14.2: Range is defined for GET alone; §13.1.5: an If-Range of which we know nothing
    # is another body's.
    if header is None or not answer.immutable or request.method != hdrs.METH_GET:
        return None
    return None if hdrs.IF_RANGE in request.headers else ranges.select(header, len(answer.body))


def _takes_gzip(request: web.Request) -> bool:
    accepted = request.headers.get(hdrs.ACCEPT_ENCODING, "")
    return "gzip" in accepted and _REFUSES_GZIP.search(accepted) is None
