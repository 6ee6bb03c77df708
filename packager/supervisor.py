"""All broadcasts of a server (the `FrameSink` that ingest writes to).

Comes in: publishers by room. Goes out: one process a broadcast, whose parts go to the origin. A
room without a publisher has nothing here.
"""

import asyncio
from collections.abc import Callable

import structlog

from levelchat.clock import Clock
from levelchat.media.frame import TrackInfo
from levelchat.media.seams import ProgramSink
from packager.broadcast import Broadcast, Publication
from packager.child import Child
from packager.errors import PackagerBusy, PackagerStopped
from packager.metrics import PackagerMetrics
from packager.settings import PackagerSettings
from packager.spares import Spares

_log = structlog.get_logger("packager")

DRAIN_SECONDS = 4.5
"""A plane drains within 5 s; a process that does not finish in 4 is killed."""


class Supervisor:
    """`run` owns every broadcast's task."""

    def __init__(
        self,
        settings: PackagerSettings,
        *,
        clock: Clock,
        sink: ProgramSink,
        metrics: PackagerMetrics,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._sink = sink
        self._metrics = metrics
        self._spares = Spares(self._make_child, settings.warm_spares)
        self._broadcasts: dict[str, Broadcast] = {}
        self._running: dict[Broadcast, asyncio.Task[None]] = {}
        self._tasks: asyncio.TaskGroup | None = None

    @property
    def running(self) -> bool:
        return self._tasks is not None

    def open(
        self,
        room: str,
        tracks: tuple[TrackInfo, ...],
        request_key_frame: Callable[[], None],
    ) -> Publication:
        """A publisher begins in *room*, in the place of any other."""
        if self._tasks is None:
            raise PackagerStopped("this server takes no broadcasts at the moment; try again")
        broadcast = self._broadcasts.get(room)
        if broadcast is None or broadcast.finishing:
            broadcast = self._begin(room, self._tasks)
        return broadcast.open(tracks, request_key_frame)

    async def run(self) -> None:
        """Owns the broadcasts until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            try:
                await self._spares.run()
            finally:
                self._tasks = None

    async def drain(self) -> None:
        """Takes no publisher any more and lets each broadcast end properly."""
        self._tasks = None
        for broadcast in self._running:
            broadcast.finish()
        if self._running:
            await asyncio.wait(self._running.values(), timeout=DRAIN_SECONDS)

    def _begin(self, room: str, tasks: asyncio.TaskGroup) -> Broadcast:
        if len(self._running) >= self._settings.max_broadcasts:
            raise PackagerBusy(
                f"this server packages {self._settings.max_broadcasts} broadcasts at a time "
                "(packager.max_broadcasts); try another server, or again later"
            )
        broadcast = Broadcast(
            room,
            linger_seconds=self._settings.linger_seconds,
            clock=self._clock,
            sink=self._sink,
            take_child=self._spares.take,
            metrics=self._metrics,
        )
        before = self._running.get(self._broadcasts[room]) if room in self._broadcasts else None
        self._broadcasts[room] = broadcast
        self._running[broadcast] = tasks.create_task(self._run(room, broadcast, before))
        self._metrics.broadcasts.set(len(self._running))
        return broadcast

    async def _run(
        self, room: str, broadcast: Broadcast, before: asyncio.Task[None] | None
    ) -> None:
        """One broadcast, after the one that is just ending in the same room."""
        try:
            if before is not None:
                await asyncio.wait([before])
            await broadcast.run()
        except Exception:  # noqa: BLE001 - one broadcast's fault must not end the others
            _log.exception("broadcast failed", room=room)
        finally:
            del self._running[broadcast]
            if self._broadcasts.get(room) is broadcast:
                del self._broadcasts[room]
            self._metrics.broadcasts.set(len(self._running))

    def _make_child(self) -> Child:
        return Child(self._settings, self._clock.now_ns() - self._clock.monotonic_ns())
