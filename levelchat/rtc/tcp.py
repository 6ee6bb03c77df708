"""WebRTC over TCP, for peers whose UDP is blocked (RFC 6544 passive candidates, RFC 4571 frames).

Comes in: connections of anybody. Goes out: the datagrams in them, and ours into them. Who proves
nothing in time is cut; numbers, frames and buffers are bounded. Media does not wait: what a
reader is too slow for is dropped whole, and no reader delays another.
"""

import asyncio
import contextlib
import ipaddress
import socket
from collections import Counter
from collections.abc import Callable
from typing import cast

from levelchat.clock import Clock
from levelchat.media.time import NANOSECOND
from levelchat.rtc.framing import FrameReader, MalformedFrame, frame
from levelchat.rtc.metrics import RtcMetrics
from levelchat.rtc.stun import Address

MAX_CONNECTIONS = 1_000
MAX_PER_HOST = 32
"""People behind one address translator; each browser opens one or two."""
UNPROVED_NS = 10 * NANOSECOND
"""From the connection to the first genuine check. Browsers send theirs at once."""
STALLED_NS = 10 * NANOSECOND
"""A full buffer for this long is that of somebody who has stopped reading."""
BUFFER = 256 << 10
"""Bytes of one connection: 0.8 s of 2.5 Mbit/s. What waits longer is of no use any more."""
READ = 16 << 10
"""Bytes taken of one connection before the others have their turn."""
_LOOK_NS = NANOSECOND
"""Between two looks at all connections."""
_CLOSE_SECONDS = 1
_SITE_BITS = 64
"""What one customer has of IPv6 addresses at least (RFC 6177 §2)."""

OnFrame = Callable[[Address, bytes], None]
OnLost = Callable[[Address], None]


