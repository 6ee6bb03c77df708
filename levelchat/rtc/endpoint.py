"""The WebRTC endpoint of a process: its ports, one certificate, all peers, one core.

Comes in: offers that were taken. Goes out: peers, sources, outlets, our side of answers. It owns
the one timer of all peers, which runs only while there is a peer. It knows nothing of rooms.
"""

import asyncio
import contextlib
import itertools
import secrets
import socket
from collections.abc import Callable

import structlog
from prometheus_client import CollectorRegistry

from levelchat.clock import Clock
from levelchat.rtc import addresses, sockets
from levelchat.rtc._aiortc import Certificate, DtlsTransport, generate_certificate
from levelchat.rtc.answer import Candidate, LocalSide
from levelchat.rtc.association import Association
from levelchat.rtc.errors import EndpointClosed
from levelchat.rtc.forward import choose
from levelchat.rtc.forward.seams import (
    Forwarder,
    Numbers,
    OutletConfig,
    OutletEvents,
    SourceConfig,
    SourceEvents,
)
from levelchat.rtc.metrics import RtcMetrics
from levelchat.rtc.mux import Mux
from levelchat.rtc.owners import Owners
from levelchat.rtc.peer import Means, Peer, PeerEvents
from levelchat.rtc.sdp import Fingerprint, Offer
from levelchat.rtc.settings import RtcSettings, default_shards
from levelchat.rtc.stun import Address
from levelchat.rtc.tcp import TcpServer

TICK_SECONDS = 0.02
"""Between two looks at peers: fine enough for retransmission requests, whose round-trips are
longer, and 1 % of a core for a hundred publishers."""
CALM_ROUNDS = 50
"""Rounds between two looks at a peer that needs no more than that its consent is watched."""

_SESSION_ID_BITS = 62
"""RFC 9429 §5.2.1: the session id of the o-line fits in a signed 64-bit integer."""

DEAF_TO_GOODBYE = "FFmpeg"
"""FFmpeg 8's whip muxer waits for ever for the answer to any DTLS record that comes after the
handshake, close_notify too; in silence it notices the closed port and ends with an error."""

_LATER = {"Retry-After": "1"}
"""Seconds until a server that starts is up, or another has taken over."""

_log = structlog.get_logger("rtc")


