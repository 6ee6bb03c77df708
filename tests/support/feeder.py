"""A packager made of arithmetic: gives a real edge the parts of a `lowlatency.Broadcast` in time."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestServer
from lowlatency import NANOSECOND, RUNGS, Broadcast
from prometheus_client import CollectorRegistry

from edge import app
from levelchat.auth import keys
from levelchat.clock import SystemClock
from levelchat.media.codec import Codec
from levelchat.media.program import Part, Program, Rendition
from levelchat.media.seams import ProgramSink
from levelchat.service import problem
from levelchat.service.plane import Context
from levelchat.service.settings import Settings

ROOM = "r_fed"


def program(broadcast: Broadcast) -> Program:
    """Announces all rungs."""
    return Program(
        session=broadcast.session,
        segment_seconds=broadcast.target,
        renditions=tuple(_rendition(broadcast, name) for name in RUNGS),
    )


def part(broadcast: Broadcast, name: str, msn: int, index: int) -> Part:
    """One part as a packager hands it over."""
    rung = RUNGS[name]
    duration = broadcast.part_ms * rung.timescale // 1000
    return Part(
        rendition=name,
        segment=msn,
        index=index,
        start=(msn * broadcast.parts + index) * duration,
        duration=duration,
        wall_ns=broadcast.moment(msn, index - 1),
        independent=index == 0 or not rung.video,
        last=index == broadcast.parts - 1,
        gap=False,
        data=broadcast.part(name, msn, index),
    )


class Feeder:
    """Feeds one edge in real time."""

    def __init__(self, sink: ProgramSink) -> None:
        self.sink = sink
        self._task: asyncio.Task[None] | None = None

    def begin(self, broadcast: Broadcast, from_msn: int) -> None:
        """A program begins with segment *from_msn*; one that ran before is over."""
        self.stop()
        self.sink.start(ROOM, program(broadcast))
        self._task = asyncio.create_task(_feed(self.sink, broadcast, from_msn))

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def end(self) -> None:
        """The broadcast is over."""
        self.stop()
        self.sink.end(ROOM)


async def _feed(sink: ProgramSink, broadcast: Broadcast, from_msn: int) -> None:
    """Everything since *from_msn* at once, and then part after part as it becomes due."""
    msn, index = from_msn, 0
    while True:
        due = (broadcast.moment(msn, index) - time.time_ns()) / NANOSECOND
        if due > 0:
            await asyncio.sleep(due)
        for name in RUNGS:
            sink.part(ROOM, part(broadcast, name, msn, index))
        msn, index = (msn, index + 1) if index + 1 < broadcast.parts else (msn + 1, 0)


@asynccontextmanager
async def fed_edge(
    broadcast: Broadcast, data: Path, *, segments: int = 10
) -> AsyncIterator[tuple[TestServer, Feeder]]:
    """A real edge with *segments* of *broadcast* behind it, fed in real time."""
    context = Context(
        clock=SystemClock(),
        settings=Settings({"edge": {"window_seconds": 8}}),
        metrics=CollectorRegistry(),
        keys=keys.load_or_create(data),
        data=data,
    )
    plane = app.create(context)
    application = web.Application(middlewares=[problem.middleware])
    application.add_routes(plane.routes())
    sink = context.seams.programs
    assert sink is not None
    began = broadcast.newest(time.time_ns())[0] - segments
    async with TestServer(application) as server:
        feeder = Feeder(sink)
        feeder.begin(broadcast, began)
        try:
            yield server, feeder
        finally:
            feeder.stop()


def _rendition(broadcast: Broadcast, name: str) -> Rendition:
    rung = RUNGS[name]
    return Rendition(
        name=name,
        codec=Codec.H264 if rung.video else Codec.AAC,
        codecs="avc1.42c01e" if rung.video else "mp4a.40.2",
        timescale=rung.timescale,
        part_target=broadcast.part_ms * rung.timescale // 1000,
        bandwidth=800_000 if rung.video else 130_000,
        average_bandwidth=700_000 if rung.video else 128_000,
        init=broadcast.init(name),
        width=640 if rung.video else 0,
        height=360 if rung.video else 0,
        frame_rate=30 if rung.video else 0,
        channels=0 if rung.video else 2,
    )
