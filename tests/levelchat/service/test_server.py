"""Laws of levelchat.service.server."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from levelchat.clock import SystemClock
from levelchat.service.server import PortInUse, Server
from levelchat.service.settings import Settings, SettingsError

pytestmark = pytest.mark.filterwarnings("ignore:EdDSA is deprecated via RFC 9864")


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
