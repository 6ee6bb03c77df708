"""The extensions of WHEP over HTTP: server-sent events, and wishes for layers.

Comes in: requests to the resources of one session. Goes out: streams of events, and wishes.
"""

import asyncio
from collections.abc import Callable, Iterable
from http import HTTPStatus

import msgspec
from aiohttp import web

from cascade import wishes
from cascade.errors import TooManyStreams, UnknownEvents
from cascade.events import TYPES, EventStream
from cascade.subscriber import Subscriber
from levelchat.service.sdp_body import read_body
from levelchat.service.sdp_http import CORS

MAX_STREAMS = 4
"""Of one subscriber; a page that reconnects has two for a moment."""
SILENCE_SECONDS = 15.0
"""Proxies close what is silent for longer than 30 s or a minute."""
WRITE_SECONDS = 10.0
"""A listener that reads nothing for so long is gone."""
_ALIVE = b": alive\n\n"


class EventRoutes:
    """*find* gives the session of a request, or raises."""

    def __init__(
        self,
        find: Callable[[web.Request], Subscriber],
        *,
        silence_seconds: float = SILENCE_SECONDS,
        write_seconds: float = WRITE_SECONDS,
    ) -> None:
        self._find = find
        self._silence_seconds = silence_seconds
        self._write_seconds = write_seconds

    async def begin(self, request: web.Request) -> web.Response:
        """POST: which events; the answer says where they come."""
        self._find(request)
        types = _types(await read_body(request))
        url = f"{request.path}?types={','.join(types)}"
        return web.Response(status=HTTPStatus.CREATED, headers=CORS | {"Location": url})

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """GET: the events, beginning with what is so."""
        session = self._find(request)
        asked = request.query.get("types")
        types = TYPES if asked is None else _known(asked.split(","))
        if len(session.events) >= MAX_STREAMS:
            raise TooManyStreams(f"a subscriber listens to {MAX_STREAMS} streams at most")
        response = web.StreamResponse(
            headers=CORS | {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        )
        response.content_type = "text/event-stream"
        response.charset = "utf-8"
        stream = session.events.listen(types)
        try:
            await response.prepare(request)
            await self._pass_on(stream, response)
        except (TimeoutError, ConnectionError):
            # Nobody reads any more: what they did not take is kept for nobody.
            if request.transport is not None:
                request.transport.abort()
            return response
        finally:
            session.events.drop(stream)
        return response

    async def end(self, request: web.Request) -> web.Response:
        """DELETE: a stream ends when its connection does."""
        self._find(request)
        return web.Response(headers=CORS)

    async def wish(self, request: web.Request) -> web.Response:
        """POST: which layer a slot should carry."""
        session = self._find(request)
        session.wish(wishes.parse(await read_body(request)))
        return web.Response(headers=CORS)

    async def forget(self, request: web.Request) -> web.Response:
        """DELETE: the server's choice again, for `mediaId` of the body or for all."""
        session = self._find(request)
        body = await read_body(request)
        session.forget_wish(wishes.parse(body).media_id if body.strip() else "")
        return web.Response(headers=CORS)

    async def _pass_on(self, stream: EventStream, response: web.StreamResponse) -> None:
        while not stream.is_closed:
            try:
                async with asyncio.timeout(self._silence_seconds):
                    data = await stream.next()
            except TimeoutError:
                data = _ALIVE
            if data:
                async with asyncio.timeout(self._write_seconds):
                    await response.write(data)


def _types(body: bytes) -> tuple[str, ...]:
    try:
        return _known(msgspec.json.decode(body, type=list[str]))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UnknownEvents('the body is a JSON list of events, like ["tracks"]') from error


def _known(names: Iterable[str]) -> tuple[str, ...]:
    asked = set(names)
    known = tuple(kind for kind in TYPES if kind in asked)
    if not known:
        raise UnknownEvents(f"none of these is an event; there are: {', '.join(TYPES)}")
    return known
