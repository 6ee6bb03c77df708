"""A live LL-HLS origin over `lowlatency.Broadcast`: right by default, wrong where a test says so."""

import asyncio
import time
from dataclasses import dataclass, field

from aiohttp import web
from lowlatency import MULTIVARIANT, NANOSECOND, RUNGS, Broadcast

CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Age, Date, Content-Length, Content-Range",
}


def live_broadcast(*, age_seconds: int = 60, **changes: object) -> Broadcast:
    """Parts of 0.2 s, segments of 1 s; has been running for a while."""
    whole_second = time.time_ns() // NANOSECOND * NANOSECOND
    began = whole_second - age_seconds * NANOSECOND
    return Broadcast(began_ns=began, part_ms=200, parts=5).but(**changes)


@dataclass
class Faults:
    """What this origin does wrong."""

    silent_from: int | None = None
    """Lists and gives nothing from this part number of the broadcast on …"""
    silent_until: int | None = None
    """… until this one is due."""
    refuse_playlists: int = 0
    """So many reloads are answered with 503."""
    forbid: bool = False
    """Nobody may watch any more."""
    refuse_hints: bool = False
    refuse_parts: bool = False
    ended_at: tuple[int, int] | None = None
    version: str = "6"


@dataclass
class Origin:
    """Serves one broadcast in real time."""

    broadcast: Broadcast
    faults: Faults = field(default_factory=Faults)
    requests: list[str] = field(default_factory=list)

    def application(self) -> web.Application:
        application = web.Application()
        application.add_routes(
            [
                web.get("/live/r/index.m3u8", self._multivariant),
                web.get("/live/r/{name}.m3u8", self._playlist),
                web.get("/live/r/s1/{name}/init.mp4", self._init),
                web.get(r"/live/r/s1/{name}/{msn:\d+}.m4s", self._segment),
                web.get(r"/live/r/s1/{name}/{msn:\d+}.{index:\d+}.m4s", self._part),
            ]
        )
        return application

    def newest(self) -> tuple[int, int]:
        newest = self.broadcast.newest(time.time_ns())
        start, until = self.faults.silent_from, self.faults.silent_until
        number = newest[0] * self.broadcast.parts + newest[1]
        if start is not None and until is not None and start <= number < until:
            newest = divmod(start - 1, self.broadcast.parts)
        ended = self.faults.ended_at
        return min(newest, ended) if ended is not None else newest

    async def _multivariant(self, _request: web.Request) -> web.Response:
        return self._text(MULTIVARIANT, 1)

    async def _playlist(self, request: web.Request) -> web.Response:
        self.requests.append(request.path_qs)
        name = request.match_info["name"]
        if self.faults.forbid:
            raise web.HTTPUnauthorized(text='{"detail": "this token was revoked"}')
        if name not in RUNGS:
            raise web.HTTPNotFound
        if "_HLS_msn" in request.query:
            if self.faults.refuse_playlists:
                self.faults.refuse_playlists -= 1
                raise web.HTTPServiceUnavailable
            wanted = (int(request.query["_HLS_msn"]), int(request.query["_HLS_part"]))
            await self._until(wanted)
        newest = self.newest()
        ended = newest == self.faults.ended_at
        skip = request.query.get("_HLS_skip") == "YES" and not ended
        text = (
            self.broadcast.delta(name, newest)
            if skip
            else self.broadcast.playlist(name, newest, ended=ended)
        )
        text = text.replace("VERSION:6", f"VERSION:{self.faults.version}")
        return self._text(text, 6 if "_HLS_msn" in request.query else 1)

    async def _until(self, wanted: tuple[int, int]) -> None:
        while self.newest() < wanted and self.newest() != self.faults.ended_at:
            moment = self.broadcast.moment(*wanted)
            await asyncio.sleep(max(0.01, (moment - time.time_ns()) / NANOSECOND))

    async def _init(self, request: web.Request) -> web.Response:
        return self._media(self.broadcast.init(request.match_info["name"]))

    async def _part(self, request: web.Request) -> web.Response:
        self.requests.append(request.path_qs)
        name, msn, index = (request.match_info[key] for key in ("name", "msn", "index"))
        wanted = (int(msn), int(index))
        if self.faults.refuse_parts or (self.faults.refuse_hints and wanted > self.newest()):
            raise web.HTTPNotFound
        await self._until(wanted)
        if wanted > self.newest():
            raise web.HTTPNotFound
        return self._media(self.broadcast.part(name, *wanted))

    async def _segment(self, request: web.Request) -> web.Response:
        self.requests.append(request.path_qs)
        name, msn = request.match_info["name"], request.match_info["msn"]
        return self._media(self.broadcast.segment(name, int(msn)))

    def _text(self, text: str, max_age: int) -> web.Response:
        response = web.Response(
            text=text,
            content_type="application/vnd.apple.mpegurl",
            headers=CORS | {"Vary": "Accept-Encoding", "Cache-Control": f"max-age={max_age}"},
        )
        response.enable_compression(web.ContentCoding.gzip)
        return response

    def _media(self, body: bytes) -> web.Response:
        return web.Response(
            body=body,
            content_type="video/mp4",
            headers=CORS | {"Cache-Control": "public, max-age=1209600"},
        )