class RtcEndpoint:
    """`start`, then `run` as a task, then `close`."""

    def __init__(self, *, settings: RtcSettings, clock: Clock, metrics: CollectorRegistry) -> None:
        self._settings = settings
        self._clock = clock
        self.forwarder: Forwarder = choose.make(settings.core, clock)
        self.numbers = Numbers()
        self._metrics = RtcMetrics(metrics, self.forwarder)
        self._occupied = asyncio.Event()
        self._tcp = TcpServer(clock, self._metrics, self._occupied)
        self._mux = Mux(self.forwarder, self._tcp, clock, self._metrics)
        self._means = Means(self._mux, self.forwarder, clock, self._metrics)
        self._owners = Owners(self._mux)
        self._sockets: list[socket.socket] = []
        self._certificate: Certificate | None = None
        self._reached: tuple[str, ...] = ()
        self._peers: dict[Peer, None] = {}
        self._brisk: dict[Peer, None] = {}
        """Those that are looked at in each round."""
        self._calm: list[dict[Peer, None]] = [{} for _ in range(CALM_ROUNDS)]
        """All, by the round that looks at them in any case."""
        self._crowd: list[int] = []

    @property
    def port(self) -> int:
        """The first UDP port, once started."""
        return self._sockets[0].getsockname()[1] if self._sockets else 0

    @property
    def tcp_port(self) -> int:
        """0 where there is no WebRTC over TCP."""
        return self._tcp.port

    @property
    def shards(self) -> int:
        """How many ports and threads it has."""
        return self._settings.shards or default_shards()

    @property
    def metrics(self) -> RtcMetrics:
        return self._metrics

    async def start(self) -> None:
        """Binds the ports; raises `UdpPortUnusable`, `TcpPortUnusable` or `BadPublicAddress`."""
        settings = self._settings
        shards = self.shards
        with contextlib.ExitStack() as undo:
            bound = sockets.bind_all(settings.host, settings.port, shards)
            for sock in bound:
                undo.callback(sock.close)
            host = bound[0].getsockname()[0]
            self._reached = addresses.reachable(host, settings.public_address)
            if settings.tcp_port >= 0:
                listening = sockets.listen(settings.host, settings.tcp_port or settings.port)
                undo.callback(listening.close)
            self.forwarder.open(bound, self._owners)
            undo.callback(self.forwarder.close)
            if settings.tcp_port >= 0:
                await self._tcp.open(listening, self._mux.on_frame, self._mux.on_lost)
            undo.pop_all()
        self._sockets = bound
        self._crowd = [0] * shards
        self._metrics.shards = shards
        self._certificate = generate_certificate()
        _log.info(
            "webrtc listening",
            ports=[sock.getsockname()[1] for sock in bound],
            tcp_port=self.tcp_port,
            addresses=self._reached,
            core=self.forwarder.name,
        )

    async def run(self) -> None:
        """Lets time pass for all peers, until cancelled; sleeps for good while there are none."""
        for turn in itertools.cycle(range(CALM_ROUNDS)):
            await self._occupied.wait()
            await asyncio.sleep(TICK_SECONDS)
            self._go_round(turn)

    def _go_round(self, turn: int) -> None:
        now_ns = self._clock.monotonic_ns()
        due = [*(self._brisk | self._calm[turn])]
        for peer in due:
            self._tick(peer, now_ns)
        self._tcp.tick(now_ns)
        self._forget_closed(due)

    async def close(self) -> None:
        """Ends every peer and frees the ports."""
        for peer in list(self._peers):
            peer.close("server stopping")
        self._forget_closed(list(self._peers))
        await self._tcp.close()
        if self._sockets:
            self.forwarder.close()
        for sock in self._sockets:
            sock.close()
        self._sockets = []
        self._certificate = None

    def open(self, offer: Offer, setup: str, events: PeerEvents) -> Peer:
        """A peer for an offer that we answer; *setup* is our role in DTLS. It has 15 s."""
        peer = self._peer(events, offer.fingerprints, setup, offer.origin != DEAF_TO_GOODBYE)
        peer.open()
        return peer

    def open_offering(self, events: PeerEvents) -> Peer:
        """A peer for an offer of ours; `Peer.accept` takes the answer."""
        peer = self._peer(events, None, "passive", says_goodbye=True)
        peer.open()
        return peer

    def open_controlling(self, offer: Offer, setup: str, events: PeerEvents) -> Peer:
        """A peer for the offer of an ICE-lite agent, to whose candidates it sends checks."""
        peer = self._peer(events, offer.fingerprints, setup, says_goodbye=True)
        peer.open()
        family = self._sockets[peer.shard].family
        peer.control(_reachable(offer, family), offer.ice)
        return peer

    def local_side(self, peer: Peer) -> LocalSide:
        """What an answer or offer says of *peer*."""
        certificate = self._open_certificate()
        port = self._sockets[peer.shard].getsockname()[1]
        candidates = [Candidate(address, port) for address in self._reached]
        if self.tcp_port:
            candidates += [Candidate(address, self.tcp_port, "tcp") for address in self._reached]
        return LocalSide(
            ice=peer.ice,
            fingerprint=certificate.fingerprint,
            candidates=tuple(candidates),
            session_id=secrets.randbits(_SESSION_ID_BITS),
        )

    def open_source(self, config: SourceConfig, events: SourceEvents | None) -> int:
        """A source; its number."""
        number = self.numbers.next()
        self.forwarder.open_source(number, config)
        if events is not None:
            self._owners.sources[number] = events
        return number

    def close_source(self, source: int) -> None:
        """Whoever carries it carries nothing."""
        self._owners.sources.pop(source, None)
        self.forwarder.close_source(source)

    def open_outlet(self, peer: Peer, config: OutletConfig, events: OutletEvents) -> int:
        """An outlet of a connected peer; its number."""
        number = self.numbers.next()
        self.forwarder.open_outlet(number, peer.route, config)
        self._owners.outlets[number] = (peer, events)
        return number

    def close_outlet(self, outlet: int) -> None:
        """Nothing more goes out by it."""
        self._owners.outlets.pop(outlet, None)
        self.forwarder.close_outlet(outlet)

    def _peer(
        self,
        events: PeerEvents,
        fingerprints: tuple[Fingerprint, ...] | None,
        setup: str,
        says_goodbye: bool,  # noqa: FBT001 - one call says it by position
    ) -> Peer:
        make = self._transports(self._open_certificate(), says_goodbye=says_goodbye)
        association = Association(make, fingerprints, client=setup == "active")
        shard = min(range(len(self._crowd)), key=self._crowd.__getitem__)
        peer = Peer(self.numbers.next(), shard, association, events, self._means)
        self._crowd[shard] += 1
        self._peers[peer] = self._brisk[peer] = None
        self._calm[peer.route % CALM_ROUNDS][peer] = None
        self._owners.peers[peer.route] = peer
        self._metrics.peers = len(self._peers)
        self._occupied.set()
        return peer

    def _transports(
        self, certificate: Certificate, *, says_goodbye: bool
    ) -> Callable[[tuple[Fingerprint, ...], bool], DtlsTransport]:
        def make(fingerprints: tuple[Fingerprint, ...], client: bool) -> DtlsTransport:  # noqa: FBT001
            return DtlsTransport(
                certificate, fingerprints, client=client, says_goodbye=says_goodbye
            )

        return make

    def _open_certificate(self) -> Certificate:
        if self._certificate is None:
            raise EndpointClosed("this server takes no WebRTC sessions now", headers=_LATER)
        return self._certificate

    def _tick(self, peer: Peer, now_ns: int) -> None:
        if peer.is_closed:
            return
        try:
            peer.tick(now_ns)
        except Exception:  # noqa: BLE001 - a defect costs one peer, not the timer of all
            _log.exception("a peer's timer failed")
            peer.on_fault()

    def _forget_closed(self, looked_at: list[Peer]) -> None:
        for peer in looked_at:
            if not peer.is_brisk:
                self._brisk.pop(peer, None)
            if peer.is_closed:
                del self._peers[peer], self._calm[peer.route % CALM_ROUNDS][peer]
                self._crowd[peer.shard] -= 1
                self._owners.forget(peer)
        self._metrics.peers = len(self._peers)
        if not self._peers and not self._tcp.is_busy:
            self._occupied.clear()


def _reachable(offer: Offer, family: int) -> tuple[Address, ...]:
    """Candidates over UDP that a socket of *family* can send to."""
    found: list[Address] = []
    for candidate in offer.candidates:
        if candidate.protocol != "udp":
            continue
        is_six = ":" in candidate.address
        if family == socket.AF_INET6:
            mapped = candidate.address if is_six else f"::ffff:{candidate.address}"
            found.append((mapped, candidate.port, 0, 0))
        elif not is_six:
            found.append((candidate.address, candidate.port))
    return tuple(found)
