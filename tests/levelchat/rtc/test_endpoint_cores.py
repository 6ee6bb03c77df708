"""Laws of the endpoint that both forwarding cores keep."""

import asyncio
import contextlib
from collections import Counter
from dataclasses import dataclass

import pytest
import rtcpeers
from forwardkit import CORES
from rawpeer import RawPeer
from rtcpeers import Channel, Heard, Setup
from whip import until

from levelchat.media.codec import Codec, Kind
from levelchat.rtc import offering, pulling, sdp
from levelchat.rtc.peer import Peer

cores = pytest.mark.parametrize("core", CORES)
SSRC = 0xABCD


@dataclass
class Link:
    """Two nodes' peers: one offered, the other answered and makes the checks."""

    above: Peer
    above_heard: Heard
    below: Peer
    below_heard: Heard


async def link(above: Setup, below: Setup) -> Link:
    """As a relay pulls: the offer of a node, our answer, a connection."""
    heard_above, heard_below = Heard(), Heard()
    offerer = above.endpoint.open_offering(heard_above)
    formats = offering.feed_formats([(Codec.OPUS, "")])
    tracks = [offering.SentTrack("0", Kind.AUDIO, formats, SSRC, stream="s_1", track="0")]
    text = offering.render_offer(tracks, above.endpoint.local_side(offerer))
    offer = sdp.parse_offer(text)
    decided = pulling.pull(offer)
    puller = below.endpoint.open_controlling(offer, decided.setup, heard_below)
    answer = pulling.render_pull(offer, decided, below.endpoint.local_side(puller))
    offerer.accept(sdp.parse_answer(answer))
    await until(lambda: heard_above.connected and heard_below.connected)
    return Link(offerer, heard_above, puller, heard_below)


@cores
async def test_a_node_pulls_from_another(core: str) -> None:
    """Who answers makes the checks and connects; media goes down, RTCP both ways."""
    async with rtcpeers.running(core=core) as above, rtcpeers.running(core=core) as below:
        linked = await link(above, below)
        channel = Channel(above)
        channel.subscribe(linked.above, SSRC)
        channel.push(b"down")
        await until(lambda: linked.below_heard.rtp)

        assert linked.below_heard.rtp[0][8:] == SSRC.to_bytes(4, "big") + b"down"
        assert linked.below.round_trip_ns > 0
        report = b"\x80\xc8\0\x06" + SSRC.to_bytes(4, "big") + bytes(20)
        linked.below.send_rtcp(report)
        await until(lambda: linked.above_heard.rtcp or linked.above.stats.srtcp_packets)


@cores
async def test_a_node_that_is_gone_is_noticed(core: str) -> None:
    """RFC 7675: without an answer to its checks for 10 s the puller gives up."""
    async with rtcpeers.running(core=core) as above, rtcpeers.running(core=core) as below:
        linked = await link(above, below)
        # It neither answers nor says goodbye.
        above.endpoint._mux.unregister(linked.above.ice)

        below.clock.skip(11)

        await until(lambda: linked.below_heard.closed)
        assert linked.below_heard.closed == ["consent expired: no answer to our checks for 10 s"]


@cores
async def test_checks_of_the_puller_are_consent(core: str) -> None:
    """They come every 2 s, and keep the other side's consent alive."""
    async with rtcpeers.running(core=core) as above, rtcpeers.running(core=core) as below:
        linked = await link(above, below)
        for _ in range(4):
            before = linked.above.stats.checks
            above.clock.skip(9)
            below.clock.skip(9)
            await until(lambda before=before: linked.above.stats.checks > before)

        assert linked.above_heard.closed == []
        assert linked.below_heard.closed == []


@cores
async def test_new_keys_after_an_ice_restart(core: str) -> None:
    """A client that restarts ICE and DTLS goes on, both ways, under the keys of its second
    association; until that holds, under those of the first.
    """
    async with rtcpeers.running(core=core) as setup:
        raw = RawPeer()
        peer, heard, answer = setup.open(raw)
        await raw.connect(answer)
        await until(lambda: heard.connected)
        channel = Channel(setup)
        channel.subscribe(peer)
        channel.push(b"old keys")
        assert (await raw.rtp())[12:] == b"old keys"

        new = peer.restart_ice()
        raw.ice = (new.ufrag, new.password)
        raw.move()
        await raw.check()
        raw.send_rtp(96, b"old keys still")
        await until(lambda: heard.rtp)
        raw.begin_anew()
        await raw.shake_hands()
        channel.push(b"new keys")
        raw.send_rtp(96, b"new keys, too")

        assert (await raw.rtp())[12:] == b"new keys"
        await until(lambda: len(heard.rtp) == 2)
        assert [packet[12:] for packet in heard.rtp] == [b"old keys still", b"new keys, too"]
        assert heard.connected == 1
        assert heard.closed == []
        raw.close()


@cores
async def test_peers_spread_over_the_shards(core: str) -> None:
    """Each new peer goes to the shard with the fewest, and is told its port; media of one shard
    reaches the peers of all.
    """
    async with rtcpeers.running(core=core, shards=3) as setup:
        with contextlib.ExitStack() as stack:
            raws = [stack.enter_context(contextlib.closing(RawPeer())) for _ in range(6)]
            opened = [setup.open(raw) for raw in raws]
            await asyncio.gather(
                *(raw.connect(answer) for raw, (_, _, answer) in zip(raws, opened, strict=True))
            )
            await until(lambda: all(heard.connected for _, heard, _ in opened))
            channel = Channel(setup)
            for number, (peer, _, _) in enumerate(opened):
                channel.subscribe(peer, 100 + number)
            channel.push(b"for all")

            for number, raw in enumerate(raws):
                assert (await raw.rtp())[8:] == (100 + number).to_bytes(4, "big") + b"for all"
                raw.send_rtp(96, bytes([number]))
            await until(lambda: all(heard.rtp for _, heard, _ in opened))

            assert [heard.rtp[0][12:] for _, heard, _ in opened] == [
                bytes([number]) for number in range(6)
            ]
            assert Counter(peer.shard for peer, _, _ in opened) == {0: 2, 1: 2, 2: 2}
            assert len({raw.server for raw in raws}) == 3


@cores
async def test_another_shard_answers_nobody(core: str) -> None:
    """A genuine check at the port of another shard proves nothing there."""
    async with rtcpeers.running(core=core, shards=2) as setup:
        first, second = RawPeer(), RawPeer()
        peer, _, answer = setup.open(first)
        _, _, other = setup.open(second)
        first.take(answer)
        second.take(other)
        assert first.server != second.server

        first.server = second.server

        assert (await first.check()).error_code == 401
        assert peer.address is None
        first.close()
        second.close()


@cores
async def test_a_shard_left_is_filled_again(core: str) -> None:
    """Places that closed peers leave are the next ones given."""
    async with rtcpeers.running(core=core, shards=2) as setup:
        raw = RawPeer()
        peers = [setup.open(raw)[0] for _ in range(4)]
        for peer in peers:
            if peer.shard == 1:
                peer.close("gone")
        await until(lambda: setup.endpoint.metrics.peers == 2)

        assert [setup.open(raw)[0].shard for _ in range(2)] == [1, 1]
        raw.close()
