"""An installation with rooms for a benchmark, and servers on it, each a process of its own.

Comes in: which database. Goes out: a URL, an API key, and what the process costs. Everything
ends and goes away with the blocks, also on Ctrl-C.
"""

import asyncio
import contextlib
import os
import re
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec

from bench import postgres_server, process_cost
from bench.process_cost import Cost
from bench.serving import free_port, ready, stop
from levelchat.errors import EnvironmentFault

SETTINGS = {
    # The load comes from one address with one key; limits have their own tests.
    "LEVELCHAT_ROOMS__REQUESTS_PER_KEY": "1000000",
    "LEVELCHAT_ROOMS__REQUESTS_PER_ADDRESS": "1000000",
}
STORES = ("sqlite", "postgresql")

_KEY = re.compile(r"lc_pk_[^\s\x1b]+")


class RoomsServerFailed(EnvironmentFault):
    """The server under measurement did not start, or answered wrongly."""

    code = "bench_rooms_failed"
    title = "The server failed"


class Installation(msgspec.Struct):
    """A data folder and a database."""

    store: str
    data: Path
    database: str
    key: str = ""
    """An API key of the default project, once a server has run."""


class RoomsServer:
    """A running `levelchat serve --planes rooms`."""

    def __init__(
        self, installation: Installation, port: int, process: asyncio.subprocess.Process
    ) -> None:
        self.installation = installation
        self.port = port
        self._process = process

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def key(self) -> str:
        return self.installation.key

    def cost(self) -> Cost:
        """Of the process, now."""
        return process_cost.cost(self._process.pid)

    async def metrics(self) -> dict[str, float]:
        """What `/metrics` shows, by name with labels."""
        return await process_cost.metrics(self.base)

    def kill(self) -> None:
        """SIGKILL: it says goodbye to nobody."""
        self._process.kill()


@contextlib.asynccontextmanager
async def installed(store: str) -> AsyncIterator[Installation]:
    """A new, empty installation."""
    async with contextlib.AsyncExitStack() as stack:
        name = stack.enter_context(tempfile.TemporaryDirectory(prefix="levelchat-bench-"))
        data = Path(name)
        url = f"sqlite:///{data / 'rooms.db'}"
        if store == "postgresql":
            url = await stack.enter_async_context(postgres_server.running())
        yield Installation(store, data, url)


@contextlib.asynccontextmanager
async def serving(installation: Installation) -> AsyncIterator[RoomsServer]:
    """A server on it, ready to be asked."""
    port = free_port()
    log = installation.data / f"server-{port}.log"
    settings = SETTINGS | {"LEVELCHAT_ROOMS__DATABASE": installation.database}
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "levelchat", "serve", "--planes", "rooms"),
            *("--data", str(installation.data), "--host", "127.0.0.1", "--http-port", str(port)),
            stdout=output,
            stderr=output,
            env=os.environ | settings,
        )
    server = RoomsServer(installation, port, process)
    try:
        await ready(server.base, process, log)
        installation.key = installation.key or _first_key(log)
        yield server
    finally:
        await stop(process)


def _first_key(log: Path) -> str:
    found = _KEY.search(log.read_text(errors="replace"))
    if found is None:
        raise RoomsServerFailed("the first start showed no API key")
    return found.group()
