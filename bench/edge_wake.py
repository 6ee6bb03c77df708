"""`levelchat bench edge`: how fast a part reaches all who wait for it, and how many playlists a
second one core serves.

Comes in: how many viewers. Goes out: from the instant at which a part is listed to the last byte
of each viewer's blocked playlist; requests a second for a playlist that is ready; the edge's own
processor time for both. The edge is a process of its own, the viewers are sockets of this one.
"""

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator
from typing import cast

import click
import msgspec
import uvloop

from bench.edge_child import ROOM, Account
from levelchat.client.timing import Distribution, Summary
from levelchat.errors import EnvironmentFault

PLAYLIST = f"/live/{ROOM}/v720.m3u8"
GOAL_MS = 150
"""For 1,000 viewers: part listed to the last byte of the last answer."""
CONNECTIONS = 50
"""Of the throughput measurement: enough that the edge never waits for a request."""
PATIENCE_SECONDS = 30
POLL_SECONDS = 0.02
END = b"\r\n\r\n"
LENGTH = b"Content-Length: "


class EdgeFailed(EnvironmentFault):
    """The edge under measurement answered otherwise than with 200, or went away."""

    code = "bench_edge_failed"
    title = "The edge failed"


class Result(msgspec.Struct, frozen=True):
    """What was measured."""

    viewers: int
    rounds: int
    bytes: int
    """Of one answer, head included."""
    woken_ms: Summary
    """Every viewer's wait from the listing on, over all rounds."""
    last_ms: Summary
    """The last viewer's, one reading a round."""
    wake_processor_us: float
    """The edge's, for one viewer and part: its request and its answer."""
    ready_per_second: int
    """Of a playlist that is there, over keep-alive connections."""
    ready_processor_us: float
    """The edge's, for one such request."""


class Viewer(asyncio.Protocol):
    """A keep-alive connection with one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.WriteTransport | None = None
        self._received = b""
        self._missing = 0
        self._answered: asyncio.Future[int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)  # uvloop's is no subclass

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answered is not None and not self._answered.done():
            self._answered.set_exception(EdgeFailed(f"a connection was lost: {exc}"))

    def ask(self, path: str) -> "asyncio.Future[int]":
        """Gives the monotonic time of the answer's last byte."""
        if self._transport is None:
            raise EdgeFailed("the connection is closed")
        self._received = b""
        self._missing = 0
        self._answered = asyncio.get_running_loop().create_future()
        head = f"GET {path} HTTP/1.1\r\nHost: edge\r\nAccept-Encoding: gzip\r\n\r\n"
        self._transport.write(head.encode())
        return self._answered

    @property
    def size(self) -> int:
        """Bytes of the last answer."""
        return len(self._received)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(END)
        if not end or self._answered is None:
            return
        if not head.startswith(b"HTTP/1.1 200"):
            self._answered.set_exception(EdgeFailed(head.decode().splitlines()[0]))
        elif len(body) >= int(head.partition(LENGTH)[2].partition(b"\r")[0]):
            self._answered.set_result(time.monotonic_ns())

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class Edge:
    """The edge's process."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self._process = process
        self._port = port

    async def tell(self, word: str) -> Account:
        """Has it do *word*."""
        if self._process.stdin is None or self._process.stdout is None:
            raise EdgeFailed("the edge has no pipes")
        self._process.stdin.write(f"{word}\n".encode())
        line = await self._process.stdout.readline()
        if not line:
            raise EdgeFailed("the edge went away")
        return msgspec.json.decode(line, type=Account)

    async def viewers(self, count: int) -> list[Viewer]:
        """*count* connections."""
        connect = asyncio.get_running_loop().create_connection
        return [(await connect(Viewer, "127.0.0.1", self._port))[1] for _ in range(count)]

    async def all_waiting(self, count: int) -> None:
        """Returns when *count* requests are held."""
        # The edge is another process: it can only be asked.
        while (await self.tell("waiting")).waiting < count:  # noqa: ASYNC110
            await asyncio.sleep(POLL_SECONDS)


@contextlib.asynccontextmanager
async def running() -> AsyncIterator[Edge]:
    """An edge that ends with the block."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bench.edge_child"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        line = await process.stdout.readline() if process.stdout is not None else b""
        if not line:
            raise EdgeFailed("the edge did not start")
        yield Edge(process, int(line))
    finally:
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()


