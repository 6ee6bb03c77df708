"""Laws of the endpoint."""

import asyncio
import socket

import pytest
import rtcpeers
from prometheus_client import CollectorRegistry
from rawpeer import RawPeer
from whip import ShiftedClock, until

from levelchat.rtc.answer import render
from levelchat.rtc.endpoint import RtcEndpoint
from levelchat.rtc.errors import (
    BadPublicAddress,
    EndpointClosed,
    TcpPortUnusable,
    UdpPortUnusable,
)
from levelchat.rtc.negotiate import negotiate
from levelchat.rtc.sdp import parse_offer
from levelchat.rtc.settings import RtcSettings


def endpoint(**settings: object) -> RtcEndpoint:
    return RtcEndpoint(
        settings=RtcSettings(**{"host": "127.0.0.1", "port": 0, "shards": 1} | settings),
        clock=ShiftedClock(),
        metrics=CollectorRegistry(),
    )


async def test_without_peers_nothing_happens() -> None:
    """An endpoint that nobody uses has its reader, one sleeping task, and no timer."""
    before = asyncio.all_tasks()
    async with rtcpeers.running() as setup:
        await asyncio.sleep(0)
        loop = asyncio.get_running_loop()

        assert len(asyncio.all_tasks() - before) == 1
        assert loop._scheduled == []
        assert setup.endpoint._mux._by_ufrag == {}


async def test_the_timer_ends_with_the_last_peer() -> None:
    """Hundred peers share one timer, which stops when the last of them is gone."""
    async with rtcpeers.running() as setup:
        before = asyncio.all_tasks()
        raws = [RawPeer() for _ in range(100)]
        peers = [setup.open(raw)[0] for raw in raws]
        loop = asyncio.get_running_loop()
        await until(lambda: loop._scheduled)

        assert asyncio.all_tasks() == before
        assert setup.endpoint.metrics.peers == 100
        for peer, raw in zip(peers, raws, strict=True):
            peer.close("enough")
            raw.close()
        await until(lambda: setup.endpoint.metrics.peers == 0)
        await asyncio.sleep(0)

        assert not setup.endpoint._occupied.is_set()


async def test_closing_ends_everybody() -> None:
    """When the endpoint closes, each peer hears why and the port is free."""
    async with rtcpeers.running() as setup:
        raw = RawPeer()
        _, heard, _ = setup.open(raw)
        port = setup.endpoint.port

        await setup.endpoint.close()

        assert heard.closed == ["server stopping"]
        again = endpoint(port=port)
        await again.start()
        await again.close()
        raw.close()


async def test_a_closed_endpoint_takes_nobody() -> None:
    """Before its start and after its end an offer is refused, to be tried again."""
    raw = RawPeer()
    offer = parse_offer(raw.offer())
    raw.close()

    with pytest.raises(EndpointClosed) as refusal:
        endpoint().open(offer, "passive", rtcpeers.Heard())

    assert refusal.value.headers == {"Retry-After": "1"}


async def test_bad_settings_leave_no_socket() -> None:
    """A start that fails leaves nothing behind."""
    first = endpoint()
    await first.start()

    with pytest.raises(UdpPortUnusable):
        await endpoint(port=first.port).start()
    bad = endpoint(public_address="live.example")
    with pytest.raises(BadPublicAddress):
        await bad.start()

    assert bad.port == 0
    await first.close()


async def test_the_public_address_is_announced() -> None:
    """The one candidate each of UDP and TCP is the configured address with the bound port."""
    public = endpoint(public_address="203.0.113.7")
    await public.start()
    raw = RawPeer()
    offer = parse_offer(raw.offer())
    decided = negotiate(offer)
    peer = public.open(offer, decided.setup, rtcpeers.Heard())

    text = render(offer, decided, public.local_side(peer))

    lines = {line for line in text.split("\r\n") if line.startswith("a=candidate")}
    said = {line.split()[2]: line.split()[4:6] for line in lines}
    assert said == {
        "udp": ["203.0.113.7", str(public.port)],
        "tcp": ["203.0.113.7", str(public.tcp_port)],
    }
    await public.close()
    raw.close()


async def test_every_address_is_a_candidate() -> None:
    """Of UDP first, by which all would rather come, then of TCP; with falling priorities."""
    public = endpoint(public_address="203.0.113.7,2001:db8::7")
    await public.start()
    raw = RawPeer()
    offer = parse_offer(raw.offer())
    decided = negotiate(offer)
    peer = public.open(offer, decided.setup, rtcpeers.Heard())

    text = render(offer, decided, public.local_side(peer))

    section = text.split("m=")[1]
    lines = [line.split() for line in section.split("\r\n") if line.startswith("a=candidate")]
    priorities = [int(line[3]) for line in lines]
    assert [(line[2], line[4]) for line in lines] == [
        ("udp", "203.0.113.7"),
        ("udp", "2001:db8::7"),
        ("tcp", "203.0.113.7"),
        ("tcp", "2001:db8::7"),
    ]
    assert priorities == sorted(set(priorities), reverse=True)
    await public.close()
    raw.close()


async def test_tcp_may_be_switched_off() -> None:
    """Then nothing listens, and no answer names it."""
    without = endpoint(tcp_port=-1)
    await without.start()
    raw = RawPeer()
    offer = parse_offer(raw.offer())
    decided = negotiate(offer)
    peer = without.open(offer, decided.setup, rtcpeers.Heard())

    text = render(offer, decided, without.local_side(peer))

    assert without.tcp_port == 0
    assert "tcptype" not in text
    await without.close()
    raw.close()


async def test_tcp_has_the_number_of_udp() -> None:
    """So that a firewall is told one port; where it is taken nothing stays bound."""
    first = endpoint()
    await first.start()
    port = first.port
    await first.close()
    with socket.create_server(("127.0.0.1", port)), pytest.raises(TcpPortUnusable):
        await endpoint(port=port).start()

    second = endpoint(port=port)
    await second.start()

    assert second.tcp_port == second.port == port
    await second.close()


async def test_the_timer_runs_for_strangers_over_tcp() -> None:
    """A connection that proves nothing is cut although there is no peer at all."""
    async with rtcpeers.running() as setup:
        place = ("127.0.0.1", setup.endpoint.tcp_port)
        reader, writer = await asyncio.open_connection(*place)
        await until(lambda: setup.endpoint.metrics.tcp_connections == 1)

        setup.clock.skip(11)

        assert await reader.read() == b""
        await until(lambda: not setup.endpoint._occupied.is_set())
        writer.close()
        await writer.wait_closed()


async def test_a_faulty_listener_loses_its_peer_only() -> None:
    """A defect while handling one peer's packet ends that peer, and no other."""

    class Faulty(rtcpeers.Heard):
        def on_stray(self, _packet: bytes, _now_ns: int) -> None:
            raise RuntimeError("a defect")

        def on_tick(self, _now_ns: int) -> None:
            if self.rtcp:
                raise RuntimeError("another")

    async with rtcpeers.running() as setup:
        good, bad = RawPeer(), RawPeer()
        _, heard, answer = setup.open(good)
        await good.connect(answer)
        offer = parse_offer(bad.offer())
        decided = negotiate(offer)
        faulty = Faulty()
        peer = setup.endpoint.open(offer, decided.setup, faulty)
        await bad.connect(render(offer, decided, setup.endpoint.local_side(peer)))

        bad.send_rtp(96, b"x")
        await until(lambda: faulty.closed)
        good.send_rtp(96, b"fine")
        await until(lambda: heard.rtp)

        assert faulty.closed == ["internal error; the log has it"]
        assert heard.closed == []
        good.close()
        bad.close()
