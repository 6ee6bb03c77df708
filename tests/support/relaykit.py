"""Nodes of a cascade in one process: each with its own endpoint, HTTP server and directory."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Literal

import forwardkit
from aiohttp import web
from joserfc.jwk import KeySet
from prometheus_client import CollectorRegistry

from cascade.relay.metrics import RelayMetrics
from cascade.relay.relay import Identity, Means, Relay
from cascade.relay.routes import FeedRoutes
from cascade.relay.settings import RelaySettings
from levelchat.auth.keys import TokenKeys
from levelchat.auth.node_token import NodeTokens
from levelchat.bus.directory import Directory
from levelchat.bus.directory_local import Board, LocalDirectory
from levelchat.bus.directory_nats import NatsDirectory
from levelchat.clock import SystemClock
from levelchat.media.codec import Codec
from levelchat.media.stage import Layer, Publication, PublishedTrack
from levelchat.rtc.endpoint import RtcEndpoint
from levelchat.rtc.forward.seams import (
    ExtensionIds,
    OutletConfig,
    Selection,
    SourceConfig,
)
from levelchat.rtc.rtp import RtpPacket
from levelchat.rtc.settings import RtcSettings
from levelchat.service import problem

ROOM = "r_demo"
SECRET = "a secret that all nodes know"
TTL = 1.5
REPEAT = 0.2
WAIT_SECONDS = 20
VIDEO_PT = 96
AUDIO_PT = 111
VP8_KEY = bytes([0x10, 0, 0, 0, 0x9D, 0x01, 0x2A]) + bytes(60)
VP8_DELTA = bytes([0x10, 1, 0, 0]) + bytes(60)


async def until(condition: Callable[[], object], seconds: float = WAIT_SECONDS) -> None:
    """Returns once *condition* holds."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


class Watcher:
    """Somebody who watches a room: what is published now, by session."""

    def __init__(self) -> None:
        self.published: dict[str, Publication] = {}
        self.replaced = 0
        self.unpublished = 0

    def on_published(self, publication: Publication) -> None:
        self.published[publication.session] = publication

    def on_replaced(self, former: Publication, publication: Publication) -> None:
        assert former is self.published[publication.session]
        self.published[publication.session] = publication
        self.replaced += 1

    def on_unpublished(self, publication: Publication) -> None:
        del self.published[publication.session]
        self.unpublished += 1


class Viewer:
    """Somebody below a node: one outlet that carries the session's video, on real UDP."""

    SSRC = 0x5EE

    def __init__(self, node: "Node") -> None:
        self._forwarder = node.endpoint.forwarder
        route, self._outlet = node.endpoint.numbers.next(), node.endpoint.numbers.next()
        self._peer = forwardkit.Peer(
            route, forwardkit.bound_socket(), ("127.0.0.1", node.endpoint.port)
        )
        rx, tx = self._peer.core_sessions()
        self._forwarder.open_route(route, 0, rx, tx, "viewer")
        self._forwarder.bind(route, self._peer.address)
        self._forwarder.aim(route, self._peer.address)
        config = OutletConfig(self.SSRC, Codec.VP8.clock_rate, is_video=True)
        self._forwarder.open_outlet(self._outlet, route, config)
        asyncio.get_running_loop().add_reader(self._peer.sock.fileno(), self._peer.read)

    @property
    def packets(self) -> list[RtpPacket]:
        return self._peer.received

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._peer.sock.fileno())
        self._peer.sock.close()

    def on_published(self, publication: Publication) -> None:
        source = publication.tracks[0].layers[0].source
        self._forwarder.select(
            self._outlet, Selection(source=source, payload_type=VIDEO_PT, replay=True)
        )

    def on_replaced(self, former: Publication, publication: Publication) -> None:
        assert former.session == publication.session
        self.on_published(publication)

    def on_unpublished(self, publication: Publication) -> None:
        raise AssertionError(publication.session)


class Publisher:
    """A synthetic publisher at a node: one track of VP8 and one of Opus, 50 packets a second."""

    def __init__(self, node: "Node", session: str = "s_one", room: str = ROOM) -> None:
        self.node = node
        self.room = room
        self.session = session
        self.wanted = 0
        self.paused = False
        self.group = 25
        """Pictures from one key frame to the next."""
        self._sequence = 0
        self._task: asyncio.Task[None] | None = None
        endpoint = node.endpoint
        ids = ExtensionIds(audio_level=1, capture_time=2)
        self.video = endpoint.open_source(SourceConfig(Codec.VP8, VIDEO_PT, extensions=ids), None)
        self.audio = endpoint.open_source(
            SourceConfig(Codec.OPUS, AUDIO_PT, extensions=ids, history=128), None
        )

    def publication(self) -> Publication:
        return Publication(
            room=self.room,
            session=self.session,
            identity="ann",
            name="Ann",
            tracks=(
                PublishedTrack(Codec.VP8, (Layer(self.video, "h"),)),
                PublishedTrack(Codec.OPUS, (Layer(self.audio),), fmtp="usedtx=1"),
            ),
            request_key_frame=self._want,
        )

    def start(self) -> None:
        self._task = asyncio.create_task(self._send())
        self.node.relay.stage.publish(self.publication())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None
            self.node.relay.stage.unpublish(self.room, self.session)
            self.node.endpoint.close_source(self.video)
            self.node.endpoint.close_source(self.audio)

    def _want(self, source: int) -> None:
        assert source in (self.video, self.audio)
        self.wanted += 1

    async def _send(self) -> None:
        while True:
            if not self.paused:
                self._push()
            await asyncio.sleep(0.02)

    def _push(self) -> None:
        number = self._sequence
        self._sequence += 1
        now_ns = self.node.clock.now_ns()
        payload = VP8_KEY if number % self.group == 0 else VP8_DELTA
        video = self._packet(VIDEO_PT | 0x80, number, 90 * 20, 0x1111) + payload
        audio = self._packet(AUDIO_PT, number, 48 * 20, 0x2222) + b"opus"
        forwarder = self.node.endpoint.forwarder
        forwarder.push(self.video, video, now_ns)
        forwarder.push(self.audio, audio, now_ns)

    def _packet(self, payload_type: int, number: int, step: int, ssrc: int) -> bytes:
        return struct.pack(
            "!BBHII", 0x80, payload_type, number & 0xFFFF, number * step & 0xFFFFFFFF, ssrc
        )


