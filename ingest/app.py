"""The ingest plane: WHIP in, encoded frames to the packager, packets to the stage.

Comes in: the context with the WebRTC endpoint, and the packager's `FrameSink`, the cascade's
`StageSink`, or both. Goes out: a plane.
Its work is done in the endpoint's calls; it has no task of its own.
"""

import asyncio
from collections.abc import Sequence

from aiohttp import web

from ingest.metrics import IngestMetrics
from ingest.publishers import Publishers
from ingest.routes import WhipRoutes
from ingest.session import Surroundings
from ingest.settings import IngestSettings
from levelchat.service.plane import Context, Plane
from levelchat.service.settings import SettingsError


class IngestPlane:
    """The plane as the server runs it."""

    name = "ingest"

    def __init__(self, publishers: Publishers, whip: WhipRoutes) -> None:
        self._publishers = publishers
        self._whip = whip

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        return self._whip.routes()

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def drain(self) -> None:
        self._publishers.drain()

    def unready(self) -> list[str]:
        return []


def create(context: Context) -> Plane:
    """The plane, built from *context*."""
    frames, stage = context.seams.frames, context.seams.stage
    if context.rtc is None or (frames is None and stage is None):
        raise SettingsError(
            "ingest feeds a packager or a cascade in the same process: "
            "add packager or cascade to server.planes"
        )
    around = Surroundings(
        frames=frames,
        stage=stage,
        clock=context.clock,
        settings=context.settings.section("ingest", IngestSettings),
        metrics=IngestMetrics(context.metrics),
        bus=context.bus,
    )
    publishers = Publishers(context.rtc, around)
    context.leases.measure(lambda: publishers.load)
    whip = WhipRoutes(publishers, context.verifier, context.presence, around)
    return IngestPlane(publishers, whip)
