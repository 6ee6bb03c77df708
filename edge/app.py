"""The edge plane, wired."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from aiohttp import web

from edge.access import Access
from edge.audience import Audience
from edge.delivery import Delivery
from edge.entrance import Entrance
from edge.headers import Cors
from edge.metrics import EdgeMetrics
from edge.origin import Origin
from edge.pages import Pages
from edge.routes import EdgeRoutes
from edge.settings import EdgeSettings
from levelchat.bus.messages import Message, RoomClosed
from levelchat.bus.seams import CONTROL, Bus
from levelchat.service.plane import Context, Plane
from levelchat.service.settings import ServerSettings

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
    audience = Audience(context.presence, context.clock, metrics, settings.max_viewers)
    access = Access(
        verifier=context.verifier,
        presence=context.presence,
        audience=audience,
        is_held=origin.broadcasts.__contains__,
        settings=settings,
        clock=context.clock,
        metrics=metrics,
    )
    cors = Cors(settings)
    public_url = context.settings.section("server", ServerSettings).public_url
    routes = [
        *Entrance(access, cors, settings, public_url).routes(),
        *EdgeRoutes(Delivery(origin, settings, metrics), access, cors, metrics).routes(),
        *Pages(Path(settings.web_dir) if settings.web_dir else WEB_BUILD).routes(),
    ]
    return Edge(context.bus, origin, audience, routes)


class Edge:
    """Serves LL-HLS and the pages."""

    name = "edge"

    def __init__(
        self,
        bus: Bus,
        origin: Origin,
        audience: Audience,
        routes: Sequence[web.AbstractRouteDef],
    ) -> None:
        self._bus = bus
        self._origin = origin
        self._audience = audience
        self._routes = routes

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        return self._routes

    async def run(self) -> None:
        await self._bus.subscribe(CONTROL, self._on_control)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._audience.run())
            tasks.create_task(self._sweep())

    async def drain(self) -> None:
        """What still runs ends now; players get a moment to hear of it."""
        for room, broadcast in list(self._origin.broadcasts.items()):
            if broadcast.ended_ns is None:
                self._origin.end(room)
        if self._origin.broadcasts:
            await asyncio.sleep(FAREWELL_SECONDS)
        self._audience.leave_all()

    def unready(self) -> list[str]:
        return []

    def _on_control(self, message: Message) -> None:
        # rooms.md §2: nobody publishes in a room that has ended, so that its playlists end at
        # once; the packager would wait for its publisher to come back.
        if isinstance(message, RoomClosed):
            self._origin.end(message.media_id)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            self._origin.sweep()
