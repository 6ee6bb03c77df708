"""One broadcast: its publisher of the moment, its process of the moment, and their ends.

Comes in: publishers with their frames, and what the process says. Goes out: programs and parts to
the origin, key-frame requests to the publisher. A process that dies is replaced; a publisher that
leaves may come back within the linger time.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog

from levelchat.clock import Clock
from levelchat.media.frame import EncodedFrame, TrackInfo
from levelchat.media.program import Part, Program
from levelchat.media.seams import ProgramSink
from levelchat.media.time import NANOSECOND
from levelchat.media.wire import (
    Close,
    Dropped,
    Ended,
    Finish,
    Frame,
    KeyFrameWanted,
    Message,
    Open,
    PartReady,
    RenditionAdded,
    Started,
)
from packager.child import Child
from packager.intake import Intake
from packager.metrics import PackagerMetrics

_log = structlog.get_logger("packager")

BACKOFF_SECONDS = (0.0, 0.5, 1.0, 2.0, 5.0)
"""Before the next process, by how many died in a row; the first replacement comes at once."""

STEADY_NS = 30 * NANOSECOND
"""A process that lived this long did not die of its first frame: the count begins again."""

FINISH_SECONDS = 4.0
"""A process flushes within a second; one that takes longer than this is killed, so that a drain
keeps its 5 s."""

KEY_FRAME_INTERVAL_NS = NANOSECOND // 2
"""Between two wishes for a key frame while frames are left out."""

LOG_INTERVAL_NS = 10 * NANOSECOND
"""Between two lines about frames left out; the counter has all of them."""


class Publication:
    """One publisher's way in (a `FrameWriter`); mute once another has taken its place."""

    def __init__(
        self,
        broadcast: "Broadcast",
        tracks: tuple[TrackInfo, ...],
        request_key_frame: Callable[[], None],
    ) -> None:
        self._broadcast = broadcast
        self.tracks = tracks
        self.request_key_frame = request_key_frame

    def write(self, frame: EncodedFrame) -> None:
        self._broadcast.write(self, frame)

    def close(self, reason: str) -> None:
        self._broadcast.close(self, reason)


