"""HTTP requests by the thousand, at a fixed rate or as fast as answers come.

Comes in: requests as bytes. Goes out: how long each took. A fixed rate is kept whatever the server
does, and a request's time runs from the instant at which it was due: a server that stands still
for a second costs every request of that second, not only the one that was under way.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple, cast

import msgspec

from levelchat.client.timing import Distribution
from levelchat.errors import EnvironmentFault

END = b"\r\n\r\n"
LENGTH = b"content-length:"
MOST_CONNECTIONS = 512
"""Of an open loop: 200/s against a server that stands still for two seconds."""
REQUEST_SECONDS = 30


class LoadFailed(EnvironmentFault):
    """The server answered otherwise than it should, or went away."""

    code = "bench_load_failed"
    title = "The server failed under load"


class Answer(NamedTuple):
    """A whole answer and the monotonic time of its last byte."""

    status: int
    body: bytes
    at_ns: int


class Connection(asyncio.Protocol):
    """A keep-alive connection with one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.WriteTransport | None = None
        self._received = bytearray()
        self._answered: asyncio.Future[Answer] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)  # uvloop's is no subclass

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._answered is not None and not self._answered.done():
            self._answered.set_exception(LoadFailed(f"a connection was lost: {exc}"))

    def ask(self, request: bytes) -> "asyncio.Future[Answer]":
        """The answer."""
        if self._transport is None:
            raise LoadFailed("the server closed a connection")
        self._received.clear()
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answered

    def data_received(self, data: bytes) -> None:
        self._received += data
        if self._answered is None or self._answered.done():
            return
        end = self._received.find(END)
        if end < 0:
            return
        head = bytes(self._received[:end])
        length = _length(head)
        if len(self._received) >= end + len(END) + length:
            body = bytes(self._received[end + len(END) :])
            self._answered.set_result(Answer(int(head[9:12]), body, time.monotonic_ns()))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class Pool:
    """Connections to one server, as many as are needed at once."""

    def __init__(self, port: int, most: int = MOST_CONNECTIONS) -> None:
        self._port = port
        self._most = most
        self._free: list[Connection] = []
        self._open: list[Connection] = []
        self._returned = asyncio.Condition()

    async def ask(self, request: bytes) -> Answer:
        """The answer, of a connection that is free or new."""
        connection = await self._take()
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                answer = await connection.ask(request)
        except TimeoutError:
            raise LoadFailed(f"no answer within {REQUEST_SECONDS} s") from None
        async with self._returned:
            self._free.append(connection)
            self._returned.notify()
        return answer

    async def _take(self) -> Connection:
        async with self._returned:
            while not self._free and len(self._open) >= self._most:
                await self._returned.wait()
            if self._free:
                return self._free.pop()
            loop = asyncio.get_running_loop()
            _, made = await loop.create_connection(Connection, "127.0.0.1", self._port)
            self._open.append(made)
            return made

    def close(self) -> None:
        for connection in self._open:
            connection.close()


class Paced(msgspec.Struct, frozen=True):
    """What became of requests at a fixed rate."""

    latency: Distribution
    """From the instant at which a request was due to the last byte of its answer."""
    late: Distribution
    """How late the load itself was: large numbers here make the others worthless."""
    failures: int
    """Answers with an error status."""


def request(method: str, path: str, key: str, body: object = None, **headers: str) -> bytes:
    """A request as bytes."""
    content = b"" if body is None else msgspec.json.encode(body)
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Bearer {key}",
        *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
    ]
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join(lines).encode() + END + content


async def due(start_ns: int, number: int, rate: float) -> int:
    """When the event *number* of *rate* a second is due; returns then, or at once if it was."""
    due_ns = start_ns + int(number * 1e9 / rate)
    left_ns = due_ns - time.monotonic_ns()
    if left_ns > 0:
        await asyncio.sleep(left_ns / 1e9)
    return due_ns


async def at_rate(pool: Pool, requests: Iterable[bytes], rate: float) -> Paced:
    """Sends each of *requests* when it is due, *rate* a second, whether or not others are open."""
    latency, late = Distribution(), Distribution()
    statuses: list[int] = []

    async def one(due_ns: int, request: bytes) -> None:
        answer = await pool.ask(request)
        latency.add(answer.at_ns - due_ns)
        statuses.append(answer.status)

    start_ns = time.monotonic_ns()
    async with asyncio.TaskGroup() as tasks:
        for number, each in enumerate(requests):
            due_ns = await due(start_ns, number, rate)
            late.add(time.monotonic_ns() - due_ns)
            tasks.create_task(one(due_ns, each))
    return Paced(latency, late, sum(status >= 400 for status in statuses))


async def as_fast_as_possible(
    pool: Pool, make: Callable[[int], bytes], connections: int, seconds: float
) -> tuple[float, Distribution]:
    """Good answers a second over *connections* at once, and how long each took."""
    latency = Distribution()
    until_ns = time.monotonic_ns() + int(seconds * 1e9)
    numbers = iter(range(1 << 60))

    async def ask_again() -> None:
        while (sent_ns := time.monotonic_ns()) < until_ns:
            answer = await pool.ask(make(next(numbers)))
            if answer.status >= 400:
                raise LoadFailed(f"{answer.status}: {answer.body.decode(errors='replace')}")
            latency.add(answer.at_ns - sent_ns)

    began_ns = time.monotonic_ns()
    async with asyncio.TaskGroup() as tasks:
        for _ in range(connections):
            tasks.create_task(ask_again())
    return len(latency) / ((time.monotonic_ns() - began_ns) / 1e9), latency


def _length(head: bytes) -> int:
    lower = head.lower()
    at = lower.find(LENGTH)
    if at < 0:
        return 0
    return int(lower[at + len(LENGTH) :].partition(b"\r")[0])
