"""Laws of STUN and DTLS behind the shards' sockets."""

import random
from collections.abc import Iterator

import pytest
import rtcpeers
from aioice import stun as foreign
from rawpeer import RawPeer
from whip import until

from levelchat.rtc.mux import MAX_ERRORS


@pytest.fixture
def raw() -> Iterator[RawPeer]:
    peer = RawPeer()
    yield peer
    peer.close()


async def test_a_check_is_answered_with_its_address(raw: RawPeer) -> None:
    """The response to a genuine check names where it came from."""
    async with rtcpeers.running() as setup:
        _, _, answer = setup.open(raw)
        raw.take(answer)

        response = await raw.check()

        assert response.attributes["XOR-MAPPED-ADDRESS"] == raw.socket.getsockname()
        assert response.check_message_integrity(raw.ice[1].encode())


async def test_a_false_check_is_refused(raw: RawPeer) -> None:
    """A wrong password or an unknown username is 401, no credentials at all 400."""
    async with rtcpeers.running() as setup:
        peer, _, answer = setup.open(raw)
        raw.take(answer)

        assert (await raw.check(password="guess")).error_code == 401
        raw.ice = ("nobody", "x")
        assert (await raw.check()).error_code == 401
        bare = foreign.Message(foreign.Method.BINDING, foreign.Class.REQUEST)
        bare.add_fingerprint()
        raw.send(bytes(bare))
        assert foreign.parse_message(await raw.receive()).error_code == 400

        assert peer.address is None
        assert setup.endpoint.metrics.stun_rejected == 3


async def test_garbage_gets_no_answer(raw: RawPeer) -> None:
    """What is no STUN request with a fingerprint is dropped in silence."""
    rng = random.Random(4)
    async with rtcpeers.running() as setup:
        _, _, answer = setup.open(raw)
        raw.take(answer)
        bare = foreign.Message(foreign.Method.BINDING, foreign.Class.REQUEST)
        response = foreign.Message(foreign.Method.BINDING, foreign.Class.RESPONSE)
        response.add_fingerprint()
        junk = [rng.randbytes(rng.randrange(200)) for _ in range(1000)]
        for datagram in [bytes(bare), bytes(response), b"", *junk]:
            raw.send(datagram)
        metrics = setup.endpoint.metrics
        await until(
            lambda: (
                metrics.stun_rejected
                + metrics.unknown_datagrams
                + setup.endpoint.forwarder.totals().unknown
                == 1003
            )
        )

        await raw.check()

        assert metrics.stun_errors_sent == 0


async def test_errors_are_rationed(raw: RawPeer) -> None:
    """A flood of false checks gets a handful of answers for each wake-up."""
    async with rtcpeers.running() as setup:
        _, _, answer = setup.open(raw)
        raw.take(answer)
        for _ in range(96):
            raw.send(bytes(raw.request(password="guess")))

        metrics = setup.endpoint.metrics
        await until(lambda: metrics.stun_rejected == 96)

        assert 0 < metrics.stun_errors_sent <= 3 * MAX_ERRORS


async def test_unknown_attributes_are_refused(raw: RawPeer) -> None:
    """A genuine check that demands what we do not know is 420."""
    async with rtcpeers.running() as setup:
        _, _, answer = setup.open(raw)
        raw.take(answer)
        request = raw.request()
        request.attributes = {"CHANNEL-NUMBER": 1} | request.attributes
        request.add_message_integrity(raw.ice[1].encode())
        raw.send(bytes(request))

        assert foreign.parse_message(await raw.receive()).error_code == 420


async def test_strangers_are_dropped(raw: RawPeer) -> None:
    """DTLS and RTP of an address without a genuine check reach nobody."""
    async with rtcpeers.running() as setup:
        _, heard, answer = setup.open(raw)
        raw.take(answer)
        for datagram in raw.dtls.begin():
            raw.send(datagram)
        raw.send(b"\x80\x60" + bytes(30))

        await until(
            lambda: (
                setup.endpoint.metrics.unknown_datagrams
                + setup.endpoint.forwarder.totals().unknown
                == 2
            )
        )

        assert heard.connected == 0


async def test_a_proved_address_cannot_be_taken(raw: RawPeer) -> None:
    """While a peer is there, another's check from its address does not divert its media."""
    async with rtcpeers.running() as setup:
        _, heard, answer = setup.open(raw)
        await raw.connect(answer)
        thief = RawPeer()
        other, other_heard, other_answer = setup.open(thief)
        thief.close()
        mine, raw.ice = raw.ice, ()
        keys = raw.dtls
        raw.take(other_answer)
        await raw.check()
        raw.ice, raw.dtls = mine, keys
        raw.send_rtp(96, b"mine")

        await until(lambda: heard.rtp)

        assert other.address is None
        assert other_heard.rtp == []


async def test_ipv6_serves_both() -> None:
    """A socket of IPv6 answers IPv4 peers by their own address."""
    async with rtcpeers.running("::") as setup:
        raw = RawPeer()
        _, _, answer = setup.open(raw)
        raw.take(answer)
        raw.server = setup.address

        response = await raw.check()

        assert response.attributes["XOR-MAPPED-ADDRESS"] == raw.socket.getsockname()
        raw.close()
