"""Laws of levelchat.bus.directory_nats in bad weather (and of all: test_directory.py)."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from jetstream import JetStreamServer
from structlog.testing import capture_logs

from levelchat.bus.directory_nats import NatsDirectory
from levelchat.clock import SystemClock

TTL = 0.8
REPEAT = 0.1


@pytest.fixture
def server(tmp_path: Path) -> Iterator[JetStreamServer]:
    server = JetStreamServer(tmp_path)
    yield server
    server.stop()


def _directory(server: JetStreamServer) -> NatsDirectory:
    return NatsDirectory(server.url, SystemClock(), ttl_seconds=TTL, repeat_seconds=REPEAT)


@contextlib.asynccontextmanager
async def _running(directory: NatsDirectory) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(directory.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()


async def _until(condition: Callable[[], object], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


async def test_records_outlive_an_outage(server: JetStreamServer) -> None:
    """While NATS is away what is known stands; when it is back, with nothing remembered, all
    records come back, those written meanwhile too, and nobody is told of what did not change.
    """
    server.start()
    one, other = _directory(server), _directory(server)
    heard: list[tuple[str, bytes | None]] = []
    await other.watch("", lambda *change: heard.append(change))
    async with _running(one), _running(other):
        one.put("node.one", b"1")
        one.put("room.one", b"1")
        await _until(lambda: len(heard) == 2)

        server.stop()
        await _until(lambda: not one.connected and not other.connected)
        one.put("node.new", b"1")
        one.delete("room.one")
        await asyncio.sleep(2 * TTL)
        assert len(heard) == 2

        server.start()
        await _until(lambda: one.connected and other.connected)
        await _until(lambda: ("node.new", b"1") in heard)
        await _until(lambda: ("room.one", None) in heard)
        await asyncio.sleep(2 * TTL)
    assert len(heard) == 4


async def test_who_dies_during_an_outage_is_gone_after_it(server: JetStreamServer) -> None:
    """Its record is removed once, one time to live after NATS is back."""
    server.start()
    one, other = _directory(server), _directory(server)
    heard: list[tuple[str, bytes | None]] = []
    await other.watch("", lambda *change: heard.append(change))
    async with _running(other):
        async with _running(one):
            one.put("node.one", b"1")
            await _until(lambda: heard)
            server.stop()
            await _until(lambda: not one.connected)
        server.start()
        await _until(lambda: len(heard) == 2)
        await asyncio.sleep(TTL)
    assert heard == [("node.one", b"1"), ("node.one", None)]


async def test_it_starts_before_nats_does(server: JetStreamServer) -> None:
    """A node may start first, and knows its own records meanwhile."""
    one, other = _directory(server), _directory(server)
    heard: list[tuple[str, bytes | None]] = []
    async with _running(one), _running(other):
        one.put("node.one", b"1")
        await one.watch("", lambda *change: heard.append(change))
        assert heard == [("node.one", b"1")]
        await other.watch("", lambda *change: heard.append(change))
        server.start()
        await _until(lambda: len(heard) == 2)


async def test_nats_without_jetstream_is_said_and_tried_again(server: JetStreamServer) -> None:
    """A server that keeps nothing disturbs nobody: the directory goes on trying."""
    arguments, server._arguments = server._arguments, []
    server.start()
    one, other = _directory(server), _directory(server)
    heard: list[str] = []
    await other.watch("", lambda key, _: heard.append(key))
    with capture_logs() as told:
        async with _running(one) as task, _running(other):
            one.put("node.one", b"1")
            await _until(lambda: [line for line in told if line["event"] == "directory fault"])
            assert not task.done()
            server.stop()
            server._arguments = arguments
            server.start()
            await _until(lambda: heard == ["node.one"])


async def test_what_is_taken_back_stays_away(server: JetStreamServer) -> None:
    """However many records are being repeated at that time: each is told once, and gone once."""
    server.start()
    clock = SystemClock()
    one = NatsDirectory(server.url, clock, ttl_seconds=TTL, repeat_seconds=0.001)
    other = _directory(server)
    heard: list[bytes | None] = []
    await other.watch("", lambda _, record: heard.append(record))
    async with _running(one), _running(other):
        for number in range(200):
            one.put(f"room.r{number}", b"1")
        await _until(lambda: len(heard) == 200)
        for number in range(200):
            one.delete(f"room.r{number}")
            await asyncio.sleep(0)
        await _until(lambda: len(heard) == 400)
        await asyncio.sleep(TTL)
    assert heard == [b"1"] * 200 + [None] * 200
