"""The directory over NATS: a bucket of JetStream's key-value store, kept in memory.

Comes in: records. Goes out: the same, to every node of the installation. While NATS is away what
is known stands, for nobody can tell; when it is back each node's records come back with it, and
those that nobody repeats are gone `TTL_SECONDS` later. Nothing here waits for it or raises.
"""

import asyncio
import contextlib

import structlog
from nats.aio.client import Client
from nats.js.api import KeyValueConfig, StorageType
from nats.js.errors import BucketNotFoundError
from nats.js.kv import KeyValue

from levelchat.bus.directory import REPEAT_SECONDS, TTL_SECONDS, OnChange
from levelchat.bus.directory_known import MAX_RECORD, Known, Watching, check
from levelchat.bus.nats_connection import (
    CONNECT_SECONDS,
    FAULTS,
    RETRY_SECONDS,
    Faults,
    connection,
    heed,
)
from levelchat.clock import Clock

BUCKET = "levelchat_nodes"
EXPIRE_SECONDS = 0.25
"""Between two looks at what was not repeated."""

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
        self._url = url
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
        self._faults = Faults(_log, "directory fault")
        self.connected = False
        """Whether others can be heard now."""

    async def run(self) -> None:
        while True:
            with contextlib.suppress(*FAULTS):
                await self._stay_connected()
            heed()
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
        try:
            async with connection(self._url, self._name, lost, self._faults) as client:
                bucket = await self._bucket(client)
                heed()
                try:
                    self._set_connected()
                    await self._work(bucket, lost)
                finally:
                    self.connected = False
        except* FAULTS as faults:
            self._faults.tell(faults.exceptions[0])
        except* _Lost:
            _log.warning("directory connection lost")

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
        self._faults.clear()
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
        heed()
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
                    heed()
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
                heed()
            await self._more.wait()

    async def _expire(self) -> None:
        while True:
            await asyncio.sleep(min(EXPIRE_SECONDS, self._ttl_seconds))
            self._known.expire(self._clock.monotonic_ns())
