"""A raw peer whose UDP is blocked: the same checks, DTLS and SRTP in frames over TCP (RFC 4571)."""

import asyncio
import socket
from collections import deque

from rawpeer import RawPeer

from levelchat.rtc.framing import FrameReader, frame

RECEIVE_BUFFER = 16 << 10
"""Small, so that a peer that does not read is soon felt."""


class TcpPeer(RawPeer):
    """Dials the passive candidate of the answer."""

    def __init__(self, *, client: bool = True) -> None:
        super().__init__(client=client)
        self.frames: deque[bytes] = deque()
        self._reader = FrameReader()

    def _new_socket(self) -> socket.socket:
        made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.setblocking(False)
        return made

    def take(self, answer: str) -> None:
        super().take(answer)
        self.server = passive(answer)

    async def dial(self) -> None:
        """A new connection; what came of the former one is forgotten."""
        self.move()
        self.frames.clear()
        self._reader = FrameReader()
        await asyncio.get_running_loop().sock_connect(self.socket, self.server)

    def send(self, data: bytes) -> None:
        framed = frame(data)
        assert self.socket.send(framed) == len(framed)

    async def receive(self) -> bytes:
        while not self.frames:
            data = await super().receive()
            if not data:
                raise ConnectionError("the server closed the connection")
            self.frames.extend(self._reader.feed(data))
        return self.frames.popleft()

    async def connect(self, answer: str) -> None:
        self.take(answer)
        await self.dial()
        await self.check()
        await self.shake_hands()


def passive(answer: str) -> tuple[str, int]:
    """The first TCP candidate."""
    for line in answer.split("\r\n"):
        if line.startswith("a=candidate:") and line.endswith("tcptype passive"):
            _, _, _, _, address, port, *_ = line.split()
            return address, int(port)
    raise AssertionError("the answer has no TCP candidate")
