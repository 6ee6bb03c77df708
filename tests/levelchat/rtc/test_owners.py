"""Laws of who hears what the forwarding core tells."""

import rtcpeers
from rawpeer import RawPeer
from tcppeer import TcpPeer
from whip import until

from levelchat.media.codec import Codec
from levelchat.rtc.forward.seams import OutletConfig, Selection, SourceConfig


class Listener:
    """The owner of sources and outlets; *faulty* ones raise."""

    def __init__(self, *, faulty: bool = False) -> None:
        self.faulty = faulty
        self.packets: list[int] = []
        self.wanted: list[int] = []
        self.switched: list[tuple[int, int]] = []
        self.gaps: list[tuple[int, int]] = []
        self.filled: list[int] = []

    def on_packet(self, source: int, packet: bytes, now_ns: int) -> None:
        self.packets.append(source)
        self._fail()

    def on_gap(self, source: int, first: int, count: int, now_ns: int) -> None:
        self.gaps.append((first, count))

    def on_filled(self, source: int, sequence: int, now_ns: int) -> None:
        self.filled.append(sequence)

    def on_key_frame_wanted(self, outlet: int, now_ns: int) -> None:
        self.wanted.append(outlet)
        self._fail()

    def on_switched(self, outlet: int, source: int, now_ns: int) -> None:
        self.switched.append((outlet, source))

    def _fail(self) -> None:
        if self.faulty:
            raise RuntimeError("a defect")


CONFIG = SourceConfig(Codec.H264, 96, tap=True, gaps=True)


def packet(sequence: int, payload: bytes = b"\x65\x80picture") -> bytes:
    return b"\x80\x60" + sequence.to_bytes(2, "big") + bytes(8) + payload


async def test_each_hears_of_its_own() -> None:
    """A source's packets and gaps go to its owner, an outlet's wishes and switches to its owner."""
    async with rtcpeers.running() as setup:
        raw = RawPeer()
        peer, heard, answer = setup.open(raw)
        await raw.connect(answer)
        await until(lambda: heard.connected)
        endpoint, listener, other = setup.endpoint, Listener(), Listener()
        source = endpoint.open_source(CONFIG, listener)
        endpoint.open_source(CONFIG, other)
        outlet = endpoint.open_outlet(peer, OutletConfig(7, 90_000, is_video=True), listener)
        endpoint.forwarder.select(outlet, Selection(source=source, payload_type=96))
        for sequence in (1, 3, 2):
            endpoint.forwarder.push(source, packet(sequence, b"\x41\x80"), sequence)
        await until(lambda: len(listener.packets) == 3 and listener.filled)
        await until(lambda: listener.wanted)

        assert listener.gaps == [(2, 1)]
        assert listener.filled == [2]
        assert listener.wanted == [outlet]
        assert other.packets == []
        raw.close()


async def test_what_is_closed_is_heard_no_more() -> None:
    """Neither a source nor an outlet that its owner gave up calls it again."""
    async with rtcpeers.running() as setup:
        raw = RawPeer()
        peer, heard, answer = setup.open(raw)
        await raw.connect(answer)
        await until(lambda: heard.connected)
        endpoint, gone, stays = setup.endpoint, Listener(), Listener()
        closed, source = endpoint.open_source(CONFIG, gone), endpoint.open_source(CONFIG, stays)
        outlet = endpoint.open_outlet(peer, OutletConfig(7, 90_000, is_video=True), gone)
        endpoint.close_source(closed)
        endpoint.close_outlet(outlet)
        endpoint.forwarder.push(closed, packet(1), 1)
        endpoint.forwarder.push(source, packet(1), 1)

        await until(lambda: stays.packets)

        assert gone.packets == []
        raw.close()


async def test_what_goes_out_for_nobody_is_dropped() -> None:
    """The core may still have a packet for a peer that is closed."""
    async with rtcpeers.running() as setup:
        raw = TcpPeer()
        peer, heard, answer = setup.open(raw)
        await raw.connect(answer)
        await until(lambda: heard.connected)
        owners, metrics = setup.endpoint._owners, setup.endpoint.metrics
        owners.on_outgoing(peer.route, b"\x80packet")
        assert await raw.receive() == b"\x80packet"

        peer.close("enough")
        owners.on_outgoing(peer.route, b"\x80packet")
        owners.on_outgoing(peer.route + 1, b"\x80packet")

        assert metrics.tcp_dropped == 0
        raw.close()


async def test_a_faulty_owner_harms_nobody_else() -> None:
    """Its source is silent from then on, or its peer is closed; others go on."""
    async with rtcpeers.running() as setup:
        raw, endpoint = RawPeer(), setup.endpoint
        peer, heard, answer = setup.open(raw)
        await raw.connect(answer)
        await until(lambda: heard.connected)
        faulty, good = Listener(faulty=True), Listener()
        bad, source = endpoint.open_source(CONFIG, faulty), endpoint.open_source(CONFIG, good)
        endpoint.forwarder.push(bad, packet(1), 1)
        endpoint.forwarder.push(bad, packet(2), 2)
        outlet = endpoint.open_outlet(peer, OutletConfig(7, 90_000, is_video=True), faulty)
        endpoint.forwarder.select(outlet, Selection(source=source, payload_type=96))
        endpoint.forwarder.push(source, packet(1, b"\x41\x80"), 1)

        await until(lambda: heard.closed and good.packets)

        assert faulty.packets == [bad]
        assert heard.closed == ["internal error; the log has it"]
        raw.close()
