"""The packager plane: wires the supervisor between ingest and the origin.

Comes in: the context with the origin's `ProgramSink`. Goes out: a plane, and the `FrameSink` in
the seams. It serves no routes.
"""

from collections.abc import Sequence

from aiohttp import web

from levelchat.service.plane import Context, Plane
from levelchat.service.settings import SettingsError
from packager.metrics import PackagerMetrics
from packager.settings import PackagerSettings
from packager.supervisor import Supervisor


class PackagerPlane:
    """The plane as the server runs it."""

    name = "packager"

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        return ()

    async def run(self) -> None:
        await self._supervisor.run()

    async def drain(self) -> None:
        await self._supervisor.drain()

    def unready(self) -> list[str]:
        return [] if self._supervisor.running else ["no broadcasts are taken"]


def create(context: Context) -> Plane:
    """The plane, built from *context*, whose `frames` seam it fills."""
    settings = context.settings.section("packager", PackagerSettings)
    if context.seams.programs is None:
        raise SettingsError(
            "the packager feeds an origin in the same process: add edge to server.planes"
        )
    supervisor = Supervisor(
        settings,
        clock=context.clock,
        sink=context.seams.programs,
        metrics=PackagerMetrics(context.metrics),
    )
    context.seams.frames = supervisor
    return PackagerPlane(supervisor)