@dataclass
class Node:
    """One."""

    name: str
    clock: SystemClock
    endpoint: RtcEndpoint
    relay: Relay
    runner: web.AppRunner
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def packets(self, watcher: Watcher, session: str = "s_one") -> int:
        """That came of the session's tracks, as it is published now; 0 while it is not."""
        publication = watcher.published.get(session)
        if publication is None:
            return 0
        stats = self.endpoint.forwarder.source_stats
        return min(stats(track.layers[0].source).packets for track in publication.tracks)

    def watch(self, room: str = ROOM) -> Watcher:
        watcher = Watcher()
        for publication in self.relay.stage.publications(room):
            watcher.on_published(publication)
        self.relay.stage.watch(room, watcher)
        return watcher

    async def stop(self) -> None:
        """As a process that ends."""
        if self.tasks:
            relay, endpoint = self.tasks
            relay.cancel()
            await asyncio.wait([relay])
            assert relay.cancelled(), relay.exception()
            endpoint.cancel()
            await asyncio.wait([endpoint])
            self.tasks = []
            await self.runner.cleanup()
            await self.endpoint.close()

    async def kill(self) -> None:
        """As by SIGKILL: nobody hears a word of it."""
        self.relay._written = {}
        self.endpoint.forwarder.close()
        for sock in self.endpoint._sockets:
            sock.close()
        await self.runner.cleanup()
        relay, endpoint = self.tasks
        self.tasks = []
        for task in (relay, endpoint):
            task.cancel()
        await asyncio.wait([relay, endpoint])


class Cascade:
    """Starts nodes, and ends them all."""

    def __init__(self, stack: contextlib.AsyncExitStack) -> None:
        self._stack = stack
        self.board = Board(TTL)
        self.nats = ""
        """URL of a server that nodes started from now on meet at, instead of in this process."""

    async def node(
        self,
        name: str,
        region: str = "",
        settings: RelaySettings | None = None,
        core: Literal["portable", "native"] = "portable",
    ) -> Node:
        clock = SystemClock()
        endpoint = RtcEndpoint(
            settings=RtcSettings(host="127.0.0.1", port=0, shards=1, tcp_port=-1, core=core),
            clock=clock,
            metrics=CollectorRegistry(),
        )
        await endpoint.start()
        tokens = NodeTokens(SECRET, TokenKeys(None, KeySet([])))
        # The address is known before anything is served: the node says it to others.
        sock = socket.create_server(("127.0.0.1", 0))
        identity = Identity(name, f"http://127.0.0.1:{sock.getsockname()[1]}", region)
        means = Means(endpoint, clock, self._directory(clock), tokens.mint)
        relay = Relay(
            identity, means, settings or RelaySettings(), RelayMetrics(CollectorRegistry())
        )
        runner = await _serve(FeedRoutes(relay.feeds, tokens, clock), sock)
        node = Node(name, clock, endpoint, relay, runner)
        node.tasks = [asyncio.create_task(relay.run()), asyncio.create_task(endpoint.run())]
        self._stack.push_async_callback(node.stop)
        await until(lambda: name in relay.view.nodes)
        return node

    def _directory(self, clock: SystemClock) -> Directory:
        if self.nats:
            return NatsDirectory(self.nats, clock, ttl_seconds=TTL, repeat_seconds=REPEAT)
        return LocalDirectory(clock, self.board, REPEAT)

    def publisher(self, node: Node, session: str = "s_one") -> Publisher:
        publisher = Publisher(node, session)
        publisher.start()
        self._stack.push_async_callback(publisher.stop)
        return publisher


async def _serve(routes: FeedRoutes, sock: socket.socket) -> web.AppRunner:
    application = web.Application(middlewares=[problem.middleware])
    application.add_routes(routes.routes())
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.SockSite(runner, sock).start()
    return runner


@contextlib.asynccontextmanager
async def cascade() -> AsyncIterator[Cascade]:
    async with contextlib.AsyncExitStack() as stack:
        yield Cascade(stack)
