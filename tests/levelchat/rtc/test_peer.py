"""Laws of one peer, over real sockets."""

import contextlib
import random
import struct
from collections.abc import Iterator

import pytest
import rtcpeers
from rawpeer import RawPeer
from whip import until

from levelchat.rtc.forward.seams import MAX_SSRCS
from levelchat.rtc.peer import MAX_ADDRESSES

RECEIVER_REPORT = struct.pack("!BBHI", 0x80, 201, 1, 1)


@pytest.fixture
def raw() -> Iterator[RawPeer]:
    peer = RawPeer()
    yield peer
    peer.close()


@pytest.mark.parametrize("client", [True, False])
async def test_media_comes_through(client: bool) -> None:  # noqa: FBT001
    """After check and handshake, in either DTLS role, RTP and RTCP reach the listener."""
    with contextlib.closing(RawPeer(client=client)) as raw:
        async with rtcpeers.running() as setup:
            peer, heard, answer = setup.open(raw)
            await raw.connect(answer)
            await until(lambda: heard.connected)
            raw.send_rtp(96, b"hello")
            raw.send(raw.dtls.sessions[1].protect_rtcp(RECEIVER_REPORT))

            await until(lambda: heard.rtp and heard.rtcp)

            assert heard.rtp[0].endswith(b"hello")
            assert heard.rtcp == [RECEIVER_REPORT]
            assert heard.connected == 1
            peer.send_rtcp(RECEIVER_REPORT)
            assert await raw.rtcp() == RECEIVER_REPORT


@pytest.mark.parametrize("only_receives", [True, False])
async def test_who_only_receives_is_ready_first(raw: RawPeer, only_receives: bool) -> None:  # noqa: FBT001
    """Its sources are there before the other side can send; whoever sends is heard at once."""
    async with rtcpeers.running() as setup:
        peer, heard, answer = setup.open(raw)
        peer.only_receives = only_receives
        told: list[bool] = []
        heard.then = lambda: told.append(raw.has_received())
        await raw.connect(answer)
        await until(lambda: heard.connected)
        assert told == [not only_receives]


async def test_nobody_comes(raw: RawPeer) -> None:
    """A peer without any check is over after 15 s."""
    async with rtcpeers.running() as setup:
        peer, heard, _ = setup.open(raw)
        setup.clock.skip(14.9)
        await until(lambda: not peer.is_closed)
        assert heard.closed == []

        setup.clock.skip(0.2)

        await until(lambda: heard.closed)
        assert heard.closed == ["nobody came"]


async def test_checks_without_dtls(raw: RawPeer) -> None:
    """A peer that only checks is over after 15 s too."""
    async with rtcpeers.running() as setup:
        _, heard, answer = setup.open(raw)
        raw.take(answer)
        await raw.check()

        setup.clock.skip(15.1)

        await until(lambda: heard.closed)
        assert heard.closed == ["no connection within 15 s"]


async def test_consent_lasts_30_seconds(raw: RawPeer) -> None:
    """Each check renews consent; 30 s without one end the session, media or not."""
    async with rtcpeers.running() as setup:
        _, heard, answer = setup.open(raw)
        await raw.connect(answer)
        setup.clock.skip(29)
        await raw.check()
        setup.clock.skip(29)
        raw.send_rtp(96, b"still here")
        await until(lambda: heard.rtp)
        assert heard.closed == []

        setup.clock.skip(2)

        await until(lambda: heard.closed)
        assert heard.closed[0].startswith("consent expired")


async def test_a_peer_may_roam(raw: RawPeer) -> None:
    """A genuine check from another address moves the session there, keys and all."""
    async with rtcpeers.running() as setup:
        peer, heard, answer = setup.open(raw)
        await raw.connect(answer)

        raw.move()
        raw.send_rtp(96, b"too early")
        await raw.check()
        raw.send_rtp(96, b"after the check")

        await until(lambda: heard.rtp)
        assert [packet[12:] for packet in heard.rtp] == [b"after the check"]
        assert peer.stats.moves == 1
        peer.send_rtcp(RECEIVER_REPORT)
        assert await raw.rtcp() == RECEIVER_REPORT


async def test_an_address_moves_only_by_nomination(raw: RawPeer) -> None:
    """A check that does not nominate proves an address and leaves the session where it is."""
    async with rtcpeers.running() as setup:
        peer, _, answer = setup.open(raw)
        await raw.connect(answer)
        before = peer.address

        raw.move()
        await raw.check(nominate=False)

        assert peer.address == before


