"""What goes away comes back, and nothing is lost or doubled: database, bus, and the process."""

import asyncio
import re
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from harness import Server, levelchat, stop
from hookreceiver import receiving
from natsserver import NatsServer
from postgres import PostgresServer
from roomsnode import ROOMS_ONLY, api_key, ask, client, eventually, running, text

from levelchat.client import LevelChat
from levelchat.contract.rest import RoomView, TokenView

OUTAGE_SECONDS = 30


@pytest.fixture
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer()
    server.start()
    yield server
    server.remove()


@pytest.fixture
def nats() -> Iterator[NatsServer]:
    server = NatsServer()
    server.start()
    with closing(_Stopping(server)):
        yield server


class _Stopping:
    def __init__(self, server: NatsServer) -> None:
        self._server = server

    def close(self) -> None:
        self._server.stop()


def last_msn(room: RoomView, viewer: TokenView) -> int:
    """The number of the last segment that viewers of the picture are shown."""
    multivariant = text(room.urls.hls, viewer.token)
    names = [line for line in multivariant.splitlines() if line.endswith(".m3u8")]
    if not names:
        return -1
    playlist = text(room.urls.hls.replace("index.m3u8", names[0]), viewer.token)
    first = re.search(r"#EXT-X-MEDIA-SEQUENCE:(\d+)", playlist)
    return int(first[1]) + playlist.count("#EXTINF") if first else -1


async def advances(room: RoomView, viewer: TokenView) -> None:
    """The broadcast goes on: three more segments come."""
    before = await asyncio.to_thread(last_msn, room, viewer)

    async def further() -> bool:
        return await asyncio.to_thread(last_msn, room, viewer) >= before + 3

    await eventually(further, 30, "three more segments")


def cut_off(server: Server, reason: str) -> bool:
    """Whether the server ended its publisher's session for that reason."""
    ends = [each for each in server.log_events() if each["event"] == "publisher session ends"]
    return [each["reason"] for each in ends] == [reason]


@asynccontextmanager
async def publishing(lc: LevelChat, room: RoomView) -> AsyncIterator[None]:
    """A publisher called ada, in a process of its own."""
    token = await lc.rooms.token(room.id, "ada", ["publish:camera"])
    process = levelchat(
        *("publish", room.urls.whip, "--token", token.token),
        *("--test-pattern", "--size", "320x180"),
    )
    try:
        yield
    finally:
        process.kill()
        process.wait()


async def test_the_database_is_away_for_30_seconds(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    """Media goes on, the API says 503 with Retry-After, nothing is lost or doubled after."""
    where = {"LEVELCHAT_ROOMS__DATABASE": postgres.url("postgres")}
    async with (
        receiving() as hooks,
        running(tmp_path, **where) as server,
        await client(server, **where) as lc,
    ):
        key = await asyncio.to_thread(lambda: api_key(server, **where))
        await lc.webhooks.create(hooks.url)
        room = await lc.rooms.create(type="live")
        viewer = await lc.rooms.token(room.id, "bob", ["subscribe:all"])

        async def create() -> tuple[int, dict[str, str]]:
            return await asyncio.to_thread(ask, f"{server.base}/v1/rooms", key, "POST", {})

        async def created() -> bool:
            return (await create())[0] == 201

        async with publishing(lc, room):
            await eventually(lambda: last_msn(room, viewer) >= 0, 30, "a playlist")
            await hooks.wait_for("stream.started")

            await asyncio.to_thread(postgres.stop)
            status, headers = await create()
            assert (status, int(headers["Retry-After"]) > 0) == (503, True)
            async with asyncio.timeout(OUTAGE_SECONDS * 2), asyncio.TaskGroup() as tasks:
                tasks.create_task(asyncio.sleep(OUTAGE_SECONDS))
                tasks.create_task(advances(room, viewer))
            await asyncio.to_thread(postgres.start)

            await eventually(created, 30, "the API being back")
            await advances(room, viewer)
            present = [each async for each in lc.rooms.participants(room.id)]
            assert sorted(each.identity for each in present) == ["ada", "bob"]
            assert [each.left_at for each in present] == [None, None]
            await lc.rooms.end(room.id)
            await hooks.wait_for("room.ended")
            await eventually(lambda: cut_off(server, "host_ended"), 20, "the publisher's end")
        assert hooks.types["participant.joined"] == 1
        assert hooks.types["participant.left"] == 1
        assert max(hooks.ids.values()) == 1


async def test_the_bus_is_away(tmp_path: Path, nats: NatsServer) -> None:
    """Media and the API go on without NATS; back again, a kick reaches the publisher."""
    async with (
        running(tmp_path, LEVELCHAT_SERVER__NATS=nats.url) as server,
        await client(server) as lc,
    ):
        room = await lc.rooms.create(type="live")
        viewer = await lc.rooms.token(room.id, "bob", ["subscribe:all"])
        async with publishing(lc, room):
            await eventually(lambda: last_msn(room, viewer) >= 0, 30, "a playlist")

            nats.stop()
            await advances(room, viewer)
            assert (await lc.rooms.create()).state == "created"
            nats.start()
            await eventually(
                lambda: ask(f"{server.base}/readyz", "")[0] == 200, 30, "the bus being back"
            )
            await lc.rooms.kick(room.id, "ada")

            await eventually(lambda: cut_off(server, "kicked"), 20, "the publisher's end")


async def test_a_kill_between_transition_and_webhook_loses_nothing(tmp_path: Path) -> None:
    """What was committed is delivered after the restart, under the same id."""
    planes = {"LEVELCHAT_SERVER__PLANES": ROOMS_ONLY, "LEVELCHAT_ROOMS__WEBHOOK_SECONDS": "1"}
    async with receiving() as hooks:
        hooks.hold = True
        async with running(tmp_path, **planes) as server, await client(server) as lc:
            await lc.webhooks.create(hooks.url, events=["room.created", "room.ended"])
            room = await lc.rooms.create()
            await lc.rooms.end(room.id)
            server.process.send_signal(signal.SIGKILL)
            await asyncio.to_thread(server.process.wait)
        hooks.hold = False
        hooks.attempts.clear()
        async with running(tmp_path, **planes):
            ended = await hooks.wait_for("room.ended", 150)
            await hooks.wait_for("room.created", 150)

    assert ended["data"]["room"]["id"] == room.id
    assert set(hooks.types) == {"room.created", "room.ended"}


async def test_a_drained_server_loses_nothing(tmp_path: Path) -> None:
    """SIGTERM closes the database in order: a new start finds every room."""
    planes = {"LEVELCHAT_SERVER__PLANES": ROOMS_ONLY}
    async with running(tmp_path, **planes) as server, await client(server) as lc:
        made = {(await lc.rooms.create()).id for _ in range(20)}
        assert await asyncio.to_thread(stop, server.process) == 0
    async with running(tmp_path, **planes) as server, await client(server) as lc:
        assert {room.id async for room in lc.rooms.list()} == made
