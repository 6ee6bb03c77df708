"""The bus over NATS: core messages, queue groups, request and reply.

Comes in: messages. Goes out: the same, MessagePack on `levelchat.say.…` and `levelchat.ask.…`,
to every process of the installation. A server that is away costs what does not fit a bounded
queue, and nothing else: `publish` never waits or raises, and the connection is made again.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription as NatsSubscription
from nats.errors import Error as NatsError
from nats.errors import MaxPayloadError

from levelchat.bus import replies
from levelchat.bus.errors import BusUnavailable
from levelchat.bus.inbox import Inbox
from levelchat.bus.messages import Message, decode, encode
from levelchat.bus.metrics import BusMetrics
from levelchat.bus.nats_connection import (
    CONNECT_SECONDS,
    FAULTS,
    RETRY_SECONDS,
    Faults,
    connection,
    heed,
)
from levelchat.bus.seams import Handler, Responder
from levelchat.errors import OurFault

MAX_PENDING = 10_000
"""Messages kept while NATS is away; what reaches further back is of no use to anybody."""
MAX_ANSWERING = 1_000
"""Requests that are being answered at once; more are told to come again."""
SETTLE_SECONDS = 0.005
"""Between two looks whether all is sent and handled."""

_log = structlog.get_logger("bus")


class _Listening:
    """One subscription, which outlives connections."""

    def __init__(
        self,
        subject: str,
        group: str,
        take: Callable[[Msg], Coroutine[Any, Any, None]],
        leave: Callable[["_Listening"], None],
    ) -> None:
        self._subject = subject
        self._group = group
        self._take = take
        self._leave = leave
        self._there: NatsSubscription | None = None

    async def attach(self, client: Client) -> None:
        """A connection is there."""
        self._there = await client.subscribe(self._subject, queue=self._group, cb=self._take)

    async def close(self) -> None:
        self._leave(self)
        there, self._there = self._there, None
        if there is not None:
            # A connection that is gone has forgotten it.
            with contextlib.suppress(NatsError):
                await there.unsubscribe()


class NatsBus:
    """A `Bus` between processes; *url* may name several servers, separated by commas."""

    def __init__(self, url: str, metrics: BusMetrics | None = None, name: str = "") -> None:
        self._url = url
        self._metrics = metrics
        self._name = name
        self._tasks: asyncio.TaskGroup | None = None
        self._client: Client | None = None
        self._listening: list[_Listening] = []
        self._inboxes: list[Inbox] = []
        self._pending: deque[tuple[str, bytes]] = deque()
        self._more = asyncio.Event()
        self._answering = 0
        self._faults = Faults(_log, "bus fault")
        self.connections = 0

    @property
    def connected(self) -> bool:
        return self._client is not None and self._client.is_connected

    async def run(self) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                for inbox in self._inboxes:
                    inbox.wake()
                while True:
                    await self._stay_connected()
                    heed()
                    await asyncio.sleep(RETRY_SECONDS)
        finally:
            self._tasks = None

    async def settle(self, timeout_seconds: float) -> None:
        with contextlib.suppress(TimeoutError, NatsError, OSError):
            async with asyncio.timeout(timeout_seconds):
                while self.connected and self._pending:  # noqa: ASYNC110 - rare, and short
                    await asyncio.sleep(SETTLE_SECONDS)
                if self._client is not None:
                    await _arrived(self._client)
                while not all(inbox.is_idle for inbox in self._inboxes):  # noqa: ASYNC110 - same
                    await asyncio.sleep(SETTLE_SECONDS)

    def publish(self, subject: str, message: Message) -> None:
        if self._metrics is not None:
            self._metrics.published.inc()
        if len(self._pending) >= MAX_PENDING:
            self._pending.popleft()
            self._drop()
        self._pending.append((_said(subject), encode(message)))
        self._more.set()

    async def subscribe(self, subject: str, handler: Handler, group: str = "") -> _Listening:
        inbox = Inbox(subject, handler, self._spawn, self._metrics)
        self._inboxes.append(inbox)

        async def take(arrived: Msg) -> None:
            message = self._read(arrived)
            if message is not None:
                inbox.put(message)

        def leave(listening: _Listening) -> None:
            inbox.close()
            if listening in self._listening:
                self._listening.remove(listening)
                self._inboxes.remove(inbox)

        return await self._listen(_Listening(_said(subject), group, take, leave))

    async def respond(self, subject: str, responder: Responder, group: str = "") -> _Listening:
        async def take(arrived: Msg) -> None:
            message = self._read(arrived)
            if message is None:
                return
            if self._answering >= MAX_ANSWERING:
                busy = BusUnavailable("too many requests are being answered; come again")
                await arrived.respond(encode(replies.failed(busy)))
                return
            self._spawn(lambda: self._answer(responder, message, arrived))

        def leave(listening: _Listening) -> None:
            if listening in self._listening:
                self._listening.remove(listening)

        return await self._listen(_Listening(_asked(subject), group, take, leave))

    async def request(self, subject: str, message: Message, timeout_seconds: float) -> Message:
        client = self._client
        if client is None:
            raise BusUnavailable("NATS cannot be reached now")
        try:
            async with asyncio.timeout(timeout_seconds):
                arrived = await client.request(
                    _asked(subject), encode(message), timeout=timeout_seconds
                )
            reply = decode(arrived.data)
        except (NatsError, TimeoutError, OSError, ValueError, msgspec.DecodeError) as error:
            why = str(error) or f"no answer in {timeout_seconds} s"
            raise BusUnavailable(f"{subject} could not be asked ({why})") from error
        return replies.accept(reply)

    async def _listen(self, listening: _Listening) -> _Listening:
        self._listening.append(listening)
        client = self._client
        if client is not None:
            # Should the connection go meanwhile, the next one knows of it.
            with contextlib.suppress(NatsError, TimeoutError, OSError):
                await listening.attach(client)
                await _arrived(client)
        return listening

    async def _answer(self, responder: Responder, message: Message, arrived: Msg) -> None:
        self._answering += 1
        try:
            reply = encode(await replies.answer(responder, message))
            try:
                await arrived.respond(reply)
            except MaxPayloadError:
                _log.error("bus answer too large", bytes=len(reply))
                too_large = OurFault("the answer is larger than NATS carries (max_payload)")
                await arrived.respond(encode(replies.failed(too_large)))
        except (NatsError, OSError):
            # Who asked hears nothing and takes us for gone, which we were.
            self._drop()
        finally:
            self._answering -= 1

    async def _stay_connected(self) -> None:
        """One connection, from its making to its loss."""
        lost = asyncio.Event()
        try:
            async with connection(self._url, self._name, lost, self._faults) as client:
                await self._use(client, lost)
        except FAULTS as error:
            self._faults.tell(error)

    async def _use(self, client: Client, lost: asyncio.Event) -> None:
        for listening in tuple(self._listening):
            await listening.attach(client)
        await _arrived(client)
        try:
            self._set_connected(client)
            _log.info("bus connected", server=_host(client))
            await self._send_until(lost, client)
            _log.warning("bus connection lost")
        finally:
            self._set_connected(None)

    def _set_connected(self, client: Client | None) -> None:
        self._client = client
        if client is not None:
            self.connections += 1
            self._faults.clear()
        if self._metrics is not None:
            self._metrics.connected.set(client is not None)

    async def _send_until(self, lost: asyncio.Event, client: Client) -> None:
        gone = asyncio.ensure_future(lost.wait())
        gone.add_done_callback(lambda _: self._more.set())
        try:
            while not lost.is_set():
                self._more.clear()
                while self._pending and not lost.is_set():
                    await self._send(client, *self._pending.popleft())
                if not lost.is_set():
                    await self._more.wait()
        finally:
            gone.cancel()

    async def _send(self, client: Client, subject: str, data: bytes) -> None:
        try:
            await client.publish(subject, data)
        except MaxPayloadError:
            self._drop()
            _log.error("bus message too large", subject=subject, bytes=len(data))

    def _read(self, arrived: Msg) -> Message | None:
        try:
            return decode(arrived.data)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            # Another release of ours, in the middle of an upgrade.
            self._drop()
            self._faults.tell(error)
            return None

    def _spawn(self, work: Callable[[], Coroutine[Any, Any, None]]) -> bool:
        if self._tasks is None:
            return False
        self._tasks.create_task(work())
        return True

    def _drop(self) -> None:
        if self._metrics is not None:
            self._metrics.dropped.inc()


async def _arrived(client: Client) -> None:
    """Until the server has dealt with everything that *client* was told so far."""
    # The client sends a PING ahead of commands that it has not written yet. When the first one
    # is answered they are written, and the second one follows them.
    for _ in range(2):
        await client.flush(CONNECT_SECONDS)
        heed()


def _said(subject: str) -> str:
    return f"levelchat.say.{subject}"


def _asked(subject: str) -> str:
    """Requests have subjects of their own: a queue group is one for all listeners of a subject,
    and would hand requests to those who only listen.
    """
    return f"levelchat.ask.{subject}"


def _host(client: Client) -> str:
    """Without the password that the URL may hold."""
    url = client.connected_url
    return f"{url.hostname}:{url.port}" if url is not None else ""