class Broadcast:
    """One room's; `run` lives until the broadcast is over."""

    def __init__(
        self,
        room: str,
        *,
        linger_seconds: float,
        clock: Clock,
        sink: ProgramSink,
        take_child: Callable[[], Awaitable[Child]],
        metrics: PackagerMetrics,
    ) -> None:
        self._room = room
        self._linger_seconds = linger_seconds
        self._clock = clock
        self._sink = sink
        self._take_child = take_child
        self._metrics = metrics
        self._log = _log.bind(room=room)
        self._publication: Publication | None = None
        self._child: Child | None = None
        self._intake = Intake()
        self._held: list[EncodedFrame] = []
        self._timer: asyncio.TimerHandle | None = None
        self._changed = asyncio.Event()
        self._finished = asyncio.Event()
        self._announced = False
        self._logged_ns = 0
        self._asked_ns = 0
        self._timescales: dict[str, int] = {}

    @property
    def finishing(self) -> bool:
        """It takes no publisher any more."""
        return self._finished.is_set()

    def open(
        self, tracks: tuple[TrackInfo, ...], request_key_frame: Callable[[], None]
    ) -> Publication:
        """A publisher begins, in the place of any other."""
        self._publication = Publication(self, tracks, request_key_frame)
        self._held = []
        self._set_timer(None)
        self._introduce()
        self._changed.set()
        return self._publication

    def write(self, publication: Publication, frame: EncodedFrame) -> None:
        """A frame of *publication*; left out when it is not the one of the moment."""
        if publication is not self._publication:
            return
        now_ns = self._clock.now_ns()
        child = self._child
        waiting = child.waiting if child else sum(len(held.data) for held in self._held)
        if self._intake.admits(frame, waiting, now_ns):
            self._intake.sent(self._pass_on(frame), now_ns)
        else:
            self._drop("process behind", 1)
            self._ask_after_gap(publication, now_ns)

    def _ask_after_gap(self, publication: Publication, now_ns: int) -> None:
        """A WebRTC publisher sends no key frame by itself, and nothing is sent on before one."""
        if now_ns - self._asked_ns >= KEY_FRAME_INTERVAL_NS:
            self._asked_ns = now_ns
            publication.request_key_frame()

    def _pass_on(self, frame: EncodedFrame) -> int:
        """To the process, or held until there is one: the first frame of all is a key frame."""
        if self._child is not None:
            return self._child.send(Frame(frame))
        self._held.append(frame)
        return len(frame.data)

    def close(self, publication: Publication, reason: str) -> None:
        """*publication* is over; the broadcast lingers."""
        if publication is not self._publication:
            return
        self._publication = None
        if self._child is not None:
            self._child.send(Close(reason))
        self._set_timer(self._linger_seconds)
        self._log.info("publisher gone", reason=reason, lingers_seconds=self._linger_seconds)

    def finish(self) -> None:
        """Flushes and ends; `run` returns soon."""
        if self.finishing:
            return
        self._finished.set()
        self._publication = None
        self._set_timer(None)
        self._changed.set()
        if self._child is not None:
            self._child.send(Finish())
            self._timer = asyncio.get_running_loop().call_later(FINISH_SECONDS, self._child.kill)

    async def run(self) -> None:
        """Owns the process until the broadcast is over."""
        failures = 0
        try:
            while await self._wanted():
                began_ns = self._clock.monotonic_ns()
                if await self._run_program():
                    break
                steady = self._clock.monotonic_ns() - began_ns > STEADY_NS
                failures = 0 if steady else failures + 1
                await self._pause(failures)
        finally:
            self._set_timer(None)
            if self._announced:
                self._sink.end(self._room)
            self._log.info("broadcast ended")

    async def _wanted(self) -> bool:
        """Waits for a publisher; false when the broadcast is over."""
        while self._publication is None and not self.finishing:
            self._changed.clear()
            await self._changed.wait()
        return not self.finishing

    async def _run_program(self) -> bool:
        """As `_run_child`; what went wrong with one program is tried again with another."""
        try:
            return await self._run_child()
        except Exception:  # noqa: BLE001 - a broadcast on air must not end by a defect
            self._log.exception("program failed")
            return self.finishing

    async def _run_child(self) -> bool:
        """One process from start to end; true when it said that all is done."""
        child = await self._take_child()
        try:
            self._child = child
            if self.finishing:
                return True
            self._introduce()
            async for message in child.messages():
                self._handle(message)
                if isinstance(message, Ended):
                    return True
            return self.finishing
        finally:
            self._child, self._intake = None, Intake()
            status = await child.stop()
            self._note_end(status)

    def _note_end(self, status: int) -> None:
        if not self.finishing:
            self._metrics.restarts.inc()
            self._log.warning("process died", status=status)

    async def _pause(self, failures: int) -> None:
        delay = BACKOFF_SECONDS[min(max(0, failures - 1), len(BACKOFF_SECONDS) - 1)]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(delay):
                await self._finished.wait()

    def _introduce(self) -> None:
        """Tells the process who publishes, and the publisher that a decoder is new."""
        if self._child is not None and self._publication is not None:
            self._child.send(Open(self._publication.tracks))
            for frame in self._held:
                self._child.send(Frame(frame))
            self._publication.request_key_frame()
            self._held = []

    def _handle(self, message: Message) -> None:
        match message:
            case PartReady():
                self._count_part(message.part)
                self._sink.part(self._room, message.part)
            case Started():
                self._announce(message.program)
            case RenditionAdded():
                self._timescales[message.rendition.name] = message.rendition.timescale
                self._sink.add_rendition(self._room, message.rendition)
                self._log.info("rendition added", rendition=message.rendition.name)
            case KeyFrameWanted():
                self._metrics.key_frames_wanted.inc()
                if self._publication is not None:
                    self._publication.request_key_frame()
            case Dropped():
                self._drop(message.reason, message.frames, message.rendition)

    def _announce(self, program: Program) -> None:
        self._announced = True
        self._timescales = {
            rendition.name: rendition.timescale for rendition in program.renditions
        }
        self._metrics.programs.inc()
        self._sink.start(self._room, program)
        self._log.info("program", session=program.session, renditions=list(self._timescales))

    def _count_part(self, part: Part) -> None:
        self._metrics.parts.inc()
        self._metrics.bytes.inc(len(part.data))
        end_ns = part.wall_ns + part.duration * NANOSECOND // self._timescales[part.rendition]
        self._metrics.delay.observe((self._clock.now_ns() - end_ns) / NANOSECOND)

    def _drop(self, reason: str, frames: int, rendition: str = "") -> None:
        self._metrics.dropped.labels(reason).inc(frames)
        now_ns = self._clock.monotonic_ns()
        if now_ns - self._logged_ns >= LOG_INTERVAL_NS or self._logged_ns == 0:
            self._logged_ns = now_ns
            self._log.warning("frames left out", reason=reason, rendition=rendition, frames=frames)

    def _set_timer(self, seconds: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        loop = asyncio.get_running_loop()
        self._timer = None if seconds is None else loop.call_later(seconds, self.finish)
