"""Laws of peers whose UDP is blocked, over each forwarding core."""

import contextlib
import struct
from collections.abc import AsyncIterator

import pytest
import rtcpeers
from forwardkit import CORES
from rawpeer import RawPeer
from rtcpeers import Channel, Setup
from tcppeer import TcpPeer
from whip import until

from levelchat.rtc.peer import MAX_ADDRESSES

RTCP = struct.pack("!BBHI4s", 0x80, 204, 2, 1, b"test")
"""Of an application (RFC 3550 §6.7): what the core has no use for itself."""


async def hung_up(raw: TcpPeer) -> bool:
    """Whether the server ends the connection, whatever came before."""
    with contextlib.suppress(ConnectionError):
        while True:
            await raw.receive()
    return True


@pytest.fixture(params=CORES)
async def setup(request: pytest.FixtureRequest) -> AsyncIterator[Setup]:
    async with rtcpeers.running(core=request.param) as made:
        yield made


@pytest.fixture
async def raw() -> AsyncIterator[TcpPeer]:
    peer = TcpPeer()
    yield peer
    peer.close()


@pytest.mark.parametrize("client", [True, False])
async def test_media_goes_both_ways(setup: Setup, client: bool) -> None:  # noqa: FBT001
    """After check and handshake over TCP, in either DTLS role, SRTP and SRTCP pass both ways."""
    raw = TcpPeer(client=client)
    peer, heard, answer = setup.open(raw)
    await raw.connect(answer)
    await until(lambda: heard.connected)
    channel = Channel(setup)
    channel.subscribe(peer)

    raw.send_rtp(96, b"up")
    raw.send(raw.dtls.sessions[1].protect_rtcp(RTCP))
    channel.push(b"down")

    assert (await raw.rtp())[12:] == b"down"
    await until(lambda: heard.rtp and heard.rtcp)
    assert heard.rtp[0][12:] == b"up"
    assert peer.is_over_tcp
    peer.send_rtcp(RTCP)
    assert await raw.rtcp() == RTCP
    raw.close()


async def test_the_check_is_answered_with_the_address(setup: Setup, raw: TcpPeer) -> None:
    """The response names the far end of the connection."""
    _, _, answer = setup.open(raw)
    raw.take(answer)
    await raw.dial()

    response = await raw.check()

    assert response.attributes["XOR-MAPPED-ADDRESS"] == raw.socket.getsockname()


async def test_strangers_are_heard_by_nobody(setup: Setup, raw: TcpPeer) -> None:
    """SRTP and DTLS of a connection that no check proved, and checks that are false."""
    _, heard, answer = setup.open(raw)
    raw.take(answer)
    await raw.dial()
    for datagram in raw.dtls.begin():
        raw.send(datagram)
    raw.send(b"\x80\x60" + bytes(30))
    metrics = setup.endpoint.metrics
    await until(lambda: metrics.unknown_datagrams == 2)

    assert (await raw.check(password="guess")).error_code == 401
    setup.clock.skip(11)

    assert await hung_up(raw)
    assert metrics.tcp_unproved == 1
    assert heard.connected == 0


async def test_it_moves_from_udp_to_tcp_and_back(setup: Setup) -> None:
    """A nominating check moves the session, keys and all; one that does not leaves it."""
    udp, tcp = RawPeer(), TcpPeer()
    peer, heard, answer = setup.open(udp)
    await udp.connect(answer)
    await until(lambda: heard.connected)
    channel = Channel(setup)
    channel.subscribe(peer)
    tcp.take(answer)
    tcp.dtls = udp.dtls
    await tcp.dial()

    await tcp.check(nominate=False)
    assert not peer.is_over_tcp
    channel.push(b"over UDP")
    assert (await udp.rtp())[12:] == b"over UDP"

    await tcp.check()
    tcp.sequence = udp.sequence
    tcp.send_rtp(96, b"up over TCP")
    channel.push(b"over TCP")
    assert (await tcp.rtp())[12:] == b"over TCP"
    await until(lambda: heard.rtp)

    await udp.check()
    channel.push(b"over UDP again")
    assert (await udp.rtp())[12:] == b"over UDP again"
    assert heard.rtp[0][12:] == b"up over TCP"
    assert peer.stats.moves == 2
    udp.close()
    tcp.close()


async def test_a_lost_connection_may_be_replaced(setup: Setup, raw: TcpPeer) -> None:
    """The next check, over whatever it comes, goes on with the session."""
    peer, heard, answer = setup.open(raw)
    await raw.connect(answer)
    await until(lambda: heard.connected)
    channel = Channel(setup)
    channel.subscribe(peer)
    raw.move()
    await until(lambda: peer.address is None)
    channel.push(b"for nobody")

    await raw.dial()
    await raw.check(nominate=False)
    channel.push(b"news")

    while (packet := await raw.rtp())[12:] != b"news":
        assert packet[12:] == b"for nobody"
    assert heard.closed == []


async def test_without_checks_consent_expires(setup: Setup, raw: TcpPeer) -> None:
    """A connection that stays open is no consent (RFC 7675): after 30 s both are over."""
    _, heard, answer = setup.open(raw)
    await raw.connect(answer)
    await until(lambda: heard.connected)

    setup.clock.skip(31)

    await until(lambda: heard.closed)
    assert heard.closed[0].startswith("consent expired")
    assert await hung_up(raw)
    await until(lambda: setup.endpoint.metrics.tcp_connections == 0)


async def test_closing_says_goodbye_and_hangs_up(setup: Setup, raw: TcpPeer) -> None:
    """close_notify is the last that comes."""
    peer, heard, answer = setup.open(raw)
    await raw.connect(answer)
    await until(lambda: heard.connected)

    peer.close("told to")

    raw.dtls.receive(await raw.receive())
    assert raw.dtls.closed_by_peer
    assert await hung_up(raw)


async def test_connections_of_a_peer_are_bounded(setup: Setup, raw: TcpPeer) -> None:
    """However often it dials, the last connections stay and the oldest are hung up."""
    peer, _, answer = setup.open(raw)
    raw.take(answer)
    former = []
    for _ in range(MAX_ADDRESSES + 2):
        former.append(raw.socket)
        raw.socket = raw._new_socket()
        await raw.dial()
        await raw.check()

    await until(lambda: setup.endpoint.metrics.tcp_connections <= MAX_ADDRESSES)
    assert len(peer._proved) <= MAX_ADDRESSES
    for sock in former:
        sock.close()


async def test_a_slow_reader_stalls_no_other(setup: Setup) -> None:
    """Of two viewers of one stream, who reads gets every packet, who does not loses some."""
    slow, quick = TcpPeer(), TcpPeer()
    channel = Channel(setup)
    for raw in (slow, quick):
        peer, heard, answer = setup.open(raw)
        await raw.connect(answer)
        await until(lambda heard=heard: heard.connected)
        channel.subscribe(peer)
    metrics = setup.endpoint.metrics
    sent = 0
    while not metrics.tcp_dropped:
        sent += 1
        channel.push(sent.to_bytes(4, "big") + bytes(1100))
        assert (await quick.rtp())[12:16] == sent.to_bytes(4, "big")
        assert sent < 5000

    setup.clock.skip(11)

    await until(lambda: metrics.tcp_stalled == 1)
    channel.push(b"goes on")
    assert (await quick.rtp())[12:] == b"goes on"
    slow.close()
    quick.close()
