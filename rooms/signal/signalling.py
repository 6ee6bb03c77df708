"""Signalling as the rooms plane runs it: one route, a few tasks for the whole process.

Comes in: requests for WebSockets. Goes out: participants of rooms. A connection costs the task of
its request and no other; one timer looks after all of them.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import structlog
from aiohttp import WSCloseCode, WSMsgType, web

from levelchat.contract import signal
from levelchat.errors import EnvironmentFault, PeerError
from rooms.errors import SignallingBusy
from rooms.signal import door, frames
from rooms.signal.connection import Connection
from rooms.signal.conversation import Conversation
from rooms.signal.departures import Departures
from rooms.signal.entrance import Entrance, Place
from rooms.signal.hub import Hub
from rooms.signal.keeper import Keeper
from rooms.signal.live import LiveRoom, Office
from rooms.signal.renewals import Renewals
from rooms.signal.resume import SECRET_BYTES, Tickets
from rooms.signal.scribe import Scribe
from rooms.signal.seams import Surroundings
from rooms.signal.words import Word

_log = structlog.get_logger("signal")

TICK_SECONDS = 1.0
SEEN_SECONDS = 10.0
"""How often the store is told who is still here."""
CLOSE_SECONDS = 1.0
"""What a client gets to answer a close for a fault of its own."""
DRAIN_SECONDS = 3.0
"""What clients get to go elsewhere."""
SLICE = 200
"""Clients that are told to in one go."""
_SIGNS_OF_LIFE = frozenset(
    {WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.PING, WSMsgType.PONG, WSMsgType.CLOSE}
)
_SOCKET = {"compress": False, "autoping": False, "autoclose": False, "decode_text": False}


class Signalling:
    """Constructed, then `run`; `routes` answer 503 before and after."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self._metrics = surroundings.metrics
        self._departures = Departures(surroundings.attendance, surroundings.metrics)
        self._scribe = Scribe(surroundings.transactions, surroundings.metrics)
        self._renewals = Renewals(surroundings)
        self._conversation = Conversation(surroundings, self._scribe)
        tickets = Tickets()
        self._keeper = Keeper(
            surroundings,
            tickets,
            self._departures,
            self._emptied,
        )
        self._hub = Hub(
            surroundings,
            Office(
                spawn=self._spawn,
                say=self._say,
                over=self._keeper.over,
                closing=self._keeper.closing,
                monotonic=surroundings.monotonic,
                metrics=surroundings.metrics,
            ),
            self._spawn,
        )
        self._entrance = Entrance(
            surroundings, self._hub, tickets, self._departures, self._keeper.sessions
        )
        self._tasks: asyncio.TaskGroup | None = None
        self._draining = False
        self._count = 0
        self._gone = asyncio.Event()
        self._gone.set()

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        return [web.get("/v1/signal", self._handle, allow_head=False)]

    async def run(self) -> None:
        """Owns all tasks of signalling until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                await self._hub.start()
                for worker in (self._departures, self._scribe, self._renewals):
                    tasks.create_task(worker.run())
                tasks.create_task(self._tick())
                tasks.create_task(self._report())
                self._tasks = tasks
        finally:
            self._tasks = None
            await self._hub.stop()

    async def drain(self) -> None:
        """Sends everybody elsewhere; their sessions wait for them there."""
        self._draining = True
        with contextlib.suppress(EnvironmentFault):
            await self._say_who_is_here()
        connections = self._keeper.connections()
        for start in range(0, len(connections), SLICE):
            for connection in connections[start : start + SLICE]:
                connection.moved = True
                connection.send(signal.Moved(url=_signal_url(connection.base)))
                connection.close(signal.CLOSE_GOING_AWAY, "the server stops")
            await asyncio.sleep(0)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                await self._gone.wait()
        await self._departures.settle(CLOSE_SECONDS)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if self._tasks is None or self._draining:
            raise SignallingBusy("signalling is starting or stopping; try again", headers=_SOON)
        settings = self._surroundings.settings
        wish = door.read(
            request,
            self._surroundings.verifier,
            self._surroundings.seconds(),
            settings.public_url,
        )
        socket = web.WebSocketResponse(
            timeout=CLOSE_SECONDS,
            protocols=(signal.PROTOCOL,),
            # The library refuses what is as long as this.
            max_msg_size=settings.signal_message_bytes + 1,
            **_SOCKET,
        )
        if not socket.can_prepare(request):
            raise PeerError("this is a WebSocket: open it as one (RFC 6455, version 13)")
        if self._count >= settings.max_signal_connections:
            raise SignallingBusy("this process has all the connections it takes", headers=_SOON)
        self._count += 1
        self._gone.clear()
        self._metrics.connections.set(self._count)
        try:
            place = await self._entrance.take(wish)
            await self._serve(request, socket, place)
            return socket
        finally:
            self._count -= 1
            self._metrics.connections.set(self._count)
            if not self._count:
                self._gone.set()

    async def _serve(
        self, request: web.Request, socket: web.WebSocketResponse, place: Place
    ) -> None:
        try:
            await socket.prepare(request)
            ticket = secrets.token_urlsafe(SECRET_BYTES)
            connection = self._keeper.attach(place, _transport(request), ticket)
        except BaseException:
            self._keeper.missed(place)
            raise
        finally:
            self._hub.leave(place.live)
        try:
            await self._listen(socket, connection)
        finally:
            self._keeper.ended(connection)
            self._hub.forget_if_empty(connection.room)

    async def _listen(self, socket: web.WebSocketResponse, connection: Connection) -> None:
        """Until the client closes, or is gone."""
        while True:
            message = await socket.receive()
            if message.type in _SIGNS_OF_LIFE:
                connection.heard = self._surroundings.monotonic()
            if message.type is WSMsgType.TEXT:
                if connection.code is None:
                    await self._conversation.hear(connection, message.data)
            elif message.type is WSMsgType.PONG:
                self._pong(connection, message.data)
            elif message.type is WSMsgType.PING:
                connection.write(frames.pong(message.data))
            elif message.type is WSMsgType.BINARY:
                connection.close(signal.CLOSE_MALFORMED, "messages are text")
            else:
                _finish(connection, message.type, message.data)
                return

    def _pong(self, connection: Connection, payload: bytes) -> None:
        sent = frames.pinged_at(payload)
        now = self._surroundings.monotonic()
        if sent is not None and connection.pinged == sent <= now:
            connection.room.measured(connection, now - sent)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            try:
                self.tick()
            except Exception:  # noqa: BLE001 - the watchdog must not die of one connection
                _log.exception("a tick failed")

    def tick(self) -> None:
        """To be called every second: pings, and ends what is over."""
        seconds = self._surroundings.seconds()
        for connection in self._keeper.tick():
            self._renewals.look_at(connection, seconds)
        self._hub.catch_up()

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(SEEN_SECONDS)
            try:
                await self._say_who_is_here()
            except EnvironmentFault as error:
                _log.info("the store does not hear who is here", reason=error.detail)
            except Exception:  # noqa: BLE001 - the next report may succeed
                _log.exception("a report failed")

    async def _say_who_is_here(self) -> None:
        now = self._surroundings.transactions.now()
        await self._surroundings.attendance.seen(self._keeper.seen(), now)

    def _emptied(self, live: LiveRoom) -> None:
        self._hub.forget_if_empty(live)

    def _say(self, media_id: str, word: Word) -> None:
        self._hub.say(media_id, word)

    def _spawn(self, work: Callable[[], Coroutine[Any, Any, None]]) -> bool:
        if self._tasks is None:
            return False
        self._tasks.create_task(_guarded(work))
        return True


_SOON = {"Retry-After": "1"}


async def _guarded(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    try:
        await work()
    except Exception:  # noqa: BLE001 - one room's fault must not end the others
        _log.exception("a task of signalling failed")


def _transport(request: web.Request) -> asyncio.Transport:
    if request.transport is None:
        raise ConnectionResetError("the client is gone")
    return request.transport


def _finish(connection: Connection, kind: WSMsgType, data: object) -> None:
    """The last that came: a close, or the end of the network."""
    if kind is WSMsgType.CLOSE:
        connection.peer_code = data if isinstance(data, int) else 0
        if connection.code is not None:
            # RFC 6455 §7.1.1: "the server MUST close the TCP connection first". Closed here, no
            # second close frame is written.
            connection.transport.close()
    elif kind is WSMsgType.ERROR and connection.code is None:
        code = getattr(data, "code", None)
        if isinstance(code, int) and code != WSCloseCode.ABNORMAL_CLOSURE:
            # The library has closed it: too large, not UTF-8, no WebSocket frame at all.
            connection.code = code


def _signal_url(base: str) -> str:
    return f"ws{base.removeprefix('http')}/v1/signal"