class TcpConnection(asyncio.BufferedProtocol):
    """One, whoever it is of."""

    def __init__(self, server: "TcpServer") -> None:
        self._server = server
        self._reader = FrameReader()
        self._buffer = memoryview(bytearray(READ))
        self._transport: asyncio.Transport | None = None
        self.address: Address = ("", 0)
        self.host = ""
        self.unproved_ns: int | None = None
        """Since when, while no check has proved it."""
        self.full_ns: int | None = None
        """Since when nothing more fits in its buffer."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass
        # None if it was cut before it was accepted.
        self.address = transport.get_extra_info("peername") or self.address
        self._transport.set_write_buffer_limits(high=BUFFER, low=BUFFER // 2)
        if not self._server.admit(self):
            self.cut()

    def get_buffer(self, _sizehint: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        try:
            for datagram in self._reader.feed(bytes(self._buffer[:nbytes])):
                # Whatever came before may have ended it.
                if self._transport is not None:
                    self._server.on_frame(self.address, datagram)
        except MalformedFrame:
            self._server.on_malformed()
            self.cut()

    def pause_writing(self) -> None:
        self.full_ns = self._server.now_ns()

    def resume_writing(self) -> None:
        self.full_ns = None

    def connection_lost(self, _exc: Exception | None) -> None:
        self._transport = None
        self._server.forget(self)

    def send(self, datagram: bytes) -> bool:
        """False if there is no room for it."""
        if self._transport is None or self.full_ns is not None:
            return False
        self._transport.write(frame(datagram))
        return True

    def cut(self) -> None:
        """Ends it without a word, whatever still waits."""
        if self._transport is not None:
            self._transport.abort()
            self._transport = None


class TcpServer:
    """`open`, then `tick` now and then, then `close`; *wake* is set when `tick` has work."""

    def __init__(self, clock: Clock, metrics: RtcMetrics, wake: asyncio.Event) -> None:
        self._clock = clock
        self._metrics = metrics
        self._wake = wake
        self._server: asyncio.Server | None = None
        self._connections: dict[Address, TcpConnection] = {}
        self._hosts: Counter[str] = Counter()
        self._look_ns = 0
        self._on_frame: OnFrame = _nobody
        self._on_lost: OnLost = _nothing
        self.port = 0
        """0 while it is not open."""

    @property
    def is_busy(self) -> bool:
        """There are connections, which `tick` may have to cut."""
        return bool(self._connections)

    async def open(self, listening: socket.socket, on_frame: OnFrame, on_lost: OnLost) -> None:
        """Takes connections of *listening*, which is its own from now on."""
        self._on_frame, self._on_lost = on_frame, on_lost
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: TcpConnection(self), sock=listening)
        self.port = listening.getsockname()[1]

    async def close(self) -> None:
        """Ends every connection and frees the port."""
        if self._server is None:
            return
        self._server.close()
        for connection in list(self._connections.values()):
            connection.cut()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self._server.wait_closed()
        self._server = None
        self.port = 0

    def send(self, datagram: bytes, address: Address) -> None:
        """Sends to the connection from *address*, or drops (counted)."""
        connection = self._connections.get(address)
        if connection is None or not connection.send(datagram):
            self._metrics.tcp_dropped += 1

    def prove(self, address: Address) -> None:
        """A genuine check came by that connection: it stays."""
        connection = self._connections.get(address)
        if connection is not None:
            connection.unproved_ns = None

    def drop(self, address: Address) -> None:
        """That connection is nobody's any more."""
        connection = self._connections.get(address)
        if connection is not None:
            connection.cut()

    def tick(self, now_ns: int) -> None:
        """Cuts who proved nothing in time, and who has stopped reading; *now_ns* is monotonic."""
        if now_ns < self._look_ns:
            return
        self._look_ns = now_ns + _LOOK_NS
        for connection in list(self._connections.values()):
            if _is_over(connection.unproved_ns, now_ns, UNPROVED_NS):
                self._metrics.tcp_unproved += 1
                connection.cut()
            elif _is_over(connection.full_ns, now_ns, STALLED_NS):
                self._metrics.tcp_stalled += 1
                connection.cut()

    # -- what connections call

    def now_ns(self) -> int:
        """Monotonic."""
        return self._clock.monotonic_ns()

    def admit(self, connection: TcpConnection) -> bool:
        """Whether there is room for one more."""
        connection.host = _host(connection.address)
        if (
            connection.address in self._connections
            or len(self._connections) >= MAX_CONNECTIONS
            or self._hosts[connection.host] >= MAX_PER_HOST
        ):
            self._metrics.tcp_refused += 1
            return False
        connection.unproved_ns = self.now_ns()
        self._connections[connection.address] = connection
        self._hosts[connection.host] += 1
        self._metrics.tcp_connections = len(self._connections)
        self._wake.set()
        return True

    def forget(self, connection: TcpConnection) -> None:
        """It is over."""
        if self._connections.get(connection.address) is not connection:
            return
        del self._connections[connection.address]
        self._hosts[connection.host] -= 1
        if not self._hosts[connection.host]:
            del self._hosts[connection.host]
        self._metrics.tcp_connections = len(self._connections)
        self._on_lost(connection.address)

    def on_frame(self, address: Address, datagram: bytes) -> None:
        """A datagram came."""
        self._on_frame(address, datagram)

    def on_malformed(self) -> None:
        """A stream was none of datagrams."""
        self._metrics.tcp_malformed += 1


def _is_over(since_ns: int | None, now_ns: int, limit_ns: int) -> bool:
    return since_ns is not None and now_ns - since_ns > limit_ns


def _host(address: Address) -> str:
    """Whom connections are counted for: an IPv4 address, or the site of an IPv6 one."""
    try:
        ip = ipaddress.ip_address(address[0].partition("%")[0])
    except ValueError:
        return ""
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is None:
        return str(ipaddress.ip_network((ip, _SITE_BITS), strict=False))
    return str(ip)


def _nobody(_address: Address, _datagram: bytes) -> None:
    """Before anybody listens."""


def _nothing(_address: Address) -> None:
    """Before anybody listens."""
