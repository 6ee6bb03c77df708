"""A foreign WHIP server, and what is needed to publish to it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from whip_server import WhipServer

from levelchat.client import certificate
from levelchat.client.whip import Endpoint
from levelchat.clock import SystemClock


@pytest.fixture
def start_server() -> Iterator[Callable[..., WhipServer]]:
    servers: list[WhipServer] = []

    def start(port: int = 0) -> WhipServer:
        servers.append(WhipServer(port))
        return servers[-1]

    yield start
    for server in servers:
        server.kill()


@pytest.fixture(scope="session")
def _one_server() -> Iterator[WhipServer]:
    server = WhipServer()
    yield server
    server.kill()


@pytest.fixture
def whip_server(_one_server: WhipServer) -> WhipServer:
    _one_server.forget()
    return _one_server


@pytest.fixture
def endpoint(whip_server: WhipServer, tmp_path: Path) -> Endpoint:
    public, key = certificate.generate(SystemClock().wall_ns())
    (tmp_path / "certificate.pem").write_bytes(public)
    (tmp_path / "key.pem").write_bytes(key)
    return Endpoint(whip_server.url, "secret", tmp_path / "certificate.pem", tmp_path / "key.pem")
