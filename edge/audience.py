"""Viewers of managed rooms, told to rooms as participants.

Comes in: grants of those who ask for playlists and media. Goes out: refusals. Rooms is asked
beside the request, never in its way: what it says counts from the next request on. There is no
task or timer for a viewer.
"""

import asyncio
from functools import partial

import structlog

from edge.metrics import EdgeMetrics
from edge.viewers import Stage, Viewer, Viewers
from levelchat.auth.errors import RoomOver
from levelchat.auth.token import Grant
from levelchat.clock import Clock
from levelchat.errors import LevelChatError
from levelchat.service.presence import Membership, Presence

_log = structlog.get_logger("edge")

SWEEP_SECONDS = 1.0
"""Between two looks for viewers that went quiet."""
ASKING = 256
"""Joins on their way at once: rooms takes 200 of a room into one transaction."""
_MILLI_NS = 1_000_000


class Audience:
    """All viewers of this edge."""

    def __init__(
        self, presence: Presence, clock: Clock, metrics: EdgeMetrics, max_viewers: int
    ) -> None:
        self._presence = presence
        self._clock = clock
        self._viewers = Viewers(max_viewers)
        self._to_ask: asyncio.Queue[Viewer] = asyncio.Queue(max_viewers)
        metrics.viewers.set_function(lambda: len(self._viewers))

    async def run(self) -> None:
        """Asks rooms, and notices who left, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._sweep())
            asking = asyncio.Semaphore(ASKING)
            while True:
                viewer = await self._to_ask.get()
                await asking.acquire()
                tasks.create_task(self._ask(viewer)).add_done_callback(lambda _: asking.release())

    def see(self, grant: Grant, *, over: bool) -> None:
        """The holder of *grant* asks for something; *over*: the room has ended.

        Raises what rooms refused with, `RoomOver`, or `TooManyViewers`.
        """
        viewer = self._admit(grant, over=over)
        if not over and viewer.may_ask(self._clock.monotonic_ns()):
            self._ask_soon(viewer)

    async def arrive(self, grant: Grant, *, over: bool) -> None:
        """As `see`, but waits for what rooms says."""
        viewer = self._admit(grant, over=over)
        if over or not viewer.may_ask(self._clock.monotonic_ns()):
            return
        await self._ask(viewer)
        _raise_refusal(viewer, self._clock.monotonic_ns())

    def leave_all(self) -> None:
        """This edge stops."""
        for viewer in self._viewers.leave_all():
            self._leave(viewer)

    def _admit(self, grant: Grant, *, over: bool) -> Viewer:
        now_ns = self._clock.monotonic_ns()
        viewer = self._viewers.find(grant, now_ns)
        if over:
            # rooms.md §2: nobody joins a room that has ended; who was there sees its end.
            if viewer is None or viewer.stage is Stage.REFUSED:
                raise RoomOver("the room has ended; there is nothing to watch any more")
            return viewer
        if viewer is None:
            return self._viewers.add(grant, now_ns)
        _raise_refusal(viewer, now_ns)
        return viewer

    def _ask_soon(self, viewer: Viewer) -> None:
        try:
            self._to_ask.put_nowait(viewer)
        except asyncio.QueueFull:
            return  # It is asked for with its next request.
        viewer.ask()

    async def _ask(self, viewer: Viewer) -> None:
        if viewer.gone:
            return
        viewer.ask()
        try:
            on_end = partial(self._on_end, viewer)
            place = await self._presence.join(viewer.grant, "hls", on_end)
        except LevelChatError as error:
            viewer.refuse(error, self._clock.monotonic_ns())
        except Exception:  # noqa: BLE001 - one viewer's fault must not keep the others out
            _log.exception("a viewer could not be announced", identity=viewer.grant.identity)
        else:
            self._seat(viewer, place)
        finally:
            viewer.forget_asking()

    def _seat(self, viewer: Viewer, place: Membership) -> None:
        viewer.place, viewer.stage = place, Stage.IN
        if viewer.gone:
            self._leave(viewer)

    def _on_end(self, viewer: Viewer, reason: str) -> None:
        viewer.stage = Stage.OVER
        place, viewer.place = viewer.place, None
        if place is not None:
            place.leave(reason)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            for viewer in self._viewers.leave_quiet(self._clock.monotonic_ns()):
                self._leave(viewer)

    def _leave(self, viewer: Viewer) -> None:
        """It left when it was last seen, not when that was noticed."""
        place, viewer.place = viewer.place, None
        if place is not None:
            quiet_ns = self._clock.monotonic_ns() - viewer.seen_ns
            place.leave(at=(self._clock.wall_ns() - quiet_ns) // _MILLI_NS)


def _raise_refusal(viewer: Viewer, now_ns: int) -> None:
    refusal = viewer.standing_refusal(now_ns)
    if refusal is not None:
        # One error is raised many times, and would grow by a traceback each time.
        raise refusal.with_traceback(None)
