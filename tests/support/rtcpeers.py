"""An endpoint with a clock that tests move, and listeners that remember."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry
from rawpeer import RawPeer
from whip import ShiftedClock

from levelchat.rtc.answer import render
from levelchat.rtc.endpoint import RtcEndpoint
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

    def on_connected(self) -> None:
        self.connected += 1

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


@contextlib.asynccontextmanager
async def running(host: str = "127.0.0.1") -> AsyncIterator[Setup]:
    clock = ShiftedClock()
    endpoint = RtcEndpoint(
        settings=RtcSettings(host=host, port=0, shards=1, core="portable"),
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
