"""Signalling over a real store, bus and socket: replicas, and participants who talk to them."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from aiohttp import web
from prometheus_client import CollectorRegistry
from roomkit import PUBLISH, START, WATCH, Kit, settle_in

from levelchat.auth import keys, token
from levelchat.auth.capability import Capability
from levelchat.auth.token import Minter
from levelchat.auth.verifier import TokenVerifier
from levelchat.bus.local import LocalBus
from levelchat.clock import SystemClock
from levelchat.contract.signal import PROTOCOL
from levelchat.service import problem
from rooms import ending
from rooms.attendance import Attendance
from rooms.minting import Minting
from rooms.model import EndReason, Room
from rooms.settings import RoomsSettings
from rooms.signal.metrics import SignalMetrics
from rooms.signal.seams import Surroundings
from rooms.signal.signalling import Signalling
from rooms.store import rooms as room_rows
from rooms.store.store import Store

TALK = ("subscribe:all", "chat:send", "reactions:send", "hand:raise")
MODERATE = ("moderate:participants", "chat:send", "subscribe:all")
PATIENCE = 10.0
"""Seconds that a client waits for anything."""
__all__ = ["MODERATE", "PUBLISH", "TALK", "WATCH", "Client", "Installation", "Replica"]


class SteerableClock(SystemClock):
    """The machine's clock, which tests move forward and halt."""

    def __init__(self) -> None:
        super().__init__()
        self.ahead_ns = 0
        self._halted_ns: int | None = None

    def halt(self) -> None:
        """From here on only `ahead_ns` moves it: nothing depends on how fast the machine is."""
        self._halted_ns = super().monotonic_ns()

    def monotonic_ns(self) -> int:
        now_ns = super().monotonic_ns() if self._halted_ns is None else self._halted_ns
        return now_ns + self.ahead_ns

    def wall_ns(self) -> int:
        return START * 1_000_000 + self.ahead_ns


class Client:
    """A participant, as a browser has it."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.heard: list[dict[str, Any]] = []
        self.welcome: dict[str, Any] = {}
        self.people: dict[str, dict[str, Any]] = {}
        """By identity, as deltas and pages have told."""
        self.joined: list[str] = []
        self.left: dict[str, str] = {}
        """Why, by identity."""
        self.total = 0
        self._refs = itertools.count(1)

    async def next(self) -> dict[str, Any] | None:
        """The next message; None when the connection is over."""
        frame = await self.socket.receive(timeout=20)
        if frame.type is not aiohttp.WSMsgType.TEXT:
            return None
        message: dict[str, Any] = msgspec.json.decode(frame.data)
        self._apply(message)
        self.heard.append(message)
        return message

    async def until(self, kind: str, /, **fields: Any) -> dict[str, Any]:
        """The next message of that type with these fields, heard already or not."""
        for message in self.heard:
            if _fits(message, kind, fields):
                self.heard.remove(message)
                return message
        async with asyncio.timeout(PATIENCE):
            while (message := await self.next()) is not None:
                if _fits(message, kind, fields):
                    self.heard.remove(message)
                    return message
        raise AssertionError(f"no {kind} {fields} before {self.socket.close_code}: {self.heard}")

    async def sees(
        self, identity: str, is_so: Callable[[dict[str, Any]], Any] = lambda _: True
    ) -> dict[str, Any]:
        """*identity*, once it is there and *is_so*."""
        async with asyncio.timeout(PATIENCE):
            while identity not in self.people or not is_so(self.people[identity]):
                assert await self.next() is not None
        return self.people[identity]

    async def sees_leave(self, identity: str) -> str:
        """Why *identity* left, once it has."""
        async with asyncio.timeout(PATIENCE):
            while identity not in self.left:
                assert await self.next() is not None
        return self.left[identity]

    async def counts(self, total: int) -> None:
        """Returns once so many are there."""
        async with asyncio.timeout(PATIENCE):
            while self.total != total:
                assert await self.next() is not None

    async def say(self, kind: str, /, **fields: Any) -> None:
        await self.socket.send_str(msgspec.json.encode({"type": kind, **fields}).decode())

    async def ask(self, kind: str, /, **fields: Any) -> dict[str, Any]:
        """What the server answers."""
        ref = next(self._refs)
        await self.say(kind, ref=ref, **fields)
        async with asyncio.timeout(PATIENCE):
            while True:
                for message in self.heard:
                    if message.get("ref") == ref:
                        self.heard.remove(message)
                        return message
                if await self.next() is None:
                    raise AssertionError(f"closed with {self.socket.close_code}: {self.heard}")

    async def over(self) -> int | None:
        """The code that it is closed with; what comes before is kept in `heard`."""
        async with asyncio.timeout(PATIENCE):
            while await self.next() is not None:
                pass
        return self.socket.close_code

    def cut(self) -> None:
        """The network is gone, without a word."""
        transport = self.socket._response.connection.transport
        transport.abort()

    def _apply(self, message: dict[str, Any]) -> None:
        for entry in message.get("participants", ()):
            self.people[entry["identity"]] = entry
        for entry in (*message.get("joined", ()), *message.get("changed", ())):
            self.people[entry["identity"]] = entry
        self.joined += [entry["identity"] for entry in message.get("joined", ())]
        for entry in message.get("left", ()):
            self.people.pop(entry["identity"], None)
            self.left[entry["identity"]] = entry["reason"]
        self.total = message.get("total", self.total)


def _fits(message: dict[str, Any], kind: str, fields: dict[str, Any]) -> bool:
    return message["type"] == kind and all(message.get(k) == v for k, v in fields.items())


@dataclass
class Replica:
    """One process's signalling."""

    signalling: Signalling
    surroundings: Surroundings
    url: str
    running: list[asyncio.Task[None]]

    @property
    def hub(self) -> Any:
        return self.signalling._hub

    async def die(self) -> None:
        """As SIGKILL does it, but for the sockets."""
        for task in self.running:
            task.cancel()
        await asyncio.gather(*self.running, return_exceptions=True)


