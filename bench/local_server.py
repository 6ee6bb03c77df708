"""A `levelchat serve` of its own for a benchmark: free ports, a data folder that goes away.

Comes in: nothing. Goes out: a base URL and tokens. The server ends with the block, also on Ctrl-C.
"""

import asyncio
import contextlib
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Collection, Sequence
from pathlib import Path

from bench import serving
from levelchat.auth import keys
from levelchat.auth import token as room_token
from levelchat.auth.capability import Capability
from levelchat.clock import Clock
from levelchat.media.time import NANOSECOND


class LocalServer:
    """A running server."""

    def __init__(self, base: str, pid: int, data: Path, clock: Clock) -> None:
        self.base = base
        self.pid = pid
        self._data = data
        self._clock = clock

    def token(
        self,
        room: str,
        identity: str = "bench",
        capabilities: Sequence[Capability] = (Capability.PUBLISH_CAMERA,),
    ) -> str:
        """To publish into *room*, or to do what else *capabilities* say."""
        return room_token.mint(
            keys.load_or_create(self._data),
            room=room,
            identity=identity,
            capabilities=capabilities,
            now=self._clock.wall_ns() // NANOSECOND,
        )


@contextlib.asynccontextmanager
async def running(
    clock: Clock,
    settings: dict[str, str],
    *,
    data: Path | None = None,
    cores: Collection[int] | None = None,
    is_reached: bool = False,
) -> AsyncIterator[LocalServer]:
    """A server with *settings* in its environment (`LEVELCHAT_…`), ready to be asked.

    *data* is a folder that several share; by default one of its own. *cores* are the processors
    that it may run on. With *is_reached* it tells other nodes where it is.
    """
    http_port = serving.free_port()
    base = f"http://127.0.0.1:{http_port}"
    with tempfile.TemporaryDirectory(prefix="levelchat-bench-") as folder:
        data = data or Path(folder)
        log = Path(folder) / "server.log"
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "levelchat", "serve", "--data", str(data)),
                *("--http-port", str(http_port), "--udp-port", "0"),
                *(("--public-url", base) if is_reached else ()),
                stdout=output,
                stderr=output,
                env=os.environ | settings,
            )
        if cores is not None:
            os.sched_setaffinity(process.pid, cores)
        server = LocalServer(base, process.pid, data, clock)
        try:
            await serving.ready(server.base, process, log)
            yield server
        finally:
            await serving.stop(process)
