"""Signalling participants by the thousand: just enough WebSocket (RFC 6455) to count and to time.

Comes in: a token each. Goes out: when the welcome came, and when each has heard of something.
Texts are searched for bytes and not parsed, so that one core can be 5,000 participants.
"""

import asyncio
import base64
import os
import struct
import time
from collections.abc import Callable, Sequence
from typing import cast

import msgspec

from bench import load_http
from bench.load_http import END, LoadFailed
from levelchat.contract import signal

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
WELCOME_SECONDS = 60
HEARD_SECONDS = 60


class Expected:
    """Something that *count* participants are to hear of: a text with all of *needles* in it."""

    def __init__(self, needles: tuple[bytes, ...], count: int) -> None:
        self.missing = count
        self._needles = needles
        self._all: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def matches(self, text: bytes) -> bool:
        return all(needle in text for needle in self._needles)

    def heard(self) -> None:
        """One more has."""
        self.missing -= 1
        if self.missing == 0 and not self._all.done():
            self._all.set_result(time.monotonic_ns())

    async def by_all(self) -> int:
        """The monotonic time at which the last one heard."""
        try:
            async with asyncio.timeout(HEARD_SECONDS):
                return await self._all
        except TimeoutError:
            raise LoadFailed(
                f"{self.missing} participants did not hear of {self._needles!r}"
            ) from None


class Crowd:
    """What participants of one room are waiting for together."""

    def __init__(self) -> None:
        self.members: list[Participant] = []
        self.expected: Expected | None = None
        self.round = 0

    def expect(self, *needles: str) -> Expected:
        """All members are to hear of this; nothing else is waited for meanwhile."""
        self.round += 1
        wanted = tuple(needle.encode() for needle in needles)
        self.expected = Expected(wanted, len(self.members))
        return self.expected


class Participant(asyncio.Protocol):
    """One WebSocket."""

    def __init__(self, crowd: Crowd, token: str) -> None:
        self.silent = False
        """Answers no pings: gone without a word."""
        self.texts = 0
        self.close_code: int | None = None
        self.lost = False
        self._crowd = crowd
        self._token = token
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._upgraded = False
        self._round = 0
        self._welcome: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        # Some are never waited for.
        self._welcome.add_done_callback(lambda future: future.exception())

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        self._transport = None
        self._fail(f"a participant was disconnected (code {self.close_code}): {exc}")

    async def join(self) -> int:
        """From the request to the welcome, nanoseconds."""
        sent_ns = time.monotonic_ns()
        self._write(
            "GET /v1/signal HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n"
            f"Sec-WebSocket-Protocol: {signal.PROTOCOL}, {signal.TOKEN_PROTOCOL}{self._token}"
            "\r\n\r\n".encode()
        )
        try:
            async with asyncio.timeout(WELCOME_SECONDS):
                return await self._welcome - sent_ns
        except TimeoutError:
            raise LoadFailed(f"no welcome within {WELCOME_SECONDS} s") from None

    def say(self, command: signal.ClientMessage) -> None:
        """Sends a command."""
        self._write(frame(TEXT, msgspec.json.encode(command)))

    def vanish(self) -> None:
        """Reads and answers nothing any more; the connection stays open."""
        self.silent = True
        if self._transport is not None:
            self._transport.pause_reading()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._upgraded and not self._upgrade():
            return
        while (found := parse(self._buffer)) is not None:
            opcode, start, end = found
            self._frame(opcode, bytes(self._buffer[start:end]))
            del self._buffer[:end]

    def _upgrade(self) -> bool:
        end = self._buffer.find(END)
        if end < 0:
            return False
        if not self._buffer.startswith(b"HTTP/1.1 101"):
            self._fail(bytes(self._buffer).decode(errors="replace")[:500])
            return False
        del self._buffer[: end + len(END)]
        self._upgraded = True
        return True

    def _frame(self, opcode: int, payload: bytes) -> None:
        if opcode == TEXT:
            self._text(payload)
        elif opcode == PING and not self.silent:
            self._write(frame(PONG, payload))
        elif opcode == CLOSE:
            self.close_code = int.from_bytes(payload[:2]) if len(payload) >= 2 else None
            self.close()

    def _text(self, text: bytes) -> None:
        self.texts += 1
        if not self._welcome.done():
            if text.startswith(b'{"type":"welcome"'):
                self._welcome.set_result(time.monotonic_ns())
            else:
                self._fail(text.decode())
            return
        crowd = self._crowd
        expected = crowd.expected
        if expected is not None and self._round != crowd.round and expected.matches(text):
            self._round = crowd.round
            expected.heard()

    def _fail(self, why: str) -> None:
        if not self._welcome.done():
            self._welcome.set_exception(LoadFailed(why))

    def _write(self, data: bytes) -> None:
        if self._transport is None:
            raise LoadFailed(f"a participant is disconnected (code {self.close_code})")
        self._transport.write(data)


def frame(opcode: int, payload: bytes) -> bytes:
    """A client's frame: masked, as RFC 6455 §5.3 demands, with a mask that changes nothing."""
    length = len(payload)
    if length < 126:
        head = struct.pack("!BB", 0x80 | opcode, 0x80 | length)
    elif length < 65_536:
        head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, length)
    else:
        head = struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, length)
    return head + bytes(4) + payload


def parse(buffer: bytearray) -> tuple[int, int, int] | None:
    """Opcode, start and end of the payload of the first frame, if it is complete."""
    if len(buffer) < 2:
        return None
    length, start = buffer[1] & 0x7F, 2
    if length == 126:
        length, start = int.from_bytes(buffer[2:4]), 4
    elif length == 127:
        length, start = int.from_bytes(buffer[2:10]), 10
    if len(buffer) < start + length:
        return None
    return buffer[0] & 0x0F, start, start + length


async def connect(port: int, crowd: Crowd, token: str) -> Participant:
    """A TCP connection on which nothing was said yet."""
    loop = asyncio.get_running_loop()
    _, made = await loop.create_connection(lambda: Participant(crowd, token), "127.0.0.1", port)
    return made


async def join_at_rate(
    crowd: Crowd,
    port: int,
    tokens: Sequence[str],
    rate: float,
    progress: Callable[[int], None],
) -> list[int]:
    """Joins *tokens*, *rate* a second; how long each took, nanoseconds."""
    start_ns = time.monotonic_ns()
    taken: list[int] = []

    async def one(token: str) -> None:
        participant = await connect(port, crowd, token)
        taken.append(await participant.join())
        crowd.members.append(participant)
        progress(len(crowd.members))

    async with asyncio.TaskGroup() as tasks:
        for number, token in enumerate(tokens):
            await load_http.due(start_ns, number, rate)
            tasks.create_task(one(token))
    return taken
