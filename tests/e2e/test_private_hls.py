"""A managed room's playlists and media through a real nginx that caches them."""

import asyncio
import json
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import nginx
import pytest
from aiohttp import ClientSession, CookieJar
from harness import Server, fetch, levelchat, start_server, stop
from nginx import Nginx
from roomsnode import api_key, eventually

from levelchat.client import LevelChat

WATCH = ["subscribe:all"]
HOST = ["publish:camera", "moderate:participants"]
ACCESS_SECONDS = 1
CROWD = 20


@dataclass
class House:
    """A server, nginx in front of it, and what opens both."""

    server: Server
    front: Nginx
    key: str

    @property
    def api(self) -> LevelChat:
        """By way of nginx, as everything here."""
        return LevelChat(self.front.base, self.key)

    def seen_by_edge(self, kind: str) -> int:
        """Requests of that kind that got as far as the edge."""
        metrics = fetch(f"{self.server.base}/metrics")[1].decode()
        start = f'levelchat_edge_requests_total{{kind="{kind}",'
        lines = [line for line in metrics.splitlines() if line.startswith(start)]
        return sum(int(float(line.rpartition(" ")[2])) for line in lines)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    server = start_server(
        folder,
        LEVELCHAT_EDGE__PROXY_SECRET=nginx.SECRET,
        LEVELCHAT_EDGE__ACCESS_SECONDS=str(ACCESS_SECONDS),
        LEVELCHAT_ROOMS__TRUSTED_PROXIES='["127.0.0.1"]',
    )
    try:
        with nginx.running(folder, server.base.removeprefix("http://")) as front:
            yield House(server, front, api_key(server))
    finally:
        stop(server.process)


@asynccontextmanager
async def broadcast(house: House) -> AsyncIterator[str]:
    """A new room with a publisher; gives its id when there is something to watch."""
    async with house.api as api:
        room = await api.rooms.create(type="live")
        host = await api.rooms.token(room.id, "host", HOST)
    publisher = levelchat(
        *("publish", f"{house.front.base}/v1/whip/{room.id}", "--test-pattern"),
        stdout=subprocess.DEVNULL,
        env=os.environ | {"LEVELCHAT_TOKEN": host.token},
    )
    try:
        await eventually(lambda: _watchable(house, room.id), 30, "a playlist")
        yield room.id
    finally:
        await asyncio.to_thread(stop, publisher)


async def _watchable(house: House, room: str) -> bool:
    async with house.api as api, ClientSession() as session:
        token = (await api.rooms.token(room, "scout", WATCH)).token
        async with session.get(_master(house, room), headers=_bearer(token)) as answer:
            return answer.status == 200


def _master(house: House, room: str) -> str:
    return f"{house.front.base}/live/{room}/index.m3u8"


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@asynccontextmanager
async def viewer(house: House, room: str, identity: str) -> AsyncIterator[ClientSession]:
    """Somebody with the cookie, which the token was traded for."""
    async with house.api as api:
        token = (await api.rooms.token(room, identity, WATCH)).token
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
        url = f"{house.front.base}/live/{room}/access"
        async with session.post(url, headers=_bearer(token)) as answer:
            assert answer.status == 204, await answer.text()
        yield session


async def _get(session: ClientSession, url: str) -> tuple[int, str, bytes]:
    """Status, what the cache says, and the body."""
    async with session.get(url) as answer:
        return answer.status, answer.headers.get("X-Cache", ""), await answer.read()


async def _segments(session: ClientSession, house: House, room: str) -> list[str]:
    """The URLs of whole segments of the first rendition, oldest first."""
    base = f"{house.front.base}/live/{room}"
    name = (await _uris(session, f"{base}/index.m3u8"))[0]
    return [f"{base}/{uri}" for uri in await _uris(session, f"{base}/{name}")]


async def _uris(session: ClientSession, playlist: str) -> list[str]:
    lines = (await _get(session, playlist))[2].decode().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


async def test_a_private_room_through_a_cache(house: House) -> None:
    """Without a token nothing is given, cached or not; twenty viewers are each asked for, and each
    piece of media is fetched once for all; who is kicked gets nothing more; no token is logged.
    """
    async with broadcast(house) as room, house.api as api:
        async with viewer(house, room, "v0") as first, ClientSession() as nobody:
            urls = (await _segments(first, house, room))[-3:]
            for url in urls:
                assert (await _get(first, url))[0] == 200
                assert (await _get(nobody, url))[0] == 401
            assert (await _get(nobody, _master(house, room)))[0] == 401
        await _crowd(house, room, urls[-1])
        names = {each.identity async for each in api.rooms.participants(room)}
        assert {f"v{number}" for number in range(CROWD)} <= names
        await _kicked(house, api, room, urls[-1])
    log = house.front.log
    assert "/access" in log
    assert "eyJ" not in log


async def _crowd(house: House, room: str, url: str) -> None:
    """All at once, each with a cookie of its own."""

    async def watch(number: int) -> tuple[int, str, bytes]:
        async with viewer(house, room, f"v{number}") as session:
            return await _get(session, url)

    before = house.seen_by_edge("media")
    answers = await asyncio.gather(*(watch(number) for number in range(CROWD)))

    assert [status for status, _, _ in answers] == [200] * CROWD
    assert [cached for _, cached, _ in answers] == ["HIT"] * CROWD
    assert len({body for _, _, body in answers}) == 1
    assert house.seen_by_edge("media") == before


async def _kicked(house: House, api: LevelChat, room: str, url: str) -> None:
    """What the cache holds is refused to who was kicked, as soon as its yes is too old."""
    async with viewer(house, room, "eve") as eve, viewer(house, room, "ada") as ada:
        assert (await _get(eve, url))[:2] == (await _get(ada, url))[:2] == (200, "HIT")
        await api.rooms.kick(room, "eve")

        async def refused() -> bool:
            return (await _get(eve, url))[0] == 401

        await eventually(refused, ACCESS_SECONDS + 2, "a refusal")
        status, _, body = await _get(eve, _master(house, room))
        assert (status, json.loads(body)["code"]) == (401, "token_revoked")
        assert (await _get(ada, url))[0] == 200


async def test_a_player_plays_through_the_cache(house: House) -> None:
    """The strict player finds no broken rule and does not stall behind nginx, though other viewers
    fetch the same at the same time; after the room's end it sees the playlist's.
    """
    async with broadcast(house) as room, house.api as api:
        players = [await _play(house, api, room, f"p{number}") for number in range(3)]
        await asyncio.sleep(6)  # what is tested is time going by
        await api.rooms.end(room)
        reports = await asyncio.gather(*(asyncio.to_thread(_report, each) for each in players))
        async with ClientSession() as late:
            token = players[0].args[-1]
            headers = _bearer(str(token))
            async with late.get(_master(house, room), headers=headers) as answer:
                assert answer.status in (200, 404)

    for report in reports:
        print(json.dumps(report, indent=1))
        assert report["violations"] == []
        assert report["stalls"]["count"] == 0
        assert report["ended"]


async def _play(house: House, api: LevelChat, room: str, identity: str) -> subprocess.Popen[bytes]:
    token = (await api.rooms.token(room, identity, WATCH)).token
    return levelchat(
        *("watch", _master(house, room), "--seconds", "60", "--json", "--token", token),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def _report(player: subprocess.Popen[bytes]) -> dict[str, object]:
    out, errors = player.communicate(timeout=60)
    assert out, errors.decode()
    report: dict[str, object] = json.loads(out)
    return report
