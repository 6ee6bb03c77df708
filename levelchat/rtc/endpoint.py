"""The WebRTC endpoint of a process: one UDP port, one certificate, all peers.

Comes in: offers that were taken. Goes out: peers, answers. It owns the one timer of all peers,
which runs only while there is a peer. It knows nothing of rooms.
"""

import asyncio
import secrets

import msgspec
import structlog
from prometheus_client import CollectorRegistry

from levelchat.clock import Clock
from levelchat.rtc import addresses
from levelchat.rtc._aiortc import Certificate, DtlsTransport, generate_certificate
from levelchat.rtc.answer import Candidate, LocalSide, render
from levelchat.rtc.errors import EndpointClosed
from levelchat.rtc.metrics import RtcMetrics
from levelchat.rtc.mux import UdpMux
from levelchat.rtc.negotiate import Negotiation
from levelchat.rtc.peer import Peer, PeerEvents
from levelchat.rtc.sdp import Offer

TICK_SECONDS = 0.02
"""Between two looks at all peers: fine enough for retransmission requests, whose round-trips are
longer, and 1 % of a core for a hundred publishers."""

_SESSION_ID_BITS = 62
"""RFC 9429 §5.2.1: the session id of the o-line fits in a signed 64-bit integer."""

_log = structlog.get_logger("rtc")


class RtcSettings(msgspec.Struct, frozen=True):
    """Where the endpoint listens."""

    host: str = "0.0.0.0"
    """Address that the UDP port is bound to."""
    port: int = 8443
    """UDP port of all WebRTC; 0: any."""
    public_address: str = ""
    """IP address that publishers reach this machine at; empty: this machine's own addresses."""


DEAF_TO_GOODBYE = "FFmpeg"
"""FFmpeg 8's whip muxer waits for ever for the answer to any DTLS record that comes after the
handshake, close_notify too; in silence it notices the closed port and ends with an error."""


class RtcEndpoint:
    """`start`, then `run` as a task, then `close`."""

    def __init__(self, *, settings: RtcSettings, clock: Clock, metrics: CollectorRegistry) -> None:
        self._settings = settings
        self._clock = clock
        self._metrics = RtcMetrics(metrics)
        self._mux = UdpMux(self._metrics)
        self._certificate: Certificate | None = None
        self._candidates: tuple[Candidate, ...] = ()
        self._peers: dict[Peer, None] = {}
        self._occupied = asyncio.Event()

    @property
    def port(self) -> int:
        """The UDP port, once started."""
        return self._mux.local[1]

    @property
    def metrics(self) -> RtcMetrics:
        return self._metrics

    async def start(self) -> None:
        """Binds the port; raises `UdpPortUnusable` or `BadPublicAddress`."""
        self._mux.open(self._settings.host, self._settings.port)
        host, port = self._mux.local
        try:
            reached = addresses.reachable(host, self._settings.public_address)
        except BaseException:
            self._mux.close()
            raise
        self._candidates = tuple(Candidate(address, port) for address in reached)
        self._certificate = generate_certificate()
        _log.info("webrtc listening", port=port, addresses=reached)

    async def run(self) -> None:
        """Lets time pass for all peers, until cancelled; sleeps for good while there are none."""
        while True:
            await self._occupied.wait()
            await asyncio.sleep(TICK_SECONDS)
            now_ns = self._clock.monotonic_ns()
            for peer in list(self._peers):
                self._tick(peer, now_ns)
            self._forget_closed()

    async def close(self) -> None:
        """Ends every peer and frees the port."""
        for peer in list(self._peers):
            peer.close("server stopping")
        self._forget_closed()
        self._mux.close()
        self._certificate = None

    def open(self, offer: Offer, decided: Negotiation, events: PeerEvents) -> Peer:
        """A peer for the offer; it has 15 s to connect."""
        if self._certificate is None:
            raise EndpointClosed("this server takes no WebRTC sessions now", headers=_LATER)
        client = decided.setup == "active"
        dtls = DtlsTransport(
            self._certificate,
            offer.fingerprints,
            client=client,
            says_goodbye=offer.origin != DEAF_TO_GOODBYE,
        )
        peer = Peer(
            mux=self._mux, dtls=dtls, events=events, clock=self._clock, metrics=self._metrics
        )
        peer.open()
        self._peers[peer] = None
        self._metrics.peers = len(self._peers)
        self._occupied.set()
        return peer

    def answer(self, offer: Offer, decided: Negotiation, peer: Peer) -> str:
        """The SDP answer that leads to *peer*."""
        if self._certificate is None:
            raise EndpointClosed("this server takes no WebRTC sessions now", headers=_LATER)
        local = LocalSide(
            ice=peer.ice,
            fingerprint=self._certificate.fingerprint,
            candidates=self._candidates,
            session_id=secrets.randbits(_SESSION_ID_BITS),
        )
        return render(offer, decided, local)

    def _tick(self, peer: Peer, now_ns: int) -> None:
        try:
            peer.tick(now_ns)
        except Exception:  # noqa: BLE001 - a defect costs one peer, not the timer of all
            _log.exception("a peer's timer failed")
            peer.on_fault()

    def _forget_closed(self) -> None:
        for peer in [peer for peer in self._peers if peer.is_closed]:
            del self._peers[peer]
        self._metrics.peers = len(self._peers)
        if not self._peers:
            self._occupied.clear()


_LATER = {"Retry-After": "1"}
"""Seconds until a server that starts is up, or another has taken over."""
