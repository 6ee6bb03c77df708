"""A stage in one process, ingest and cascade on one endpoint, with a bad network before it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import forwardkit
import offers
import whepkit
from aiohttp import web
from aiohttp.test_utils import TestServer
from counterkit import Camera, Screen, closing
from netsim import Relay, relay
from prometheus_client import CollectorRegistry
from rawpeer import RawPeer
from whepkit import Viewer
from whip import ROOM, ShiftedClock, Sink, new_keys, until

import cascade.app
import ingest.app
from levelchat.auth import token
from levelchat.auth.capability import Capability
from levelchat.media.time import NANOSECOND
from levelchat.rtc.endpoint import RtcEndpoint
from levelchat.rtc.settings import RtcSettings
from levelchat.service import problem
from levelchat.service.plane import Context
from levelchat.service.settings import Settings

WARM_UP = 25
"""Pictures: keys, the first reports and the encoder's first bitrates are behind them."""
TICKS = 3000
"""Of the clock of video between two pictures."""
_CREATED = 201


@dataclass
class StageNet:
    """Both planes, running."""

    context: Context
    registry: CollectorRegistry
    http: aiohttp.ClientSession
    base: str

    @property
    def publishing(self) -> str:
        return f"{self.base}/v1/whip/{ROOM}?to=stage"

    @property
    def watching(self) -> str:
        return f"{self.base}/v1/whep/{ROOM}"

    def token(self, identity: str, capability: Capability) -> str:
        return token.mint(
            self.context.keys,
            room=ROOM,
            identity=identity,
            capabilities=(capability,),
            now=self.context.clock.wall_ns() // NANOSECOND,
            ttl=60,
        )

    def headers(self, identity: str, capability: Capability) -> dict[str, str]:
        bearer = f"Bearer {self.token(identity, capability)}"
        return {"Authorization": bearer, "Content-Type": whepkit.SDP}

    def metric(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(name, labels) or 0.0


@dataclass
class Shot:
    """One publisher and one subscriber, each behind a network of its own."""

    net: StageNet
    camera: Camera
    screen: Screen
    publishers: Relay
    subscribers: Relay

    async def roll(self, pictures: int, seconds: float = 20) -> None:
        """Until so many more were sent, and what was sent by then is shown."""
        sent = self.camera.numbers.count + pictures
        await until(lambda: self.screen.shown.newest >= sent, seconds)


@contextlib.asynccontextmanager
async def running(core: str) -> AsyncIterator[StageNet]:
    """On ports of its own."""
    clock, registry = ShiftedClock(), CollectorRegistry()
    rtc = RtcSettings(host="127.0.0.1", port=0, tcp_port=-1, shards=1, core=core)  # type: ignore[arg-type]
    endpoint = RtcEndpoint(settings=rtc, clock=clock, metrics=registry)
    context = Context(
        clock=clock,
        settings=Settings({}),
        metrics=registry,
        keys=new_keys(),
        data=Path(),
        rtc=endpoint,
    )
    context.seams.frames = Sink()
    planes = [cascade.app.create(context), ingest.app.create(context)]
    application = web.Application(middlewares=[problem.middleware])
    for plane in planes:
        application.add_routes(plane.routes())
    await endpoint.start()
    await context.presence.start()
    tasks = [asyncio.create_task(part.run()) for part in (context.bus, endpoint, *planes)]
    try:
        async with TestServer(application) as server, aiohttp.ClientSession() as http:
            yield StageNet(context, registry, http, f"http://127.0.0.1:{server.port}")
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        await endpoint.close()
        assert [each for each in ended if not isinstance(each, asyncio.CancelledError)] == []


@contextlib.asynccontextmanager
async def shot(core: str, codec: str, seed: int = 1) -> AsyncIterator[Shot]:
    """Begun on a clean network, and warm."""
    camera = Camera(codec)
    screen = Screen(camera.numbers)
    async with running(core) as net, closing(camera, screen):
        with relay(seed) as publishers, relay(seed + 1) as subscribers:
            whip_token = net.token("anna", Capability.PUBLISH_CAMERA)
            whep_token = net.token("ben", Capability.SUBSCRIBE_ALL)
            await camera.publish(net.http, net.publishing, whip_token, publishers)
            await screen.watch(net.http, net.watching, whep_token, subscribers)
            made = Shot(net, camera, screen, publishers, subscribers)
            await until(lambda: screen.shown.numbers, 15)
            await made.roll(WARM_UP)
            yield made


class Sender(RawPeer):
    """A publisher of one picture a packet, whose numbers a test chooses."""

    def __init__(self, sequence: int, timestamp: int) -> None:
        super().__init__()
        self.sequence, self.timestamp = sequence - 1, timestamp
        self._count = 0

    async def publish(self, net: StageNet, identity: str) -> None:
        """Connects. Whoever had *identity* is replaced."""
        headers = net.headers(identity, Capability.PUBLISH_CAMERA)
        offer = self.offer(offers.VIDEO)
        async with net.http.post(net.publishing, data=offer, headers=headers) as response:
            assert response.status == _CREATED
            await self.connect(await response.text())

    def picture(self) -> None:
        """The next; the first is a key frame."""
        payload = forwardkit.vp8(
            self._count & 0xFFFF, key=not self._count, picture=self._count & 0x7FFF
        )
        self.send_rtp(whepkit.VIDEO_PT, payload, timestamp=self.timestamp & 0xFFFFFFFF)
        self.timestamp += TICKS
        self._count += 1


async def view(net: StageNet, viewer: Viewer, way: Relay | None = None) -> None:
    """*viewer* subscribes, through *way*, and takes what comes."""
    headers = net.headers("ben", Capability.SUBSCRIBE_ALL)
    async with net.http.post(net.watching, data=viewer.wanting(), headers=headers) as response:
        answer = await response.text()
        assert response.status == _CREATED, answer
    await viewer.connect(way.stand_in(answer) if way else answer)
    viewer.listen()
