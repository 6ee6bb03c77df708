"""One connection to NATS: how the bus and the directory get it, lose it, and complain.

Comes in: the servers. Goes out: a client that is connected, a word when it no longer is, each kind
of fault once an outage. It makes none anew: that is its user's, so that there is one way to get
one; the client's own way gives up in the end, and keeps what it could not send without a bound.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import structlog
from nats.aio.client import Client
from nats.errors import Error as NatsError

RETRY_SECONDS = 0.5
"""Between two tries."""
CONNECT_SECONDS = 2
PING_SECONDS = 5
"""A server that answers two of these with silence is gone."""
CLOSE_SECONDS = 1.0

FAULTS = (NatsError, OSError, TimeoutError)
"""What the client raises where NATS is away."""


class Faults:
    """Tells *log* of faults, as *event*."""

    def __init__(self, log: structlog.stdlib.BoundLogger, event: str) -> None:
        self._log = log
        self._event = event
        self._told: set[str] = set()

    def tell(self, error: BaseException) -> None:
        """Once an outage for each kind: it is said at every try."""
        said = f"{type(error).__name__}: {error}"
        if said not in self._told:
            self._told.add(said)
            self._log.warning(self._event, error=said)

    def clear(self) -> None:
        """The outage is over."""
        self._told.clear()


@contextlib.asynccontextmanager
async def connection(
    url: str, name: str, lost: asyncio.Event, faults: Faults
) -> AsyncIterator[Client]:
    """A connection to one of the servers of *url*, which commas separate; sets *lost* when it is
    over. Raises one of `FAULTS`.
    """

    async def on_closed() -> None:
        lost.set()

    async def on_error(error: Exception) -> None:
        faults.tell(error)

    client = Client()
    try:
        await client.connect(
            servers=[server.strip() for server in url.split(",")],
            name=name or None,
            allow_reconnect=False,
            max_reconnect_attempts=1,
            reconnect_time_wait=0,
            connect_timeout=CONNECT_SECONDS,
            ping_interval=PING_SECONDS,
            closed_cb=on_closed,
            error_cb=on_error,
        )
        yield client
    finally:
        with contextlib.suppress(*FAULTS):
            async with asyncio.timeout(CLOSE_SECONDS):
                await client.close()


def heed() -> None:
    """Ends the task if that was asked: `asyncio.wait_for` of Python 3.11, by which the client
    waits, forgets a cancellation that comes together with the answer.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
