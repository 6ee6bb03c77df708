"""One WebRTC peer: its ICE consent, its DTLS association, its SRTP.

Comes in: checks, DTLS and SRTP of addresses that were proved; the time. Goes out: decrypted RTP
and RTCP to whoever listens, RTCP to the peer, and one word when it is over. It parses no media
and holds no task, timer or queue: every datagram is dealt with when it comes.
"""

import secrets
from typing import Protocol

import msgspec

from levelchat.clock import Clock
from levelchat.media.time import NANOSECOND
from levelchat.rtc._aiortc import DtlsTransport, SrtpRefused
from levelchat.rtc.metrics import RtcMetrics
from levelchat.rtc.mux import UdpMux
from levelchat.rtc.sdp import IceParameters
from levelchat.rtc.stun import Address

HANDSHAKE_NS = 15 * NANOSECOND
"""From the answer to DTLS being up. Browsers give ICE up after 15 s too."""
CONSENT_NS = 30 * NANOSECOND
"""RFC 7675 §5.1: consent expires 30 s after the last proof of it. We are ICE-lite and send no
checks; the peer's own, which it must repeat as long as it sends, are the proof."""
MAX_ADDRESSES = 8
"""Addresses that checks have proved: interfaces of a phone, and where it roamed to."""
MAX_SOURCES = 64
"""SSRCs of one peer; libsrtp keeps a state for each. A browser uses four, and four more each time
that it restarts a track."""

_UFRAG_BYTES = 6
_PASSWORD_BYTES = 24
"""RFC 8445 §5.3 wants 24 bits of randomness in a ufrag and 128 in a password."""


class PeerEvents(Protocol):
    """What the owner of a peer hears. Calls come from the event loop and return at once."""

    def on_connected(self) -> None:
        """DTLS is up; media may come."""

    def on_rtp(self, packet: bytes, now_ns: int) -> None:
        """A decrypted RTP packet."""

    def on_rtcp(self, packet: bytes, now_ns: int) -> None:
        """A decrypted RTCP packet."""

    def on_tick(self, now_ns: int) -> None:
        """Some time passed; called about every 20 ms while the peer is connected."""

    def on_closed(self, reason: str) -> None:
        """It is over; nothing else will be called."""


class PeerStats(msgspec.Struct):
    """Counts since the peer began."""

    srtp_packets: int = 0
    srtcp_packets: int = 0
    srtp_errors: int = 0
    checks: int = 0
    moves: int = 0
    """How often it changed its address."""


