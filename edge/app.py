"""The edge plane, wired."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from aiohttp import web

from edge.delivery import Delivery
from edge.metrics import EdgeMetrics
from edge.origin import Origin
from edge.pages import Pages
from edge.routes import EdgeRoutes
from edge.settings import EdgeSettings
from levelchat.service.plane import Context, Plane

WEB_BUILD = Path(__file__).resolve().parents[1] / "web" / "dist"
"""Where `make web` puts the pages."""
SWEEP_SECONDS = 5.0
"""How often ended broadcasts are looked at; one timer for the whole edge."""
FAREWELL_SECONDS = 1.0
"""After the last playlist ended, so that players can fetch its EXT-X-ENDLIST."""


def create(context: Context) -> Plane:
    """The edge of this process; offers itself as where programs go."""
    settings = context.settings.section("edge", EdgeSettings)
    metrics = EdgeMetrics(context.metrics)
    origin = Origin(settings, context.clock, metrics)
    metrics.held.set_function(origin.held_bytes)
    context.seams.programs = origin
    delivery = Delivery(origin, settings, metrics)
    routes = EdgeRoutes(delivery, settings, metrics, context.keys, context.clock)
    return Edge(origin, routes, Pages(Path(settings.web_dir) if settings.web_dir else WEB_BUILD))


class Edge:
    """Serves LL-HLS and the pages."""

    name = "edge"

    def __init__(self, origin: Origin, routes: EdgeRoutes, pages: Pages) -> None:
        self._origin = origin
        self._routes = routes
        self._pages = pages

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        return [*self._routes.routes(), *self._pages.routes()]

    async def run(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            self._origin.sweep()

    async def drain(self) -> None:
        """What still runs ends now; players get a moment to hear of it."""
        for room, broadcast in list(self._origin.broadcasts.items()):
            if broadcast.ended_ns is None:
                self._origin.end(room)
        if self._origin.broadcasts:
            await asyncio.sleep(FAREWELL_SECONDS)

    def unready(self) -> list[str]:
        return []
