"""The directory over NATS: a bucket of JetStream's key-value store, kept in memory.

Comes in: records. Goes out: the same, to every node of the installation. While NATS is away what
is known stands, for nobody can tell; when it is back each node's records come back with it, and
those that nobody repeats are gone `TTL_SECONDS` later. Nothing here waits for it or raises.
"""

import asyncio
import contextlib

import structlog
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.api import KeyValueConfig, StorageType
from nats.js.errors import BucketNotFoundError
from nats.js.kv import KeyValue

from levelchat.bus.directory import REPEAT_SECONDS, TTL_SECONDS, OnChange
from levelchat.bus.directory_known import MAX_RECORD, Known, Watching, check
from levelchat.clock import Clock

BUCKET = "levelchat_nodes"
RETRY_SECONDS = 0.5
CONNECT_SECONDS = 2
PING_SECONDS = 5
"""A server that answers two of these with silence is gone."""
CLOSE_SECONDS = 1.0
EXPIRE_SECONDS = 0.25
"""Between two looks at what was not repeated."""

_FAULTS = (NatsError, OSError, TimeoutError)
_log = structlog.get_logger("directory")


class _Lost(Exception):
    """The connection is over; leaves the group of its tasks."""


class NatsDirectory:
    """A `Directory` between machines; *url* may name several servers, separated by commas."""

    def __init__(
        self,
        url: str,
        clock: Clock,
        *,
        name: str = "",
        ttl_seconds: float = TTL_SECONDS,
        repeat_seconds: float = REPEAT_SECONDS,
    ) -> None:
        self._servers = [server.strip() for server in url.split(",")]
        self._clock = clock
        self._name = name
        self._ttl_seconds = ttl_seconds
        self._repeat_seconds = repeat_seconds
        self._known = Known(ttl_seconds)
        self._own: dict[str, bytes] = {}
        self._changed: dict[str, None] = {}
        """Keys of ours whose record others do not have yet."""
        self._taken_back: set[str] = set()
        """Keys that were ours; what still comes of them was said before."""
        self._more = asyncio.Event()
        self._reported: set[str] = set()
        self.connected = False
        """Whether others can be heard now."""

    async def run(self) -> None:
        while True:
            with contextlib.suppress(*_FAULTS):
                await self._stay_connected()
            _heed()
            await asyncio.sleep(RETRY_SECONDS)

    def put(self, key: str, record: bytes) -> None:
        check(key, record)
        self._own[key] = record
        self._taken_back.discard(key)
        # This node sees its own at once, and those without NATS too.
        self._known.hear(key, record, self._clock.monotonic_ns())
        self._note(key)

    def delete(self, key: str) -> None:
        if self._own.pop(key, None) is not None:
            self._known.drop(key)
            self._taken_back.add(key)
            self._note(key)

    async def watch(self, prefix: str, on_change: OnChange) -> Watching:
        return self._known.watch(prefix, on_change)

    def _note(self, key: str) -> None:
        self._changed[key] = None
        self._more.set()

    async def _stay_connected(self) -> None:
        """One connection, from its making to its loss."""
        lost = asyncio.Event()
        client = Client()
        try:
            await self._connect(client, lost)
            bucket = await self._bucket(client)
            _heed()
            self._set_connected()
            await self._work(bucket, lost)
        except* _FAULTS as faults:
            self._report(faults.exceptions[0])
        except* _Lost:
            _log.warning("directory connection lost")
        finally:
            self.connected = False
            with contextlib.suppress(*_FAULTS):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await client.close()

    async def _connect(self, client: Client, lost: asyncio.Event) -> None:
        async def on_closed() -> None:
            lost.set()

        async def on_error(error: Exception) -> None:
            self._report(error)

        # One way to get a connection: see NatsBus.
        await client.connect(
            servers=list(self._servers),
            name=self._name or None,
            allow_reconnect=False,
            max_reconnect_attempts=1,
            reconnect_time_wait=0,
            connect_timeout=CONNECT_SECONDS,
            ping_interval=PING_SECONDS,
            closed_cb=on_closed,
            error_cb=on_error,
        )

    async def _bucket(self, client: Client) -> KeyValue:
        """It is as NATS itself forgets: a server that starts anew has none."""
        stream = client.jetstream(timeout=CONNECT_SECONDS)
        try:
            return await stream.key_value(BUCKET)
        except BucketNotFoundError:
            return await stream.create_key_value(
                KeyValueConfig(
                    bucket=BUCKET,
                    description="what the nodes of an installation tell each other",
                    ttl=self._ttl_seconds,
                    storage=StorageType.MEMORY,
                    max_value_size=MAX_RECORD,
                )
            )

    def _set_connected(self) -> None:
        self.connected = True
        self._reported.clear()
        self._known.refresh(self._clock.monotonic_ns())
        self._changed = dict.fromkeys(self._own)
        self._taken_back.clear()
        self._more.set()
        _log.info("directory connected")

    async def _work(self, bucket: KeyValue, lost: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen(bucket))
            tasks.create_task(self._repeat(bucket))
            tasks.create_task(self._send(bucket))
            tasks.create_task(self._expire())
            await lost.wait()
            raise _Lost

    async def _listen(self, bucket: KeyValue) -> None:
        watcher = await bucket.watchall()
        _heed()
        async for entry in watcher:
            # None ends what was there before.
            if entry is None or entry.key in self._own:
                continue
            if entry.operation is not None:
                self._taken_back.discard(entry.key)
                self._known.drop(entry.key)
            elif entry.value is not None and entry.key not in self._taken_back:
                self._known.hear(entry.key, entry.value, self._clock.monotonic_ns())

    async def _repeat(self, bucket: KeyValue) -> None:
        while True:
            for key in tuple(self._own):
                # It may be taken back while another is written, and must not come to life again.
                record = self._own.get(key)
                if record is None:
                    continue
                self._known.hear(key, record, self._clock.monotonic_ns())
                if key not in self._changed:
                    await bucket.put(key, record)
                    _heed()
            await asyncio.sleep(self._repeat_seconds)

    async def _send(self, bucket: KeyValue) -> None:
        while True:
            self._more.clear()
            while self._changed:
                key = next(iter(self._changed))
                del self._changed[key]
                if key in self._own:
                    await bucket.put(key, self._own[key])
                else:
                    await bucket.delete(key)
                _heed()
            await self._more.wait()

    async def _expire(self) -> None:
        while True:
            await asyncio.sleep(min(EXPIRE_SECONDS, self._ttl_seconds))
            self._known.expire(self._clock.monotonic_ns())

    def _report(self, error: BaseException) -> None:
        """Once an outage for each kind of fault: it is said at every try."""
        said = f"{type(error).__name__}: {error}"
        if said not in self._reported:
            self._reported.add(said)
            _log.warning("directory fault", error=said)


def _heed() -> None:
    """Ends the task if that was asked: `asyncio.wait_for` of Python 3.11, by which the client
    waits, forgets a cancellation that comes together with the answer.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
