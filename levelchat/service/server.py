"""One process: wires planes, serves their routes on one HTTP port, starts and drains them.

Comes in: settings and a clock. Goes out: a running server, until a signal; then a drain: nothing
new, running playlists end, exit within 10 s. It never touches media.
"""

import asyncio
import contextlib
import signal
from collections.abc import Callable
from pathlib import Path

import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry

from levelchat.bus.directory import Directory
from levelchat.bus.directory_nats import NatsDirectory
from levelchat.bus.local import LocalBus
from levelchat.bus.metrics import BusMetrics
from levelchat.bus.nats import NatsBus
from levelchat.bus.seams import Bus
from levelchat.clock import Clock
from levelchat.errors import EnvironmentFault
from levelchat.rtc.endpoint import RtcEndpoint
from levelchat.rtc.settings import RtcSettings
from levelchat.service import keykeeping, planes, problem
from levelchat.service.loop_lag import LoopLag
from levelchat.service.metrics import ServiceMetrics
from levelchat.service.plane import Context, Plane
from levelchat.service.settings import ServerSettings, Settings, webrtc_tcp_port
from levelchat.service.status import StatusRoutes

_log = structlog.get_logger("server")

PLANE_DRAIN_SECONDS = 5.0
"""A plane's own promise; beyond it the plane is cut off so that the process meets its 10 s."""

DRAIN_SECONDS = 8.0
"""For all planes together; leaves two seconds for sockets and child processes."""

SETTLE_SECONDS = 0.5
"""For what the drain said on the bus."""

CONNECTION_SECONDS = 1.0
"""How long open HTTP connections may finish their answer after the drain."""

LINGERING_SECONDS = 1.0
"""How long a refused peer may go on sending, so that it lives to see the refusal."""

MAX_BODY = 1 << 20
"""Bytes of any request body; routes that take less say so themselves."""


class PortInUse(EnvironmentFault):
    """Another program listens where we should."""

    code = "port_in_use"
    title = "Port in use"


class Server:
    """All planes of one process. *on_ready* is called once everything is there."""

    def __init__(
        self, settings: Settings, clock: Clock, on_ready: Callable[[], None] = lambda: None
    ) -> None:
        self._all_settings = settings
        self._settings = settings.section("server", ServerSettings)
        self._clock = clock
        self._on_ready = on_ready
        self._planes: list[Plane] = []
        self._status = StatusRoutes(self._planes)

    async def serve_until_signal(self) -> None:
        """Runs until SIGTERM or SIGINT has been answered by a drain."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await self.serve(stop)

    async def serve(self, stop: asyncio.Event) -> None:
        """Runs until *stop* is set and everything is drained."""
        context = self._context()
        for name in planes.check(self._settings.planes):
            self._planes.append(planes.create(name, context))
        runner = web.AppRunner(
            self._application(context),
            access_log=None,
            handler_cancellation=True,
            shutdown_timeout=CONNECTION_SECONDS,
            lingering_time=LINGERING_SECONDS,
        )
        await runner.setup()
        try:
            await self._run(runner, context, stop)
        finally:
            await runner.cleanup()
            if context.rtc is not None:
                await context.rtc.close()
            _log.info("stopped")

    async def _run(self, runner: web.AppRunner, context: Context, stop: asyncio.Event) -> None:
        # What rooms says is listened to before anybody can come.
        await context.presence.start()
        if context.rtc is not None:
            await context.rtc.start()
        # Ports are opened before the task group, so that one in use is its own plain error.
        port = await self._listen(runner)
        async with asyncio.TaskGroup() as tasks:
            kernel = (
                context.bus,
                keykeeping.keeper(self._settings, context.keys),
                LoopLag(self._clock, ServiceMetrics(context.metrics)),
            )
            running = [tasks.create_task(part.run()) for part in kernel]
            running += [tasks.create_task(plane.run()) for plane in self._planes]
            running += [
                tasks.create_task(part.run()) for part in (context.presence, context.leases)
            ]
            if context.rtc is not None:
                running.append(tasks.create_task(context.rtc.run()))
            self._on_ready()
            self._status.ready = True
            _log.info("serving", url=f"http://{_shown(self._settings.host)}:{port}")
            await stop.wait()
            context.leases.drain()
            await self._drain()
            await context.bus.settle(SETTLE_SECONDS)
            for task in running:
                task.cancel()

    async def _listen(self, runner: web.AppRunner) -> int:
        site = web.TCPSite(
            runner, self._settings.host, self._settings.http_port, reuse_address=True
        )
        try:
            await site.start()
        except OSError as error:
            raise PortInUse(
                f"TCP port {self._settings.http_port} cannot be used ({error.strerror}); "
                "choose another with --http-port"
            ) from error
        port: int = runner.addresses[0][1]
        return port

    async def _drain(self) -> None:
        _log.info("draining")
        self._status.draining = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                for plane in reversed(self._planes):
                    await self._drain_plane(plane)

    async def _drain_plane(self, plane: Plane) -> None:
        try:
            async with asyncio.timeout(PLANE_DRAIN_SECONDS):
                await plane.drain()
        except TimeoutError:
            _log.warning("drain cut off", plane=plane.name, after_seconds=PLANE_DRAIN_SECONDS)
        except Exception:  # noqa: BLE001 - one plane's fault must not keep the others running
            _log.exception("drain failed", plane=plane.name)

    def _context(self) -> Context:
        planes.refuse_unknown_sections(self._all_settings)
        data = Path(self._settings.data)
        metrics = CollectorRegistry()
        return Context(
            clock=self._clock,
            settings=self._all_settings,
            metrics=metrics,
            keys=keykeeping.first(self._settings),
            data=data,
            rtc=self._endpoint(metrics),
            bus=self._bus(BusMetrics(metrics)),
            nodes=self._directory(),
        )

    def _bus(self, metrics: BusMetrics) -> Bus:
        if self._settings.nats:
            return NatsBus(self._settings.nats, metrics, self._settings.node)
        return LocalBus(metrics)

    def _directory(self) -> Directory | None:
        if not self._settings.nats:
            return None
        return NatsDirectory(self._settings.nats, self._clock, name=self._settings.node)

    def _endpoint(self, metrics: CollectorRegistry) -> RtcEndpoint | None:
        if not planes.NEEDS_RTC & set(self._settings.planes):
            return None
        settings = RtcSettings(
            host=self._settings.host,
            port=self._settings.udp_port,
            tcp_port=webrtc_tcp_port(self._settings),
            public_address=self._settings.public_address,
            shards=self._settings.shards,
            core=self._settings.forwarding,
        )
        return RtcEndpoint(settings=settings, clock=self._clock, metrics=metrics)

    def _application(self, context: Context) -> web.Application:
        application = web.Application(middlewares=[problem.middleware], client_max_size=MAX_BODY)
        application.add_routes(self._status.routes(context))
        for plane in self._planes:
            application.add_routes(plane.routes())
        return application


def _shown(host: str) -> str:
    return "127.0.0.1" if host in ("0.0.0.0", "::") else host
