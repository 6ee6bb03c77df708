"""One UDP socket for all peers: ICE-lite (RFC 8445 §2.5) and demultiplexing (RFC 7983).

Comes in: datagrams of anybody. Goes out: checks answered, SRTP and DTLS handed to the peer whose
address a genuine check has proved, everything else dropped after one look-up. It works through a
bounded number of datagrams and then lets others run, keeps nothing of a stranger, and never logs
what a single datagram did.
"""

import asyncio
import contextlib
import socket
from typing import Protocol

import structlog

from levelchat.rtc import stun
from levelchat.rtc.errors import UdpPortUnusable
from levelchat.rtc.metrics import RtcMetrics
from levelchat.rtc.sdp import IceParameters
from levelchat.rtc.stun import Address

BURST = 96
"""Datagrams of one wake-up: 2 ms of work at most, then timers and HTTP have their turn."""
MAX_ERRORS_PER_BURST = 4
"""STUN error responses of one wake-up. A publisher with a wrong password learns of it; whoever
sends checks by the thousand gets no thousand answers."""
MAX_DATAGRAM = 2048
"""Bytes; SRTP of every sender stays below 1,500."""
BUFFER = 16 << 20
"""Bytes that the system may hold for us, where it allows so many. Each datagram counts as at least
768 there: this is 0.4 s of 50,000 a second, so that a flood and a busy core lose no media."""

_log = structlog.get_logger("rtc")


class MuxPeer(Protocol):
    """What the mux hands a peer's datagrams to."""

    def on_check(self, address: Address, *, nominated: bool) -> None:
        """A genuine check came from *address*."""

    def on_dtls(self, datagram: bytes) -> None:
        """DTLS records came."""

    def on_srtp(self, datagram: bytes) -> None:
        """SRTP or SRTCP came."""

    def on_fault(self) -> None:
        """Handling one of the datagrams raised: a defect of ours."""


class UdpMux:
    """The socket and who is behind which address."""

    def __init__(self, metrics: RtcMetrics) -> None:
        self._metrics = metrics
        self._socket: socket.socket | None = None
        self._by_address: dict[Address, MuxPeer] = {}
        self._by_ufrag: dict[str, tuple[str, MuxPeer]] = {}
        self._errors_left = 0

    @property
    def local(self) -> tuple[str, int]:
        """Address and port that the socket is bound to."""
        if self._socket is None:
            return "", 0
        host, port = self._socket.getsockname()[:2]
        return host, port

    def open(self, host: str, port: int) -> None:
        """Binds and begins to read."""
        self._socket = _bound(host, port)
        asyncio.get_running_loop().add_reader(self._socket.fileno(), self._on_readable)

    def close(self) -> None:
        """Stops reading; the port is free again."""
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket.fileno())
            self._socket.close()
            self._socket = None

    def register(self, ice: IceParameters, peer: MuxPeer) -> None:
        """Checks with these credentials are for *peer*."""
        self._by_ufrag[ice.ufrag] = (ice.password, peer)

    def unregister(self, ice: IceParameters) -> None:
        """Checks with these credentials are nobody's."""
        self._by_ufrag.pop(ice.ufrag, None)

    def claim(self, address: Address, peer: MuxPeer) -> bool:
        """What comes from *address* is for *peer*; False if it is another's, who keeps it."""
        return self._by_address.setdefault(address, peer) is peer

    def release(self, address: Address) -> None:
        """What comes from *address* is nobody's."""
        self._by_address.pop(address, None)

    def send(self, datagram: bytes, address: Address) -> None:
        """Sends at once, or drops (counted): media does not wait."""
        if self._socket is None:
            return
        try:
            self._socket.sendto(datagram, address)
        except OSError:
            self._metrics.send_errors += 1

    def _on_readable(self) -> None:
        if self._socket is None:
            return
        receive = self._socket.recvfrom
        self._errors_left = MAX_ERRORS_PER_BURST
        for _ in range(BURST):
            try:
                datagram, address = receive(MAX_DATAGRAM)
            except BlockingIOError:
                return
            except OSError:
                # An earlier send was refused somewhere; the next datagram knows nothing of it.
                continue
            self._dispatch(datagram, address)

    def _dispatch(self, datagram: bytes, address: Address) -> None:
        metrics = self._metrics
        metrics.datagrams += 1
        peer = self._by_address.get(address)
        first = datagram[0] if datagram else 255
        try:
            # RFC 7983 §7: 0 to 3 is STUN, 20 to 63 DTLS, 128 to 191 RTP or RTCP.
            if peer is not None and 128 <= first <= 191:  # noqa: PLR2004
                peer.on_srtp(datagram)
            elif first <= 3:  # noqa: PLR2004
                peer = self._on_stun(datagram, address)
            elif peer is not None and 20 <= first <= 63:  # noqa: PLR2004
                peer.on_dtls(datagram)
            else:
                metrics.unknown_datagrams += 1
        except Exception:  # noqa: BLE001 - a defect costs one peer, not the port of all
            _log.exception("a datagram was not handled", first_byte=first)
            if peer is not None:
                peer.on_fault()

    def _on_stun(self, datagram: bytes, address: Address) -> MuxPeer | None:
        request = stun.read_request(datagram)
        if request is None:
            self._metrics.stun_rejected += 1
            return None
        # RFC 8489 §9.1.3: without MESSAGE-INTEGRITY or USERNAME the server MUST answer 400; with
        # a username that is not valid, or a wrong integrity, 401.
        if request.integrity is None or request.username is None:
            self._reject(request, stun.BAD_REQUEST, address)
            return None
        password, peer = self._by_ufrag.get(request.ufrag, ("", None))
        if peer is None or not request.is_genuine(password):
            self._reject(request, stun.UNAUTHENTICATED, address)
            return None
        if request.unknown:
            self._reject(request, stun.UNKNOWN_ATTRIBUTE, address)
            return None
        self.send(stun.success(request, address, password), address)
        peer.on_check(address, nominated=request.use_candidate)
        return peer

    def _reject(self, request: stun.BindingRequest, code: int, address: Address) -> None:
        self._metrics.stun_rejected += 1
        # RFC 8445 §7.1 has every check carry a fingerprint: what has none is no ICE agent's.
        if request.has_fingerprint and self._errors_left:
            self._errors_left -= 1
            self._metrics.stun_errors_sent += 1
            self.send(stun.error(request, code), address)


def _bound(host: str, port: int) -> socket.socket:
    sock = None
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_DGRAM, flags=socket.AI_PASSIVE
        )[0]
        sock = socket.socket(family, kind, protocol)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        sock.setblocking(False)
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            sock.setsockopt(socket.SOL_SOCKET, option, BUFFER)
        _force_buffer(sock)
        sock.bind(address)
    except OSError as error:
        if sock is not None:
            sock.close()
        raise UdpPortUnusable(
            f"UDP port {port} on {host} cannot be used ({error.strerror}); "
            "choose another with --udp-port"
        ) from error
    return sock


def _force_buffer(sock: socket.socket) -> None:
    """Beyond the system's limit, where we are allowed to (Linux, CAP_NET_ADMIN)."""
    force = getattr(socket, "SO_RCVBUFFORCE", 33)
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, force, BUFFER)
