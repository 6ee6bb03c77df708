"""Laws of connections over TCP, with real sockets."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
import uvloop
from prometheus_client import CollectorRegistry
from tcppeer import TcpPeer
from whip import ShiftedClock, until

from levelchat.rtc import sockets
from levelchat.rtc.framing import frame
from levelchat.rtc.metrics import RtcMetrics
from levelchat.rtc.stun import Address
from levelchat.rtc.tcp import (
    BUFFER,
    MAX_CONNECTIONS,
    MAX_PER_HOST,
    STALLED_NS,
    UNPROVED_NS,
    TcpConnection,
    TcpServer,
)

PACKET = bytes(1200)


@dataclass
class Kit:
    """A server, what came to it, and who connected."""

    server: TcpServer
    clock: ShiftedClock
    metrics: RtcMetrics
    wake: asyncio.Event
    frames: list[tuple[Address, bytes]] = field(default_factory=list)
    lost: list[Address] = field(default_factory=list)
    peers: list[TcpPeer] = field(default_factory=list)
    drops: bool = False
    """Every datagram ends its connection."""

    def on_frame(self, address: Address, datagram: bytes) -> None:
        self.frames.append((address, datagram))
        if self.drops:
            self.server.drop(address)

    async def dial(self, host: str = "127.0.0.1") -> TcpPeer:
        """A connection from *host* that the server knows of."""
        peer = TcpPeer()
        self.peers.append(peer)
        peer.server = ("127.0.0.1", self.server.port)
        seen = self.metrics.tcp_connections + self.metrics.tcp_refused
        peer.move()
        peer.socket.bind((host, 0))
        await asyncio.get_running_loop().sock_connect(peer.socket, peer.server)
        await until(lambda: self.metrics.tcp_connections + self.metrics.tcp_refused > seen)
        return peer

    def tick(self) -> None:
        self.server.tick(self.clock.monotonic_ns())


@pytest.fixture
async def kit() -> AsyncIterator[Kit]:
    clock, wake = ShiftedClock(), asyncio.Event()
    metrics = RtcMetrics(CollectorRegistry())
    made = Kit(TcpServer(clock, metrics, wake), clock, metrics, wake)
    await made.server.open(sockets.listen("127.0.0.1", 0), made.on_frame, made.lost.append)
    yield made
    await made.server.close()
    for peer in made.peers:
        peer.close()


def address(peer: TcpPeer) -> Address:
    return peer.socket.getsockname()


async def is_over(peer: TcpPeer) -> bool:
    """Whether the server ends the connection."""
    with contextlib.suppress(ConnectionError):
        while True:
            await peer.receive()
    return True


async def test_datagrams_go_both_ways(kit: Kit) -> None:
    """Each keeps its bounds, and says whose connection it came by."""
    first, second = await kit.dial(), await kit.dial()
    first.send(b"one")
    second.send(b"two")
    first.send(b"three")
    await until(lambda: len(kit.frames) == 3)
    kit.server.send(b"answer", address(second))
    kit.server.send(PACKET, address(second))

    assert sorted(kit.frames) == sorted(
        [(address(first), b"one"), (address(second), b"two"), (address(first), b"three")]
    )
    assert [await second.receive(), await second.receive()] == [b"answer", PACKET]
    assert kit.wake.is_set()


async def test_who_proves_nothing_is_cut(kit: Kit) -> None:
    """A connection without a genuine check is over after 10 s; one that a check proved stays."""
    stranger, peer = await kit.dial(), await kit.dial()
    kit.server.prove(address(peer))
    kit.tick()
    assert kit.metrics.tcp_connections == 2

    kit.clock.skip(UNPROVED_NS / 1e9 + 1)
    kit.tick()

    assert await is_over(stranger)
    await until(lambda: kit.metrics.tcp_connections == 1)
    assert kit.lost == [address(stranger)]
    assert kit.metrics.tcp_unproved == 1
    kit.server.send(b"still here", address(peer))
    assert await peer.receive() == b"still here"


async def test_one_host_has_its_share(kit: Kit) -> None:
    """The connection after the last of a host is refused, until another of it is over."""
    peers = [await kit.dial() for _ in range(MAX_PER_HOST)]
    refused = await kit.dial()
    assert await is_over(refused)
    assert kit.metrics.tcp_refused == 1
    other = await kit.dial("127.0.0.2")

    peers[0].close()
    await until(lambda: kit.lost)
    welcome = await kit.dial()

    assert kit.metrics.tcp_refused == 1
    for peer in (other, welcome):
        kit.server.send(b"welcome", address(peer))
        assert await peer.receive() == b"welcome"


async def test_there_is_a_most_of_all(kit: Kit) -> None:
    """Beyond 1,000 connections nobody is admitted, wherever from."""
    admitted = 0
    for number in range(MAX_CONNECTIONS + 3):
        connection = TcpConnection(kit.server)
        connection.address = (f"10.0.{number >> 8}.{number & 255}", 1000)
        admitted += kit.server.admit(connection)

    assert admitted == MAX_CONNECTIONS
    assert kit.metrics.tcp_refused == 3


async def test_a_site_of_ipv6_is_one_host(kit: Kit) -> None:
    """Whoever has 2^64 addresses has no more connections for it; mapped IPv4 is told apart."""

    def admits(host: str, port: int) -> bool:
        connection = TcpConnection(kit.server)
        connection.address = (host, port, 0, 0)
        return kit.server.admit(connection)

    site = [admits(f"2001:db8::{number:x}", 1) for number in range(MAX_PER_HOST + 1)]
    mapped = [admits(f"::ffff:192.0.2.{number}", 1) for number in range(MAX_PER_HOST + 1)]

    assert (site.count(False), mapped.count(False)) == (1, 0)


async def test_other_protocols_are_cut(kit: Kit) -> None:
    """What begins with a length beyond any datagram of WebRTC is HTTP, TLS, anything."""
    browser = await kit.dial()
    browser.socket.send(b"GET / HTTP/1.1\r\n\r\n")

    assert await is_over(browser)
    assert kit.metrics.tcp_malformed == 1
    assert kit.frames == []


async def test_nothing_comes_of_a_connection_that_was_dropped(kit: Kit) -> None:
    """What a peer sent after the datagram that ended it reaches nobody."""
    peer = await kit.dial()
    kit.drops = True
    peer.socket.send(frame(b"last") + frame(b"too late"))

    assert await is_over(peer)
    assert kit.frames == [(address(peer), b"last")]


async def test_a_slow_reader_stalls_nobody(kit: Kit) -> None:
    """Who does not read loses datagrams, counted, keeps a bounded buffer, and is cut in the end;
    who does read gets all.
    """
    slow, quick = await kit.dial(), await kit.dial()
    for peer in (slow, quick):
        kit.server.prove(address(peer))
    connection = kit.server._connections[address(slow)]
    sent = 0
    while not kit.metrics.tcp_dropped:
        kit.server.send(PACKET, address(slow))
        kit.server.send(sent.to_bytes(4, "big") + PACKET, address(quick))
        assert (await quick.receive())[:4] == sent.to_bytes(4, "big")
        sent += 1
        assert sent < 10_000

    assert connection._transport.get_write_buffer_size() <= BUFFER + len(PACKET) + 2
    kit.clock.skip(STALLED_NS / 1e9 + 1)
    kit.tick()
    await until(lambda: kit.lost)
    assert kit.lost == [address(slow)]
    assert kit.metrics.tcp_stalled == 1


async def test_a_reader_that_catches_up_goes_on(kit: Kit) -> None:
    """Once half of the buffer is free again, datagrams go out again, whole as ever."""
    peer = await kit.dial()
    while not kit.metrics.tcp_dropped:
        kit.server.send(PACKET, address(peer))
    connection = kit.server._connections[address(peer)]
    while connection.full_ns is not None:
        assert await peer.receive() == PACKET

    kit.server.send(b"news", address(peer))

    while (datagram := await peer.receive()) != b"news":
        assert datagram == PACKET
    kit.clock.skip(STALLED_NS / 1e9 + 1)
    kit.server.prove(address(peer))
    kit.tick()
    assert kit.metrics.tcp_stalled == 0


async def test_closing_ends_all_and_frees_the_port() -> None:
    """Connections are over, and the port can be bound again at once."""
    metrics = RtcMetrics(CollectorRegistry())
    server = TcpServer(ShiftedClock(), metrics, asyncio.Event())
    await server.open(sockets.listen("127.0.0.1", 0), lambda _a, _d: None, lambda _a: None)
    peer, port = TcpPeer(), server.port
    peer.server = ("127.0.0.1", port)
    await peer.dial()
    await until(lambda: server.is_busy)

    await server.close()

    assert await is_over(peer)
    assert not server.is_busy
    assert server.port == 0
    with contextlib.closing(sockets.listen("127.0.0.1", port)) as again:
        assert again.type is socket.SOCK_STREAM
    peer.close()


def test_it_runs_on_uvloop() -> None:
    """Datagrams go both ways there too, and a full buffer is felt."""

    async def use() -> bytes:
        metrics, frames = RtcMetrics(CollectorRegistry()), asyncio.Queue[tuple[Address, bytes]]()
        server = TcpServer(ShiftedClock(), metrics, asyncio.Event())
        await server.open(
            sockets.listen("127.0.0.1", 0),
            lambda place, datagram: frames.put_nowait((place, datagram)),
            lambda _place: None,
        )
        peer = TcpPeer()
        peer.server = ("127.0.0.1", server.port)
        await peer.dial()
        peer.send(b"hello")
        place, datagram = await frames.get()
        server.send(datagram, place)
        answer = await peer.receive()
        while not metrics.tcp_dropped:
            server.send(PACKET, place)
        await server.close()
        peer.close()
        return answer

    assert uvloop.run(use()) == b"hello"