class Peer:
    """Made by `RtcEndpoint.open`, which also ticks it."""

    def __init__(
        self,
        *,
        mux: UdpMux,
        dtls: DtlsTransport,
        events: PeerEvents,
        clock: Clock,
        metrics: RtcMetrics,
    ) -> None:
        self.ice = _fresh_ice()
        self.stats = PeerStats()
        self.closed_reason = ""
        self._mux = mux
        self._dtls = dtls
        self._events = events
        self._clock = clock
        self._metrics = metrics
        self._former_ice: IceParameters | None = None
        self._address: Address | None = None
        self._proved: dict[Address, None] = {}
        self._sources: set[bytes] = set()
        self._opened_ns = self._checked_ns = clock.monotonic_ns()

    @property
    def is_closed(self) -> bool:
        return bool(self.closed_reason)

    @property
    def is_connected(self) -> bool:
        return self._dtls.is_connected

    @property
    def address(self) -> Address | None:
        """Where it is reached now."""
        return self._address

    def open(self) -> None:
        """Begins to answer checks."""
        self._mux.register(self.ice, self)

    def restart_ice(self) -> IceParameters:
        """New credentials; the former ones hold until a check comes with the new (RFC 8445 §9)."""
        if self._former_ice is not None:
            self._mux.unregister(self._former_ice)
        self._former_ice, self.ice = self.ice, _fresh_ice()
        self._mux.register(self.ice, self)
        return self.ice

    def send_rtcp(self, packet: bytes) -> None:
        """Sends an RTCP packet, compound or reduced-size."""
        if self.is_connected and self._address is not None:
            self._mux.send(self._dtls.protect_rtcp(packet), self._address)

    def close(self, reason: str) -> None:
        """Ends it, once: says goodbye, forgets its addresses, tells the owner why."""
        if self.is_closed:
            return
        self.closed_reason = reason
        self._send(self._dtls.shut_down())
        # RFC 7675 §5.2: consent is revoked at once; nothing is sent after this.
        self._mux.unregister(self.ice)
        if self._former_ice is not None:
            self._mux.unregister(self._former_ice)
        for address in self._proved:
            self._mux.release(address)
        self._events.on_closed(reason)

    def tick(self, now_ns: int) -> None:
        """Time passed; *now_ns* is monotonic."""
        if not self.is_connected:
            self._send(self._dtls.on_time())
            if now_ns - self._opened_ns > HANDSHAKE_NS:
                self.close("no connection within 15 s" if self._proved else "nobody came")
            return
        if now_ns - self._checked_ns > CONSENT_NS:
            self.close("consent expired: no connectivity check for 30 s")
            return
        self._events.on_tick(self._clock.now_ns())

    def on_check(self, address: Address, *, nominated: bool) -> None:
        """A genuine check came from *address*."""
        self.stats.checks += 1
        if address not in self._proved and not self._prove(address):
            return
        self._checked_ns = self._clock.monotonic_ns()
        if self._address is None or (nominated and address != self._address):
            self.stats.moves += self._address is not None
            self._address = address
        if self._dtls.is_new:
            self._send(self._dtls.begin())

    def _prove(self, address: Address) -> bool:
        if not self._mux.claim(address, self):
            return False
        self._proved[address] = None
        if len(self._proved) > MAX_ADDRESSES:
            oldest = next(known for known in self._proved if known != self._address)
            del self._proved[oldest]
            self._mux.release(oldest)
        return True

    def on_dtls(self, datagram: bytes) -> None:
        """DTLS records came."""
        connected = self.is_connected
        self._send(self._dtls.receive(datagram))
        if self._dtls.has_failed:
            self._metrics.dtls_failures += 1
            self.close("DTLS failed: no common cipher, or a certificate that the offer denies")
        elif self._dtls.closed_by_peer:
            self.close("the publisher closed the connection")
        elif self.is_connected and not connected:
            self._events.on_connected()

    def on_srtp(self, datagram: bytes) -> None:
        """SRTP or SRTCP came."""
        if not self.is_connected:
            self._metrics.unknown_datagrams += 1
            return
        # RFC 5761 §4: on one port, packet types 192 to 223 are RTCP.
        is_rtcp = 192 <= datagram[1] <= 223 if len(datagram) > 1 else False  # noqa: PLR2004
        source = datagram[4:8] if is_rtcp else datagram[8:12]
        if source not in self._sources and len(self._sources) >= MAX_SOURCES:
            self._refuse()
            return
        try:
            if is_rtcp:
                packet = self._dtls.unprotect_rtcp(datagram)
            else:
                packet = self._dtls.unprotect(datagram)
        except SrtpRefused:
            self._refuse()
            return
        self._sources.add(source)
        self._deliver(packet, is_rtcp=is_rtcp)

    def _deliver(self, packet: bytes, *, is_rtcp: bool) -> None:
        now_ns = self._clock.now_ns()
        if is_rtcp:
            self.stats.srtcp_packets += 1
            self._events.on_rtcp(packet, now_ns)
        else:
            self.stats.srtp_packets += 1
            self._events.on_rtp(packet, now_ns)

    def on_fault(self) -> None:
        """Handling one of its datagrams raised."""
        self.close("internal error; the log has it")

    def _refuse(self) -> None:
        self.stats.srtp_errors += 1
        self._metrics.srtp_errors += 1

    def _send(self, datagrams: list[bytes]) -> None:
        if self._address is not None:
            for datagram in datagrams:
                self._mux.send(datagram, self._address)


def _fresh_ice() -> IceParameters:
    """Hexadecimal digits are ICE characters, and the URL of an ETag too."""
    return IceParameters(secrets.token_hex(_UFRAG_BYTES), secrets.token_hex(_PASSWORD_BYTES))
