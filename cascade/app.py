"""The cascade plane: WHEP out, and the tree of nodes.

Comes in: the context with the WebRTC endpoint. Goes out: a plane, and the stage on which ingest
publishes. Packets are the forwarding core's; this plane decides who gets which.
"""

import asyncio
import resource
from collections.abc import Sequence

from aiohttp import web

from cascade.load import Load, Spent
from cascade.metrics import CascadeMetrics
from cascade.routes import WhepRoutes
from cascade.seams import Alone
from cascade.settings import CascadeSettings
from cascade.stage import Stage
from cascade.subscriber import Surroundings
from cascade.subscribers import Subscribers
from levelchat.media.time import NANOSECOND
from levelchat.rtc.endpoint import RtcEndpoint
from levelchat.rtc.forward.seams import SHARD_SUBSCRIBERS
from levelchat.service import sdp_http
from levelchat.service.plane import Context, Plane
from levelchat.service.settings import SettingsError

LOOK_SECONDS = 1.0
"""Between two looks at what was spent."""


class CascadePlane:
    """The plane as the server runs it."""

    name = "cascade"

    def __init__(
        self, subscribers: Subscribers, whep: WhepRoutes, load: Load, around: Surroundings
    ) -> None:
        self._subscribers = subscribers
        self._whep = whep
        self._load = load
        self._around = around

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        return self._whep.routes()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._subscribers.run())
            tasks.create_task(self._note_load())

    async def drain(self) -> None:
        self._subscribers.draining = True
        self._subscribers.close("server draining")

    def unready(self) -> list[str]:
        return []

    async def _note_load(self) -> None:
        while True:
            self._load.note(_spent(self._around.endpoint), self._around.clock.monotonic_ns())
            self._around.metrics.load.set(self._subscribers.load)
            await asyncio.sleep(LOOK_SECONDS)


def create(context: Context) -> Plane:
    """The plane, built from *context*."""
    if context.rtc is None:
        raise SettingsError("cascade needs WebRTC; this process has no endpoint")
    settings = context.settings.section("cascade", CascadeSettings)
    shards = context.rtc.shards
    around = Surroundings(context.rtc, context.clock, CascadeMetrics(context.metrics))
    upstream = Alone()
    stage = Stage(upstream)
    stage.on_change.append(
        lambda _: around.metrics.publications.set(
            sum(len(stage.publications(room)) for room in stage.rooms())
        )
    )
    load = Load(
        packet_budget=settings.packet_budget,
        processor_budget=settings.processor_budget,
        cores=shards,
    )
    most = settings.max_subscribers or SHARD_SUBSCRIBERS * shards
    subscribers = Subscribers(stage, upstream, load, around, most)
    context.seams.stage = stage
    context.leases.measure(lambda: subscribers.load)
    whep = WhepRoutes(
        subscribers,
        context.verifier,
        context.presence,
        context.clock,
        settings,
        lambda handler: sdp_http.guarded(handler, around.metrics.refused),
    )
    return CascadePlane(subscribers, whep, load, around)


def _spent(endpoint: RtcEndpoint) -> Spent:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return Spent(
        packets=endpoint.forwarder.totals().forwarded,
        processor_ns=int((used.ru_utime + used.ru_stime) * NANOSECOND),
    )
