"""A server as a process of its own: its port, the wait until it is ready, and its end.

Comes in: a process and where it answers. Goes out: nothing, or why it is not ready.
"""

import asyncio
import contextlib
import socket
from pathlib import Path

import aiohttp

from levelchat.errors import EnvironmentFault

START_SECONDS = 60
"""A cold start takes about 2 s, with migrations on PostgreSQL some 5 s."""
STOP_SECONDS = 12
"""The server promises to be gone within 10 s of SIGTERM."""
POLL_SECONDS = 0.05
SHOWN = 2_000
"""Letters of a log that say why a server did not start."""
_OK = 200


class ServerFailed(EnvironmentFault):
    """The server under measurement did not start."""

    code = "bench_server_failed"
    title = "The server did not start"


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port of 127.0.0.1 that nobody has now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def ready(base: str, process: asyncio.subprocess.Process, log: Path) -> None:
    """Returns when `/readyz` says yes; raises `ServerFailed` with the end of *log*."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(START_SECONDS), aiohttp.ClientSession() as http:
            while process.returncode is None:
                with contextlib.suppress(aiohttp.ClientError):
                    async with http.get(f"{base}/readyz") as answer:
                        if answer.status == _OK:
                            return
                await asyncio.sleep(POLL_SECONDS)
    raise ServerFailed(f"levelchat serve is not ready: {_end(log)}")


def _end(log: Path) -> str:
    return log.read_text(errors="replace").strip()[-SHOWN:] or "it printed nothing"


async def stop(process: asyncio.subprocess.Process) -> None:
    """By SIGTERM, and if that is not answered by SIGKILL."""
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
