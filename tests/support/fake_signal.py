"""A stand-in for the signalling server: one connection after the other, played by the test.

It knows no rooms: the real server is met in the tests of rooms.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from aiohttp import WSMsgType, web
from fake_api import again

from levelchat.contract import signal
from levelchat.contract.signal import ParticipantState

ME = ParticipantState(id="p_me", identity="me")
ADA = ParticipantState(id="p_ada", identity="ada")
BOB = ParticipantState(id="p_bob", identity="bob")


def welcome(*others: ParticipantState, **fields: Any) -> signal.Welcome:
    """A welcome for `ME` to a room with *others*."""
    values: dict[str, Any] = {
        "participant": ME,
        "room": {"id": "r_1", "type": "meeting", "state": "active", "config": {}},
        "mode": "sfu",
        "participants": (ME, *others),
        "total": len(others) + 1,
        "resume": "again",
    }
    return signal.Welcome(**(values | fields))


class Peer:
    """One connection, from the server's end."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request) -> None:
        self.resume = request.query.get("resume", "")
        self.protocols = request.headers.get("Sec-WebSocket-Protocol", "").replace(" ", "")
        self.path = request.path
        self._socket = socket
        self._request = request

    async def say(self, message: Any) -> None:
        await self._socket.send_str(msgspec.json.encode(message).decode())

    async def hear(self) -> Any:
        """The next command, typed; None once the client closed."""
        frame = await self._socket.receive(timeout=10)
        if frame.type is not WSMsgType.TEXT:
            return None
        return msgspec.json.decode(frame.data, type=signal.Command)

    async def obey(self) -> Any:
        """The next command, which is done."""
        command = await self.hear()
        await self.say(signal.Done(ref=command.ref))
        return command

    async def close(self, code: int) -> None:
        await self._socket.close(code=code)

    def cut(self) -> None:
        """The network is gone, without a word."""
        if self._request.transport is not None:
            self._request.transport.abort()


class FakeSignal:
    """Hands each connection to the test."""

    def __init__(self) -> None:
        self.url = ""
        self.refusals: list[web.Response] = []
        """Answers to the next handshakes."""
        self._peers: asyncio.Queue[Peer] = asyncio.Queue()
        self._over = asyncio.Event()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if self.refusals:
            return again(self.refusals.pop(0))
        socket = web.WebSocketResponse(protocols=(signal.PROTOCOL,), timeout=0.1)
        await socket.prepare(request)
        self._peers.put_nowait(Peer(socket, request))
        await self._over.wait()
        return socket

    async def peer(self) -> Peer:
        """The next connection."""
        async with asyncio.timeout(10):
            return await self._peers.get()

    async def welcomed(self, message: signal.Welcome) -> Peer:
        """The next connection, told *message*."""
        peer = await self.peer()
        await peer.say(message)
        return peer

    def stop(self) -> None:
        self._over.set()


@contextlib.asynccontextmanager
async def fake_signal() -> AsyncIterator[FakeSignal]:
    """A running one."""
    server = FakeSignal()
    app = web.Application()
    app.router.add_get("/{path:.*}", server.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield server
    finally:
        server.stop()
        await runner.cleanup()
