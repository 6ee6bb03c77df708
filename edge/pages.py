"""The built pages: player, publisher, stage, and their assets."""

import re
from pathlib import Path

from aiohttp import hdrs, web

from edge.errors import NoSuchBroadcast, PagesMissing
from edge.routes import ROOM

_POLICY = (
    "default-src 'self'; connect-src {connect}; media-src 'self' blob:; worker-src 'self' blob:; "
    "img-src 'self' data:; style-src 'self'; script-src 'self'; object-src 'none'; "
    "base-uri 'none'; frame-ancestors 'self'"
)
POLICY = _POLICY.format(connect="'self'")
STAGE_POLICY = _POLICY.format(connect="'self' http: https:")
"""A full node names another of the cascade, whose address no page knows beforehand."""
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    hdrs.CACHE_CONTROL: "no-cache",
}
YEAR = "public, max-age=31536000, immutable"
"""Asset names carry a hash of their content."""
_ASSET = re.compile(r"[A-Za-z0-9_.-]+")


class Pages:
    """Serves *folder*, Vite's output."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def routes(self) -> list[web.AbstractRouteDef]:
        """`/watch/{room}`, `/publish/{room}`, `/stage/{room}`, `/` and `/assets/…`."""
        return [
            web.get(f"/watch/{ROOM}", self._watch),
            web.get(f"/publish/{ROOM}", self._publish),
            web.get(f"/stage/{ROOM}", self._stage),
            web.get("/", self._index),
            web.get("/assets/{name}", self._asset),
        ]

    async def _watch(self, _request: web.Request) -> web.FileResponse:
        return self._page("watch.html")

    async def _publish(self, _request: web.Request) -> web.FileResponse:
        return self._page("publish.html")

    async def _stage(self, _request: web.Request) -> web.FileResponse:
        page = self._page("stage.html")
        page.headers["Content-Security-Policy"] = STAGE_POLICY
        return page

    async def _index(self, _request: web.Request) -> web.FileResponse:
        return self._page("index.html")

    async def _asset(self, request: web.Request) -> web.FileResponse:
        name = request.match_info["name"]
        file = self._folder / "assets" / name
        if not _ASSET.fullmatch(name) or name.startswith(".") or not file.is_file():
            raise NoSuchBroadcast(f"there is no asset {name[:80]!r}")
        return web.FileResponse(file, headers={hdrs.CACHE_CONTROL: YEAR})

    def _page(self, name: str) -> web.FileResponse:
        file = self._folder / name
        if not file.is_file():
            raise PagesMissing("the pages have not been built; run `make web`")
        return web.FileResponse(file, headers=HEADERS)