async def _wake(edge: Edge, viewers: list[Viewer], woken: Distribution, last: Distribution) -> int:
    """One part for all; returns the edge's processor time."""
    before = await edge.tell("time")
    path = f"{PLAYLIST}?_HLS_msn={before.msn}&_HLS_part={before.part}"
    answers = [viewer.ask(path) for viewer in viewers]
    await edge.all_waiting(len(viewers))
    listed = await edge.tell("part")
    waits = [at_ns - listed.at_ns for at_ns in await asyncio.gather(*answers)]
    for wait in waits:
        woken.add(wait)
    last.add(max(waits))
    after = await edge.tell("time")
    return after.processor_ns - before.processor_ns


async def _ready(edge: Edge, viewers: list[Viewer], seconds: float) -> tuple[int, int]:
    """Requests, and the edge's processor time for them."""
    before = await edge.tell("time")
    until = time.monotonic() + seconds

    async def ask_again(viewer: Viewer) -> int:
        count = 0
        while time.monotonic() < until:
            await viewer.ask(PLAYLIST)
            count += 1
        return count

    counts = await asyncio.gather(*map(ask_again, viewers))
    after = await edge.tell("time")
    return sum(counts), after.processor_ns - before.processor_ns


async def measure(viewers: int, rounds: int, seconds: float) -> Result:
    """Both measurements, one after the other, on one edge."""
    woken, last = Distribution(), Distribution()
    async with running() as edge:
        waiting = await edge.viewers(viewers)
        # The first round is not counted: connections are new and nothing is warm.
        async with asyncio.timeout(PATIENCE_SECONDS * (rounds + 1)):
            await _wake(edge, waiting, Distribution(), Distribution())
            spent = [await _wake(edge, waiting, woken, last) for _ in range(rounds)]
        size = waiting[0].size
        for viewer in waiting[CONNECTIONS:]:
            viewer.close()
        requests, ready_ns = await _ready(edge, waiting[:CONNECTIONS], seconds)
        for viewer in waiting[:CONNECTIONS]:
            viewer.close()
    return Result(
        viewers=viewers,
        rounds=rounds,
        bytes=size,
        woken_ms=woken.summary(),
        last_ms=last.summary(),
        wake_processor_us=round(sum(spent) / rounds / viewers / 1000, 1),
        ready_per_second=int(requests / seconds),
        ready_processor_us=round(ready_ns / requests / 1000, 1),
    )


@click.command("edge")
@click.option("--viewers", default=1000, show_default=True, type=click.IntRange(1, 15_000))
@click.option("--rounds", default=10, show_default=True, type=click.IntRange(1, 1000))
@click.option("--seconds", default=3.0, show_default=True, help="Of the throughput measurement.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(viewers: int, rounds: int, seconds: float, *, as_json: bool) -> None:
    """From a part to all who wait for it, and playlists a second."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        result = runner.run(measure(viewers, rounds, seconds))
    if as_json:
        click.echo(msgspec.json.encode(result).decode())
        return
    woken, last = result.woken_ms, result.last_ms
    click.echo(f"{viewers} viewers, {rounds} parts, answers of {result.bytes} bytes")
    click.echo(f"part listed to last byte   p50 {woken.p50} ms   p95 {woken.p95} ms")
    click.echo(f"to the last viewer's       p50 {last.p50} ms   max {last.max} ms")
    click.echo(f"edge, a held request       {result.wake_processor_us} µs of one core")
    click.echo(
        f"edge, a ready request      {result.ready_processor_us} µs of one core, "
        f"{result.ready_per_second:,} a second"
    )
    if viewers >= 1000 and (last.p50 or 0) > GOAL_MS * viewers / 1000:
        click.echo(f"missed: the last of 1,000 viewers within {GOAL_MS} ms")


if __name__ == "__main__":
    command()