async def test_addresses_are_bounded(raw: RawPeer) -> None:
    """However often a peer moves, only the last addresses are remembered."""
    async with rtcpeers.running() as setup:
        peer, _, answer = setup.open(raw)
        raw.take(answer)
        for _ in range(MAX_ADDRESSES + 5):
            raw.move()
            await raw.check()

        assert len(peer._proved) == MAX_ADDRESSES
        assert len(setup.endpoint._mux._by_path) == MAX_ADDRESSES
        peer.close("enough")
        assert setup.endpoint._mux._by_path == {}
        assert setup.endpoint._mux._by_ufrag == {}


async def test_restarted_ice_takes_over(raw: RawPeer) -> None:
    """Old credentials hold until the restart after; DTLS goes on as it was."""
    async with rtcpeers.running() as setup:
        peer, heard, answer = setup.open(raw)
        await raw.connect(answer)
        old = raw.ice

        new = peer.restart_ice()
        assert await raw.check()
        raw.ice = (new.ufrag, new.password)
        raw.move()
        await raw.check()
        raw.send_rtp(96, b"same keys")
        await until(lambda: heard.rtp)

        peer.restart_ice()
        raw.ice = old
        assert (await raw.check()).error_code == 401


async def test_a_goodbye_ends_it(raw: RawPeer) -> None:
    """close_notify closes at once, and the reason says who did it."""
    async with rtcpeers.running() as setup:
        _, heard, answer = setup.open(raw)
        await raw.connect(answer)

        for datagram in raw.dtls.shut_down():
            raw.send(datagram)

        await until(lambda: heard.closed)
        assert heard.closed == ["the publisher closed the connection"]


async def test_closing_says_goodbye(raw: RawPeer) -> None:
    """The peer hears close_notify, the listener its reason, once."""
    async with rtcpeers.running() as setup:
        peer, heard, answer = setup.open(raw)
        await raw.connect(answer)

        peer.close("told to")
        peer.close("again")

        raw.dtls.receive(await raw.receive())
        assert raw.dtls.closed_by_peer
        assert heard.closed == ["told to"]


async def test_the_wrong_certificate_is_refused(raw: RawPeer) -> None:
    """Whoever shows another certificate than the offer's gets no session."""
    async with rtcpeers.running() as setup:
        _, heard, answer = setup.open(raw)
        with contextlib.closing(RawPeer()) as other:
            other.take(answer)
            await other.check()
            for datagram in other.dtls.begin():
                other.send(datagram)
            while not heard.closed:
                for datagram in other.dtls.receive(await other.receive()):
                    other.send(datagram)
                await until(lambda: True)

        assert heard.closed[0].startswith("DTLS failed")
        assert setup.endpoint.metrics.dtls_failures == 1


async def test_garbage_from_the_peer_itself_is_counted(raw: RawPeer) -> None:
    """Forged, replayed, cut and random packets of a proved address disturb nothing."""
    rng = random.Random(3)
    async with rtcpeers.running() as setup:
        peer, heard, answer = setup.open(raw)
        await raw.connect(answer)
        for _ in range(500):
            raw.send(bytes([rng.randrange(128, 192)]) + rng.randbytes(rng.randrange(60)))
            raw.send(bytes([rng.randrange(20, 64)]) + rng.randbytes(rng.randrange(60)))
        raw.send_rtp(96, b"good")

        await until(lambda: heard.rtp)

        assert len(heard.rtp) == 1
        assert heard.closed == []
        assert peer.stats.srtp_errors == 500
        assert setup.endpoint.forwarder.totals().srtp_errors == 500


async def test_sources_are_bounded(raw: RawPeer) -> None:
    """A peer that sends from ever new SSRCs is heard on the first ones only."""
    async with rtcpeers.running() as setup:
        peer, heard, answer = setup.open(raw)
        await raw.connect(answer)
        for ssrc in range(MAX_SSRCS + 20):
            raw.send_rtp(96, b"x", ssrc=ssrc)

        await until(lambda: peer.stats.srtp_errors == 20)

        assert len(heard.rtp) == MAX_SSRCS


async def test_media_before_dtls_is_dropped(raw: RawPeer) -> None:
    """SRTP from a proved address without keys is no error, only dropped."""
    async with rtcpeers.running() as setup:
        peer, heard, answer = setup.open(raw)
        raw.take(answer)
        await raw.check()
        raw.send(b"\x80\x60" + bytes(30))

        await until(lambda: setup.endpoint.forwarder.totals().unknown)

        assert heard.rtp == []
        assert peer.stats.srtp_errors == 0
