"""An endpoint with a clock that tests move, and listeners that remember."""

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry
from rawpeer import RawPeer
from whip import ShiftedClock

from levelchat.media.codec import Codec
from levelchat.rtc.answer import render
from levelchat.rtc.endpoint import RtcEndpoint
from levelchat.rtc.forward.seams import OutletConfig, Selection, SourceConfig
from levelchat.rtc.negotiate import negotiate
from levelchat.rtc.peer import Peer
from levelchat.rtc.sdp import parse_offer
from levelchat.rtc.settings import RtcSettings


@dataclass
class Heard:
    """A `PeerEvents` that remembers."""

    connected: int = 0
    ticks: int = 0
    rtp: list[bytes] = field(default_factory=list)
    rtcp: list[bytes] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    then: Callable[[], None] = lambda: None
    """Called when it is connected."""

    def on_connected(self) -> None:
        self.connected += 1
        self.then()

    def on_stray(self, packet: bytes, _now_ns: int) -> None:
        self.rtp.append(packet)

    def on_rtcp(self, packet: bytes, _now_ns: int) -> None:
        self.rtcp.append(packet)

    def on_tick(self, _now_ns: int) -> None:
        self.ticks += 1

    def on_closed(self, reason: str) -> None:
        self.closed.append(reason)


@dataclass
class Setup:
    """A running endpoint."""

    endpoint: RtcEndpoint
    clock: ShiftedClock

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", self.endpoint.port

    def open(self, raw: RawPeer) -> tuple[Peer, Heard, str]:
        """Takes the raw peer's offer: our peer, what it hears, the answer."""
        offer = parse_offer(raw.offer())
        decided = negotiate(offer)
        heard = Heard()
        peer = self.endpoint.open(offer, decided.setup, heard)
        return peer, heard, render(offer, decided, self.endpoint.local_side(peer))


@dataclass
class OutletHeard:
    """An `OutletEvents` that remembers."""

    wanted: int = 0
    switched: list[int] = field(default_factory=list)

    def on_key_frame_wanted(self, _outlet: int, _now_ns: int) -> None:
        self.wanted += 1

    def on_switched(self, _outlet: int, source: int, _now_ns: int) -> None:
        self.switched.append(source)


class Channel:
    """A source, and what subscribers get of it."""

    def __init__(self, setup: Setup) -> None:
        self._endpoint = setup.endpoint
        self._source = setup.endpoint.open_source(SourceConfig(Codec.OPUS, 111), None)
        self._sequence = 0

    def subscribe(self, peer: Peer, ssrc: int = 0xAAAA) -> None:
        outlet = self._endpoint.open_outlet(
            peer, OutletConfig(ssrc, 48_000, is_video=False), OutletHeard()
        )
        self._endpoint.forwarder.select(
            outlet, Selection(source=self._source, payload_type=102, at_once=True)
        )

    def push(self, payload: bytes) -> None:
        self._sequence += 1
        header = struct.pack("!BBHII", 0x80, 111, self._sequence & 0xFFFF, self._sequence * 960, 7)
        self._endpoint.forwarder.push(self._source, header + payload, self._sequence * 20_000_000)


@contextlib.asynccontextmanager
async def running(
    host: str = "127.0.0.1", *, core: str = "portable", shards: int = 1, tcp_port: int = 0
) -> AsyncIterator[Setup]:
    clock = ShiftedClock()
    endpoint = RtcEndpoint(
        settings=RtcSettings(host=host, port=0, tcp_port=tcp_port, shards=shards, core=core),
        clock=clock,
        metrics=CollectorRegistry(),
    )
    await endpoint.start()
    timer = asyncio.create_task(endpoint.run())
    try:
        yield Setup(endpoint, clock)
    finally:
        timer.cancel()
        await endpoint.close()