@dataclass
class Installation:
    """A store, a bus, a key, a clock; replicas and participants come and go."""

    kit: Kit
    keys: keys.TokenKeys
    clock: SteerableClock
    http: aiohttp.ClientSession
    bus: LocalBus
    stack: contextlib.AsyncExitStack
    settings: RoomsSettings = field(default_factory=RoomsSettings)

    async def replica(self, node: str = "one", **settings: Any) -> Replica:
        """A running one."""
        transactions = self.kit.transactions
        attendance = Attendance(transactions)
        surroundings = Surroundings(
            node=node,
            settings=msgspec.structs.replace(self.settings, **settings),
            transactions=transactions,
            attendance=attendance,
            minting=Minting(transactions, Minter(self.keys), self.bus, self.clock),
            bus=self.bus,
            verifier=TokenVerifier(self.keys),
            clock=self.clock,
            metrics=SignalMetrics(CollectorRegistry()),
        )
        signalling = Signalling(surroundings)
        running = [asyncio.create_task(each.run()) for each in (attendance, signalling)]
        self.stack.push_async_callback(_stop, running)
        app = web.Application(middlewares=[problem.middleware])
        app.add_routes(signalling.routes())
        runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        self.stack.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        await eventually(lambda: signalling._tasks is not None)
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1/signal"
        return Replica(signalling, surroundings, url, running)

    def token(
        self,
        room: Room,
        identity: str,
        capabilities: tuple[str, ...] = TALK,
        /,
        **more: Any,
    ) -> str:
        """A room token."""
        values: dict[str, Any] = {
            "room": room.id,
            "media_id": room.media_id,
            "project": room.project_id,
            "identity": identity,
            "name": identity.title(),
            "capabilities": [Capability(each) for each in capabilities],
            "now": self.clock.wall_ns() // 1_000_000_000,
            "token_id": f"jti-{identity}",
        }
        return token.mint(self.keys, **(values | more))

    async def join(
        self,
        replica: Replica,
        room: Room,
        identity: str,
        capabilities: tuple[str, ...] = TALK,
        /,
        **more: Any,
    ) -> Client:
        """A participant who was welcomed."""
        return await self.open(replica, self.token(room, identity, capabilities, **more))

    async def open(self, replica: Replica, room_token: str = "", resume: str = "") -> Client:
        """A connection that was welcomed."""
        protocols = (PROTOCOL, f"token.{room_token}") if room_token else (PROTOCOL,)
        params = {"resume": resume} if resume else {}
        socket = await self.connect(replica, protocols=protocols, params=params)
        client = Client(socket)
        client.welcome = await client.until("welcome")
        return client

    async def connect(self, replica: Replica, **how: Any) -> aiohttp.ClientWebSocketResponse:
        """A connection of which nothing was read yet."""
        socket = await self.http.ws_connect(replica.url, **how)
        self.stack.callback(socket._response.close)
        return socket

    async def end(self, room: Room, reason: EndReason) -> None:
        """The room is over."""
        async with self.kit.transactions.writing(room.org_id) as tx:
            held = await room_rows.locked(tx.db, room.media_id)
            assert held is not None
            await ending.end_room(tx, held, reason)

    def advance(self, replica: Replica, seconds: int) -> None:
        """Time passes, second by second."""
        for _ in range(seconds):
            self.clock.ahead_ns += 1_000_000_000
            self.kit.now += 1_000
            replica.signalling.tick()


async def _stop(running: list[asyncio.Task[None]]) -> None:
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


async def eventually(is_so: Callable[[], Any], seconds: float = 10) -> None:
    """Returns once *is_so*."""
    async with asyncio.timeout(seconds):
        while True:
            found = is_so()
            if asyncio.iscoroutine(found):
                found = await found
            if found:
                return
            await asyncio.sleep(0.005)


@contextlib.asynccontextmanager
async def installation(store: Store, data: Path) -> AsyncIterator[Installation]:
    """An installation on *store*."""
    async with contextlib.AsyncExitStack() as stack:
        bus = LocalBus()
        kit = Kit(store, await settle_in(store, "acme"), bus=bus)
        connector = aiohttp.TCPConnector(limit=0)
        http = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
        running = [asyncio.create_task(bus.run())]
        stack.push_async_callback(_stop, running)
        yield Installation(
            kit=kit,
            keys=keys.load_or_create(data),
            clock=SteerableClock(),
            http=http,
            bus=bus,
            stack=stack,
        )
