"""Laws of levelchat.service.server."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from natsserver import NatsServer

from levelchat.auth import rotation
from levelchat.bus.messages import Lease, Message
from levelchat.bus.nats import NatsBus
from levelchat.bus.seams import LEASES
from levelchat.clock import SystemClock
from levelchat.service.server import PortInUse, Server
from levelchat.service.settings import Settings, SettingsError


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _settings(folder: Path, **server: Any) -> Settings:
    values = {"host": "127.0.0.1", "data": str(folder), "http_port": _free_port(), "udp_port": 0}
    return Settings({"server": values | server})


@asynccontextmanager
async def _serving(folder: Path, **server: Any) -> AsyncIterator[tuple[str, asyncio.Event]]:
    settings = _settings(folder, **server)
    port = settings._sections["server"]["http_port"]
    stop = asyncio.Event()
    base = f"http://127.0.0.1:{port}"
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        tasks.create_task(Server(settings, SystemClock()).serve(stop))
        await _until_ready(f"{base}/readyz")
        yield base, stop
        stop.set()


async def _until_ready(url: str) -> None:
    async with aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(url) as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientConnectionError:
                pass
            await asyncio.sleep(0.02)


async def test_it_says_once_that_it_is_ready(tmp_path: Path) -> None:
    """When everything is there, and before anybody is told to come."""
    settings, stop, said = _settings(tmp_path), asyncio.Event(), list[bool]()
    server = Server(settings, SystemClock(), on_ready=lambda: said.append(server._status.ready))
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        tasks.create_task(server.serve(stop))
        await _until_ready(f"http://127.0.0.1:{settings._sections['server']['http_port']}/readyz")
        stop.set()

    assert said == [False]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/healthz", '"ok"'),
        ("/readyz", '"ready"'),
        ("/metrics", "levelchat_"),
        ("/.well-known/jwks.json", '"kid"'),
        ("/docs/errors", 'id="token_missing"'),
    ],
)
async def test_a_server_tells_how_it_is(tmp_path: Path, path: str, expected: str) -> None:
    """Health, readiness, metrics, keys and the error catalogue answer on the one port."""
    async with (
        _serving(tmp_path) as (base, _),
        aiohttp.ClientSession() as session,
        session.get(base + path) as answer,
    ):
        text = await answer.text()

    assert answer.status == 200
    assert expected in text


async def test_a_server_without_ingest_opens_no_udp_port(tmp_path: Path) -> None:
    """Planes that are not asked for bring no routes."""
    async with (
        _serving(tmp_path, planes=["edge"]) as (base, _),
        aiohttp.ClientSession() as session,
        session.post(f"{base}/v1/whip/r_a", data="v=0") as answer,
    ):
        assert answer.status == 404


async def test_a_port_in_use_is_an_error_that_helps(tmp_path: Path) -> None:
    """A taken TCP port names itself and the option that changes it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = _settings(tmp_path, http_port=taken.getsockname()[1])
        with pytest.raises(PortInUse, match="--http-port"):
            await Server(settings, SystemClock()).serve(asyncio.Event())


async def test_a_misspelt_section_stops_the_start(tmp_path: Path) -> None:
    """Nothing is served under settings that say something nobody reads."""
    settings = Settings({"server": {"data": str(tmp_path)}, "egde": {"x": 1}})
    with pytest.raises(SettingsError, match="egde"):
        await Server(settings, SystemClock()).serve(asyncio.Event())


async def test_a_node_is_heard_of_over_nats(tmp_path: Path) -> None:
    """From its start on, also if NATS is there later than it is; and its drain is the last word."""
    nats = NatsServer()
    heard: list[Message] = []
    async with _serving(tmp_path, planes=["edge"], nats=nats.url, node="n1", region="eu"):
        nats.start()
        bus = NatsBus(nats.url)
        listening = asyncio.create_task(bus.run())
        await bus.subscribe(LEASES, heard.append)
        async with asyncio.timeout(15):
            while not heard:
                await asyncio.sleep(0.02)
        first = heard[0]
        assert isinstance(first, Lease)
        assert (first.node, first.region, first.planes) == ("n1", "eu", ("edge",))
        assert not first.draining

    async with asyncio.timeout(5):
        while not (isinstance(heard[-1], Lease) and heard[-1].draining):
            await asyncio.sleep(0.02)
    listening.cancel()
    await asyncio.wait([listening])
    nats.stop()


async def test_a_rotated_key_is_published(tmp_path: Path) -> None:
    """A running server shows the new key beside the old one without a restart."""
    async with (
        _serving(tmp_path, planes=["edge"]) as (base, _),
        aiohttp.ClientSession() as session,
    ):
        after = rotation.rotate(tmp_path, SystemClock().wall_ns() // 1_000_000_000)
        shown: list[str] = []
        while len(shown) < 2:
            await asyncio.sleep(0.02)
            async with session.get(f"{base}/.well-known/jwks.json") as answer:
                shown = [key["kid"] for key in (await answer.json())["keys"]]

        assert after.signing.kid in shown


async def test_a_node_may_know_public_keys_only(tmp_path: Path) -> None:
    """With server.jwks it takes the keys of another server, and makes none of its own."""
    one, two = tmp_path / "one", tmp_path / "two"
    async with (
        _serving(one, planes=["edge"]) as (base, _),
        _serving(two, planes=["edge"], jwks=f"{base}/.well-known/jwks.json") as (relay, _),
        aiohttp.ClientSession() as session,
    ):
        shown: list[list[Any]] = [[], []]
        while not shown[1]:
            await asyncio.sleep(0.02)
            for index, server in enumerate((base, relay)):
                async with session.get(f"{server}/.well-known/jwks.json") as answer:
                    shown[index] = (await answer.json())["keys"]

        assert shown[0] == shown[1]
        assert not (two / "keys").exists()
