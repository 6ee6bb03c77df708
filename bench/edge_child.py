"""An edge with one broadcast in memory, told what to do: `python -m bench.edge_child`.

Comes in, on standard input: `part` lists the next part of every rendition, `waiting` and `time`
only ask. Goes out, on standard output: first the port, then an `Account` for each line.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import uvloop
from aiohttp import web
from prometheus_client import CollectorRegistry

from edge import app
from levelchat.auth import keys
from levelchat.clock import SystemClock
from levelchat.errors import EnvironmentFault
from levelchat.media.codec import Codec
from levelchat.media.program import Part, Program, Rendition
from levelchat.media.seams import ProgramSink
from levelchat.media.time import NANOSECOND
from levelchat.service import logs, problem
from levelchat.service.plane import Context
from levelchat.service.settings import Settings

ROOM = "r_bench"
RATE = 90_000
PART_TICKS = RATE // 2
PARTS = 4
"""Of half a second in a segment of two."""
FILLED = 30
"""Segments listed before anyone asks: the full window of a minute."""
BITRATES = {"v720": 2_500_000, "v480": 1_200_000, "v240": 400_000, "a128": 128_000}


class Account(msgspec.Struct):
    """What the edge did so far."""

    at_ns: int
    """Monotonic clock when the parts began to be listed, or when it was asked."""
    processor_ns: int
    """User and system time of the process."""
    waiting: int
    msn: int
    part: int
    """The next part of every rendition."""


class Feed:
    """Gives *sink* one part of every rendition at a time."""

    def __init__(self, sink: ProgramSink) -> None:
        self._sink = sink
        self._grid = 900_000_000
        self.count = 0

    def begin(self) -> None:
        """The program, and a window full of it."""
        renditions = tuple(_rendition(name, rate) for name, rate in BITRATES.items())
        self._sink.start(ROOM, Program("bench", 2, renditions))
        for _ in range(FILLED * PARTS):
            self.part()

    def part(self) -> None:
        """The next part of every rendition."""
        for part in self._parts():
            self._sink.part(ROOM, part)
        self.count += 1

    @property
    def position(self) -> tuple[int, int]:
        """Segment and index of the next part."""
        segment, index = divmod(self.count, PARTS)
        return self._grid + segment, index

    def _parts(self) -> Iterator[Part]:
        segment, index = self.position
        for name, bitrate in BITRATES.items():
            yield Part(
                rendition=name,
                segment=segment,
                index=index,
                start=self.count * PART_TICKS,
                duration=PART_TICKS,
                wall_ns=(self._grid * 4 + self.count) * NANOSECOND // 2,
                independent=index % 2 == 0,
                last=index == PARTS - 1,
                gap=False,
                data=bytes(bitrate // 16),
            )


def _rendition(name: str, bitrate: int) -> Rendition:
    video = name.startswith("v")
    return Rendition(
        name=name,
        codec=Codec.H264 if video else Codec.AAC,
        codecs="avc1.64001f" if video else "mp4a.40.2",
        timescale=RATE,
        part_target=PART_TICKS,
        bandwidth=bitrate * 5 // 4,
        average_bandwidth=bitrate,
        init=b"header",
        width=1280 if video else 0,
        height=720 if video else 0,
        frame_rate=30 if video else 0,
        channels=0 if video else 2,
    )


async def serve(data: Path) -> None:
    """Until standard input ends."""
    registry = CollectorRegistry()
    context = Context(SystemClock(), Settings({}), registry, keys.load_or_create(data), data)
    plane = app.create(context)
    if context.seams.programs is None:
        raise EnvironmentFault("the edge offers no place for programs")
    feed = Feed(context.seams.programs)
    feed.begin()
    application = web.Application(middlewares=[problem.middleware])
    application.add_routes(plane.routes())
    runner = web.AppRunner(application, access_log=None, handler_cancellation=True)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, backlog=4096).start()
        print(runner.addresses[0][1], flush=True)
        await _obey(feed, registry)
    finally:
        await runner.cleanup()


async def _obey(feed: Feed, registry: CollectorRegistry) -> None:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        at_ns = time.monotonic_ns()
        if line == b"part\n":
            feed.part()
        account = Account(
            at_ns=at_ns,
            processor_ns=time.process_time_ns(),
            waiting=int(registry.get_sample_value("levelchat_edge_waiting") or 0),
            msn=feed.position[0],
            part=feed.position[1],
        )
        print(msgspec.json.encode(account).decode(), flush=True)


def main() -> None:
    """Runs on uvloop, as `levelchat serve` does by default."""
    logs.configure("json")
    with (
        tempfile.TemporaryDirectory() as folder,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(serve(Path(folder)))


if __name__ == "__main__":
    main()
