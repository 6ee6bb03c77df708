"""Laws of every levelchat.bus.directory.Directory."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from jetstream import JetStreamServer

from levelchat.bus.directory import Directory
from levelchat.bus.directory_local import Board, LocalDirectory
from levelchat.bus.directory_nats import NatsDirectory
from levelchat.clock import SystemClock

TTL = 0.6
REPEAT = 0.1


@contextlib.asynccontextmanager
async def _running(directory: Directory) -> AsyncIterator[asyncio.Task[None]]:
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


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JetStreamServer]:
    server = JetStreamServer(tmp_path_factory.mktemp("jetstream"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(params=["local", "nats"])
def new_directory(
    request: pytest.FixtureRequest, server: JetStreamServer
) -> Callable[[], Directory]:
    """Each call gives the directory as one more node has it."""
    board, clock = Board(TTL), SystemClock()

    def make() -> Directory:
        if request.param == "local":
            return LocalDirectory(clock, board, REPEAT)
        return NatsDirectory(server.url, clock, ttl_seconds=TTL, repeat_seconds=REPEAT)

    return make


async def test_who_watches_hears_of_what_is_there_and_what_changes(
    new_directory: Callable[[], Directory],
) -> None:
    """A record that was put before and one that is put after reach whoever watches their prefix,
    and only such; each state is told once, though it is repeated.
    """
    one, other = new_directory(), new_directory()
    heard: list[tuple[str, bytes | None]] = []
    async with _running(one), _running(other):
        one.put("seen.a", b"1")
        await other.watch("seen.", lambda *change: heard.append(change))
        await _until(lambda: heard == [("seen.a", b"1")])
        one.put("unseen.a", b"1")
        one.put("seen.b", b"2")
        await _until(lambda: heard[1:] == [("seen.b", b"2")])
        one.put("seen.a", b"3")
        await _until(lambda: heard[2:] == [("seen.a", b"3")])
        await asyncio.sleep(TTL + 3 * REPEAT)
        one.delete("seen.a")
        await _until(lambda: heard[3:] == [("seen.a", None)])
        one.delete("seen.b")
        await _until(lambda: heard[4:] == [("seen.b", None)])
    assert len(heard) == 5


async def test_what_a_dead_node_wrote_vanishes(new_directory: Callable[[], Directory]) -> None:
    """A record that nobody repeats is gone after the time to live, once; those of others stay."""
    one, other = new_directory(), new_directory()
    heard: list[tuple[str, bytes | None]] = []
    async with _running(other):
        await other.watch("node.", lambda *change: heard.append(change))
        other.put("node.alive", b"1")
        async with _running(one):
            one.put("node.dead", b"1")
            await _until(lambda: ("node.dead", b"1") in heard)
            await asyncio.sleep(TTL + REPEAT)
            assert ("node.dead", None) not in heard
        await _until(lambda: ("node.dead", None) in heard)
        await asyncio.sleep(2 * REPEAT)
    assert sorted(heard, key=str) == [
        ("node.alive", b"1"),
        ("node.dead", None),
        ("node.dead", b"1"),
    ]


async def test_who_stops_watching_hears_nothing(new_directory: Callable[[], Directory]) -> None:
    """A closed subscription is silent, and one that raises costs nobody else a change."""
    directory = new_directory()
    heard: list[str] = []
    silent: list[str] = []

    def raises(key: str, record: bytes | None) -> None:
        raise ValueError(key)

    async with _running(directory):
        await directory.watch("closed.", raises)
        gone = await directory.watch("closed.", lambda key, _: silent.append(key))
        await directory.watch("closed.", lambda key, _: heard.append(key))
        await gone.close()
        directory.put("closed.a", b"1")
        await _until(lambda: heard == ["closed.a"])
    assert silent == []


@pytest.mark.parametrize(("key", "record"), [("a b", b""), ("", b""), ("a", b"x" * 65_537)])
async def test_what_no_directory_takes_is_refused(
    new_directory: Callable[[], Directory], key: str, record: bytes
) -> None:
    """Keys of other characters and records that are too large raise where they are put."""
    with pytest.raises(ValueError, match=r"key|bytes"):
        new_directory().put(key, record)
