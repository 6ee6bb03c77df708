"""A `levelchat serve` of its own for a benchmark: free ports, a data folder that goes away.

Comes in: nothing. Goes out: a base URL and tokens. The server ends with the block, also on Ctrl-C.
"""

import asyncio
import contextlib
import os
import socket
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp

from levelchat.auth import keys
from levelchat.auth import token as room_token
from levelchat.auth.capability import Capability
from levelchat.clock import Clock
from levelchat.errors import EnvironmentFault
from levelchat.media.time import NANOSECOND

START_SECONDS = 20
"""Until it must be ready; a cold start takes about 2 s."""
STOP_SECONDS = 12
"""The server promises to be gone within 10 s of SIGTERM."""
POLL_SECONDS = 0.1

_OK = 200


class ServerFailed(EnvironmentFault):
    """The server under measurement did not start."""

    code = "bench_server_failed"
    title = "The server did not start"


class LocalServer:
    """A running server."""

    def __init__(self, base: str, data: Path, clock: Clock) -> None:
        self.base = base
        self._data = data
        self._clock = clock

    def token(self, room: str) -> str:
        """To publish into *room*."""
        return room_token.mint(
            keys.load_or_create(self._data),
            room=room,
            identity="bench",
            capabilities=[Capability.PUBLISH_CAMERA],
            now=self._clock.wall_ns() // NANOSECOND,
        )


@contextlib.asynccontextmanager
async def running(clock: Clock, settings: dict[str, str]) -> AsyncIterator[LocalServer]:
    """A server with *settings* in its environment (`LEVELCHAT_…`), ready to be asked."""
    http_port, udp_port = _free_port(socket.SOCK_STREAM), _free_port(socket.SOCK_DGRAM)
    with tempfile.TemporaryDirectory(prefix="levelchat-bench-") as folder:
        log = Path(folder) / "server.log"
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "levelchat", "serve", "--data", folder),
                *("--http-port", str(http_port), "--udp-port", str(udp_port)),
                stdout=output,
                stderr=output,
                env=os.environ | settings,
            )
        server = LocalServer(f"http://127.0.0.1:{http_port}", Path(folder), clock)
        try:
            await _ready(server.base, process, log)
            yield server
        finally:
            await _stop(process)


async def _ready(base: str, process: asyncio.subprocess.Process, log: Path) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(START_SECONDS), aiohttp.ClientSession() as session:
            while process.returncode is None:
                with contextlib.suppress(aiohttp.ClientError):
                    async with session.get(f"{base}/readyz") as response:
                        if response.status == _OK:
                            return
                await asyncio.sleep(POLL_SECONDS)
    raise ServerFailed(f"levelchat serve is not ready: {_last_line(log)}")


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it printed nothing"


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def _free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
