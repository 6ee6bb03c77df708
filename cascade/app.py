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
from cascade.relay.metrics import RelayMetrics
from cascade.relay.relay import Identity, Means, Measured, Relay
from cascade.relay.routes import FeedRoutes
from cascade.relay.settings import RelaySettings
from cascade.routes import WhepRoutes
from cascade.settings import CascadeSettings
from cascade.stage import Stage
from cascade.subscriber import Surroundings
from cascade.subscribers import Subscribers
from levelchat.auth.node_token import NodeTokens
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
        self,
        subscribers: Subscribers,
        relay: Relay,
        routes: Sequence[web.AbstractRouteDef],
        load: Load,
        around: Surroundings,
    ) -> None:
        self._subscribers = subscribers
        self._relay = relay
        self._routes = routes
        self._load = load
        self._around = around

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        return self._routes

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._relay.run())
            tasks.create_task(self._subscribers.run())
            tasks.create_task(self._note_load())

    async def drain(self) -> None:
        self._subscribers.draining = True
        # Nodes below find another parent first, so that their viewers notice nothing.
        await self._relay.drain()
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
    load = Load(
        packet_budget=settings.packet_budget,
        processor_budget=settings.processor_budget,
        cores=shards,
    )
    tokens = NodeTokens(settings.node_secret, context.keys)
    relay = _relay(context, settings, tokens)
    most = settings.max_subscribers or SHARD_SUBSCRIBERS * shards
    subscribers = Subscribers(relay.stage, relay, load, around, most)
    relay.measure = lambda: Measured(subscribers.load, load.packets, len(subscribers))
    _count(relay.stage, around.metrics)
    context.seams.stage = relay.stage
    context.leases.measure(lambda: subscribers.load)
    whep = WhepRoutes(
        subscribers,
        context.verifier,
        context.presence,
        context.clock,
        settings,
        lambda handler: sdp_http.guarded(handler, around.metrics.refused),
    )
    feeds = FeedRoutes(relay.feeds, tokens, context.clock)
    return CascadePlane(subscribers, relay, [*whep.routes(), *feeds.routes()], load, around)


def _relay(context: Context, settings: CascadeSettings, tokens: NodeTokens) -> Relay:
    if context.rtc is None:
        raise SettingsError("cascade needs WebRTC; this process has no endpoint")
    node = context.node
    return Relay(
        Identity(node.name, node.url, node.region),
        Means(context.rtc, context.clock, context.directory, tokens.mint),
        RelaySettings(
            max_children=settings.max_children,
            max_depth=settings.max_depth,
            linger_seconds=settings.linger_seconds,
            silence_ms=settings.silence_ms,
        ),
        RelayMetrics(context.metrics),
    )


def _count(stage: Stage, metrics: CascadeMetrics) -> None:
    def count(_room: str) -> None:
        metrics.publications.set(sum(len(stage.publications(room)) for room in stage.rooms()))

    stage.on_change.append(count)


def _spent(endpoint: RtcEndpoint) -> Spent:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return Spent(
        packets=endpoint.forwarder.totals().forwarded,
        processor_ns=int((used.ru_utime + used.ru_stime) * NANOSECOND),
    )
