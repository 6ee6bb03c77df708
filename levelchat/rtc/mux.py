"""STUN and DTLS of all peers: ICE-lite (RFC 8445 §2.5) behind the shards' sockets.

Comes in: what the forwarding core does not take, datagrams of anybody. Goes out: checks answered,
DTLS handed to the peer whose address a genuine check has proved, everything else dropped after
one look-up. It keeps nothing of a stranger, and never logs what a single datagram did.
"""

from typing import Protocol

import structlog

from levelchat.clock import Clock
from levelchat.rtc import stun
from levelchat.rtc.forward.seams import Forwarder
from levelchat.rtc.metrics import RtcMetrics
from levelchat.rtc.sdp import IceParameters
from levelchat.rtc.stun import Address

MAX_ERRORS = 4
"""STUN error responses in `ERRORS_NS`. A publisher with a wrong password learns of it; whoever
sends checks by the thousand gets no thousand answers."""
ERRORS_NS = 20_000_000

_log = structlog.get_logger("rtc")


class MuxPeer(Protocol):
    """What the mux hands a peer's datagrams to."""

    @property
    def shard(self) -> int:
        """On whose socket it is reached."""

    def on_check(self, address: Address, *, nominated: bool) -> None:
        """A genuine check came from *address*."""

    def on_response(self, datagram: bytes, address: Address) -> None:
        """Perhaps an answer to a check of ours."""

    def on_dtls(self, datagram: bytes) -> None:
        """DTLS records came."""

    def on_fault(self) -> None:
        """Handling one of the datagrams raised: a defect of ours."""


class UdpMux:
    """Who is behind which address of which shard."""

    def __init__(self, forwarder: Forwarder, clock: Clock, metrics: RtcMetrics) -> None:
        self._forwarder = forwarder
        self._clock = clock
        self._metrics = metrics
        self._by_address: dict[tuple[int, Address], MuxPeer] = {}
        self._by_ufrag: dict[str, tuple[str, MuxPeer]] = {}
        self._asking: dict[tuple[int, Address], MuxPeer] = {}
        self._errors_left = 0
        self._errors_since_ns = 0

    def register(self, ice: IceParameters, peer: MuxPeer) -> None:
        """Checks with these credentials are for *peer*."""
        self._by_ufrag[ice.ufrag] = (ice.password, peer)

    def unregister(self, ice: IceParameters) -> None:
        """Checks with these credentials are nobody's."""
        self._by_ufrag.pop(ice.ufrag, None)

    def claim(self, shard: int, address: Address, peer: MuxPeer) -> bool:
        """What comes from *address* is for *peer*; False if it is another's, who keeps it."""
        return self._by_address.setdefault((shard, address), peer) is peer

    def release(self, shard: int, address: Address) -> None:
        """What comes from *address* is nobody's."""
        self._by_address.pop((shard, address), None)

    def expect(self, shard: int, address: Address, peer: MuxPeer) -> None:
        """*peer* sends checks to *address*: STUN responses from there are for it."""
        self._asking[shard, address] = peer

    def forget(self, shard: int, address: Address, peer: MuxPeer) -> None:
        """It sends no more."""
        if self._asking.get((shard, address)) is peer:
            del self._asking[shard, address]

    def send(self, shard: int, datagram: bytes, address: Address) -> None:
        """Sends at once, or drops (counted by the core)."""
        self._forwarder.send(shard, datagram, address)

    def on_datagram(self, shard: int, datagram: bytes, address: Address) -> None:
        """What the core does not take itself."""
        metrics = self._metrics
        metrics.datagrams += 1
        peer = self._by_address.get((shard, address))
        first = datagram[0] if datagram else 255
        try:
            # RFC 7983 §7: 0 to 3 is STUN, 20 to 63 DTLS.
            if first <= 3:  # noqa: PLR2004
                peer = self._on_stun(shard, datagram, address)
            elif peer is not None and 20 <= first <= 63:  # noqa: PLR2004
                peer.on_dtls(datagram)
            else:
                metrics.unknown_datagrams += 1
        except Exception:  # noqa: BLE001 - a defect costs one peer, not the port of all
            _log.exception("a datagram was not handled", first_byte=first)
            if peer is not None:
                peer.on_fault()

    def _on_stun(self, shard: int, datagram: bytes, address: Address) -> MuxPeer | None:
        if datagram[:2] == stun.SUCCESS_BYTES:
            asking = self._asking.get((shard, address))
            if asking is not None:
                asking.on_response(datagram, address)
                return asking
        request = stun.read_request(datagram)
        if request is None:
            self._metrics.stun_rejected += 1
            return None
        # RFC 8489 §9.1.3: without MESSAGE-INTEGRITY or USERNAME the server MUST answer 400; with
        # a username that is not valid, or a wrong integrity, 401.
        if request.integrity is None or request.username is None:
            self._reject(shard, request, stun.BAD_REQUEST, address)
            return None
        password, peer = self._by_ufrag.get(request.ufrag, ("", None))
        if peer is None or peer.shard != shard or not request.is_genuine(password):
            self._reject(shard, request, stun.UNAUTHENTICATED, address)
            return None
        if request.unknown:
            self._reject(shard, request, stun.UNKNOWN_ATTRIBUTE, address)
            return None
        self.send(shard, stun.success(request, address, password), address)
        peer.on_check(address, nominated=request.use_candidate)
        return peer

    def _reject(
        self, shard: int, request: stun.BindingRequest, code: int, address: Address
    ) -> None:
        self._metrics.stun_rejected += 1
        # RFC 8445 §7.1 has every check carry a fingerprint: what has none is no ICE agent's.
        if request.has_fingerprint and self._may_refuse():
            self._metrics.stun_errors_sent += 1
            self.send(shard, stun.error(request, code), address)

    def _may_refuse(self) -> bool:
        now_ns = self._clock.monotonic_ns()
        if now_ns - self._errors_since_ns >= ERRORS_NS:
            self._errors_since_ns, self._errors_left = now_ns, MAX_ERRORS
        self._errors_left -= 1
        return self._errors_left >= 0
