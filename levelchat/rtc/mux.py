"""STUN and DTLS of all peers: ICE-lite (RFC 8445 §2.5) behind the shards' sockets and over TCP.

Comes in: what the forwarding core does not take, datagrams of anybody. Goes out: checks answered,
DTLS handed to the peer whose path a genuine check has proved, SRTP that came over TCP handed to
the core, everything else dropped after one look-up. It keeps nothing of a stranger, and never
logs what a single datagram did.
"""

from typing import Protocol

import structlog

from levelchat.clock import Clock
from levelchat.rtc import stun
from levelchat.rtc.forward.seams import Forwarder
from levelchat.rtc.metrics import RtcMetrics
from levelchat.rtc.path import TCP, Path
from levelchat.rtc.sdp import IceParameters
from levelchat.rtc.stun import Address
from levelchat.rtc.tcp import TcpServer

MAX_ERRORS = 4
"""STUN error responses in `ERRORS_NS`. A publisher with a wrong password learns of it; whoever
sends checks by the thousand gets no thousand answers."""
ERRORS_NS = 20_000_000

_log = structlog.get_logger("rtc")


class MuxPeer(Protocol):
    """What the mux hands a peer's datagrams to."""

    route: int
    """Its number in the forwarding core."""
    shard: int
    """On whose socket it is reached."""

    def on_check(self, path: Path, *, nominated: bool) -> None:
        """A genuine check came by *path*."""

    def on_response(self, datagram: bytes, path: Path) -> None:
        """Perhaps an answer to a check of ours."""

    def on_lost(self, path: Path) -> None:
        """That TCP connection is over."""

    def on_dtls(self, datagram: bytes) -> None:
        """DTLS records came."""

    def on_fault(self) -> None:
        """Handling one of the datagrams raised: a defect of ours."""


class Mux:
    """Who is behind which path."""

    def __init__(
        self, forwarder: Forwarder, tcp: TcpServer, clock: Clock, metrics: RtcMetrics
    ) -> None:
        self._forwarder = forwarder
        self._tcp = tcp
        self._clock = clock
        self._metrics = metrics
        self._by_path: dict[Path, MuxPeer] = {}
        self._by_ufrag: dict[str, tuple[str, MuxPeer]] = {}
        self._asking: dict[Path, MuxPeer] = {}
        self._errors_left = 0
        self._errors_since_ns = 0

    def register(self, ice: IceParameters, peer: MuxPeer) -> None:
        """Checks with these credentials are for *peer*."""
        self._by_ufrag[ice.ufrag] = (ice.password, peer)

    def unregister(self, ice: IceParameters) -> None:
        """Checks with these credentials are nobody's."""
        self._by_ufrag.pop(ice.ufrag, None)

    def claim(self, path: Path, peer: MuxPeer) -> bool:
        """What comes by *path* is for *peer*; False if it is another's, who keeps it."""
        if self._by_path.setdefault(path, peer) is not peer:
            return False
        if path.is_tcp:
            self._tcp.prove(path.address)
        return True

    def release(self, path: Path) -> None:
        """What comes by *path* is nobody's."""
        self._by_path.pop(path, None)
        if path.is_tcp:
            self._tcp.drop(path.address)

    def expect(self, path: Path, peer: MuxPeer) -> None:
        """*peer* sends checks by *path*: STUN responses from there are for it."""
        self._asking[path] = peer

    def forget(self, path: Path, peer: MuxPeer) -> None:
        """It sends no more."""
        if self._asking.get(path) is peer:
            del self._asking[path]

    def send(self, path: Path, datagram: bytes) -> None:
        """Sends at once, or drops (counted)."""
        if path.is_tcp:
            self._tcp.send(datagram, path.address)
        else:
            self._forwarder.send(path.shard, datagram, path.address)

    def on_frame(self, address: Address, datagram: bytes) -> None:
        """What came over TCP."""
        path = Path(TCP, address)
        peer = self._by_path.get(path)
        # RFC 7983 §7: 128 to 191 is SRTP, which the core takes itself where it comes over UDP.
        if peer is not None and 128 <= datagram[0] <= 191:  # noqa: PLR2004
            self._forwarder.deliver(peer.route, datagram, self._clock.now_ns())
        else:
            self.on_datagram(path, datagram)

    def on_lost(self, address: Address) -> None:
        """A TCP connection is over."""
        path = Path(TCP, address)
        peer = self._by_path.pop(path, None)
        if peer is not None:
            peer.on_lost(path)

    def on_datagram(self, path: Path, datagram: bytes) -> None:
        """What the core does not take."""
        metrics = self._metrics
        metrics.datagrams += 1
        peer = self._by_path.get(path)
        first = datagram[0] if datagram else 255
        try:
            # RFC 7983 §7: 0 to 3 is STUN, 20 to 63 DTLS.
            if first <= 3:  # noqa: PLR2004
                peer = self._on_stun(path, datagram)
            elif peer is not None and 20 <= first <= 63:  # noqa: PLR2004
                peer.on_dtls(datagram)
            else:
                metrics.unknown_datagrams += 1
        except Exception:  # noqa: BLE001 - a defect costs one peer, not the port of all
            _log.exception("a datagram was not handled", first_byte=first)
            if peer is not None:
                peer.on_fault()

    def _on_stun(self, path: Path, datagram: bytes) -> MuxPeer | None:
        if datagram[:2] == stun.SUCCESS_BYTES:
            asking = self._asking.get(path)
            if asking is not None:
                asking.on_response(datagram, path)
                return asking
        request = stun.read_request(datagram)
        if request is None:
            self._metrics.stun_rejected += 1
            return None
        # RFC 8489 §9.1.3: without MESSAGE-INTEGRITY or USERNAME the server MUST answer 400; with
        # a username that is not valid, or a wrong integrity, 401.
        if request.integrity is None or request.username is None:
            self._reject(path, request, stun.BAD_REQUEST)
            return None
        password, peer = self._by_ufrag.get(request.ufrag, ("", None))
        if peer is None or path.shard not in (peer.shard, TCP) or not request.is_genuine(password):
            self._reject(path, request, stun.UNAUTHENTICATED)
            return None
        if request.unknown:
            self._reject(path, request, stun.UNKNOWN_ATTRIBUTE)
            return None
        self.send(path, stun.success(request, path.address, password))
        peer.on_check(path, nominated=request.use_candidate)
        return peer

    def _reject(self, path: Path, request: stun.BindingRequest, code: int) -> None:
        self._metrics.stun_rejected += 1
        # RFC 8445 §7.1 has every check carry a fingerprint: what has none is no ICE agent's.
        if request.has_fingerprint and self._may_refuse():
            self._metrics.stun_errors_sent += 1
            self.send(path, stun.error(request, code))

    def _may_refuse(self) -> bool:
        now_ns = self._clock.monotonic_ns()
        if now_ns - self._errors_since_ns >= ERRORS_NS:
            self._errors_since_ns, self._errors_left = now_ns, MAX_ERRORS
        self._errors_left -= 1
        return self._errors_left >= 0
