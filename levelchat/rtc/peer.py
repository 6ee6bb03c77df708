"""One WebRTC peer: its ICE consent, its DTLS association, its route through the forwarding core.

Comes in: checks and DTLS of paths that were proved; the time. Goes out: the keys and addresses
that the core works with, and one word when it is over. It parses no media and holds no task,
timer or queue: every datagram is dealt with when it comes.
"""

import secrets
from typing import Protocol

import msgspec

from levelchat.clock import Clock
from levelchat.media.time import NANOSECOND
from levelchat.rtc.association import Association
from levelchat.rtc.checks import Checks
from levelchat.rtc.forward.seams import Forwarder
from levelchat.rtc.metrics import RtcMetrics
from levelchat.rtc.mux import Mux
from levelchat.rtc.path import Path
from levelchat.rtc.sdp import IceParameters, Offer
from levelchat.rtc.stun import Address

HANDSHAKE_NS = 15 * NANOSECOND
"""From the answer to DTLS being up. Browsers give ICE up after 15 s too."""
CONSENT_NS = 30 * NANOSECOND
"""RFC 7675 §5.1: consent expires 30 s after the last proof of it. As ICE-lite we send no checks;
the peer's own, which it must repeat as long as it sends, are the proof."""
MAX_ADDRESSES = 8
"""Addresses that checks have proved: interfaces of a phone, and where it roamed to."""

_UFRAG_BYTES = 6
_PASSWORD_BYTES = 24
"""RFC 8445 §5.3 wants 24 bits of randomness in a ufrag and 128 in a password."""
_CNAME_BYTES = 8


class PeerEvents(Protocol):
    """What the owner of a peer hears. Calls come from the event loop and return at once."""

    def on_connected(self) -> None:
        """DTLS is up, and the route is open: sources can be attached, outlets opened."""

    def on_stray(self, packet: bytes, now_ns: int) -> None:
        """A decrypted RTP packet of an SSRC that no source has."""

    def on_rtcp(self, packet: bytes, now_ns: int) -> None:
        """A decrypted RTCP packet."""

    def on_tick(self, now_ns: int) -> None:
        """Some time passed; called about every 20 ms while the peer is connected, or once a second
        where `Peer.wants_ticks` is off.
        """

    def on_closed(self, reason: str) -> None:
        """It is over; nothing else will be called."""


class _Nobody:
    """The owner of a closed peer: peer and owner know each other, and would wait for the garbage
    collector.
    """

    def on_connected(self) -> None: ...

    def on_stray(self, packet: bytes, now_ns: int) -> None: ...

    def on_rtcp(self, packet: bytes, now_ns: int) -> None: ...

    def on_tick(self, now_ns: int) -> None: ...

    def on_closed(self, reason: str) -> None: ...


_NOBODY = _Nobody()


class PeerStats(msgspec.Struct):
    """Counts since the peer began."""

    srtp_packets: int = 0
    srtcp_packets: int = 0
    srtp_errors: int = 0
    checks: int = 0
    moves: int = 0
    """How often it went from one path to another."""


class Means(msgspec.Struct, frozen=True):
    """What every peer of an endpoint uses."""

    mux: Mux
    forwarder: Forwarder
    clock: Clock
    metrics: RtcMetrics


class Peer:
    """Made by `RtcEndpoint`, which also ticks it."""

    def __init__(
        self, route: int, shard: int, association: Association, events: PeerEvents, means: Means
    ) -> None:
        self.route = route
        """Its number in the forwarding core."""
        self.shard = shard
        self.ice = _fresh_ice()
        self.closed_reason = ""
        self.events = events
        self.wants_ticks = True
        """Its owner has work every 20 ms; False: it needs none, and is looked at once a second."""
        self.only_receives = False
        """Its owner sends nothing in `on_connected`, which then comes before the other side hears
        that it may send: its first packet, which a key frame begins with, finds its source."""
        self._association = association
        self._means = means
        self._stats = PeerStats()
        self._former_ice: IceParameters | None = None
        self._path: Path | None = None
        self._proved: dict[Path, None] = {}
        self._checks: Checks | None = None
        self._asked: tuple[Path, ...] = ()
        self._opened_ns = self._checked_ns = means.clock.monotonic_ns()

    @property
    def stats(self) -> PeerStats:
        """A copy of the counts."""
        core = self._means.forwarder.route_stats(self.route)
        return msgspec.structs.replace(
            self._stats,
            srtp_packets=self._stats.srtp_packets or core.srtp_packets,
            srtcp_packets=self._stats.srtcp_packets or core.srtcp_packets,
            srtp_errors=self._stats.srtp_errors or core.srtp_errors,
        )

    @property
    def is_closed(self) -> bool:
        return bool(self.closed_reason)

    @property
    def is_connected(self) -> bool:
        return self._association.is_connected

    @property
    def is_brisk(self) -> bool:
        """It is looked at every 20 ms."""
        if self.closed_reason:
            return False
        return self.wants_ticks or self._checks is not None or not self.is_connected

    @property
    def address(self) -> Address | None:
        """Where it is reached now."""
        return self._path.address if self._path is not None else None

    @property
    def is_over_tcp(self) -> bool:
        """It is reached by a TCP connection."""
        return self._path is not None and self._path.is_tcp

    @property
    def round_trip_ns(self) -> int:
        """Of our own checks; 0 where we send none."""
        return self._checks.round_trip_ns if self._checks is not None else 0

    def open(self) -> None:
        """Begins to answer checks."""
        self._means.mux.register(self.ice, self)

    def accept(self, answer: Offer) -> None:
        """The other side's answer to our offer."""
        self._association.expect(answer.fingerprints, client=answer.setup == "passive")
        if self._path is not None and self._association.is_new:
            self._send(self._association.begin())

    def control(self, addresses: tuple[Address, ...], remote: IceParameters) -> None:
        """Sends checks to *addresses*, where an ICE-lite agent answers."""
        self._checks = Checks(addresses, self.ice, remote)
        self._asked = tuple(Path(self.shard, address) for address in addresses)
        for path in self._asked:
            self._means.mux.expect(path, self)
        self._send_checks(self._means.clock.monotonic_ns())

    def restart_ice(self) -> IceParameters:
        """New credentials; the former ones hold until a check comes with the new (RFC 8445 §9)."""
        if self._former_ice is not None:
            self._means.mux.unregister(self._former_ice)
        self._former_ice, self.ice = self.ice, _fresh_ice()
        self._means.mux.register(self.ice, self)
        return self.ice

    def send_rtcp(self, packet: bytes) -> None:
        """Sends an RTCP packet, compound or reduced-size."""
        if self.is_connected:
            self._means.forwarder.send_rtcp(self.route, packet)

    def close(self, reason: str) -> None:
        """Ends it, once: says goodbye, forgets its addresses, tells the owner why."""
        if self.is_closed:
            return
        self._stats = self.stats
        self.closed_reason = reason
        self._send(self._association.shut_down())
        mux = self._means.mux
        # RFC 7675 §5.2: consent is revoked at once; nothing is sent after this.
        mux.unregister(self.ice)
        if self._former_ice is not None:
            mux.unregister(self._former_ice)
        for path in self._proved:
            mux.release(path)
        for path in self._asked:
            mux.forget(path, self)
        self._means.forwarder.close_route(self.route)
        events, self.events = self.events, _NOBODY
        events.on_closed(reason)

    def tick(self, now_ns: int) -> None:
        """Time passed; *now_ns* is monotonic."""
        self._send_checks(now_ns)
        self._send(self._association.on_time())
        if not self.is_connected:
            if now_ns - self._opened_ns > HANDSHAKE_NS:
                self.close("no connection within 15 s" if self._proved else "nobody came")
            return
        if self._checks is not None and self._checks.is_over(now_ns):
            self.close("consent expired: no answer to our checks for 10 s")
            return
        if self._checks is None and now_ns - self._checked_ns > CONSENT_NS:
            self.close("consent expired: no connectivity check for 30 s")
            return
        self.events.on_tick(self._means.clock.now_ns())

    def _send_checks(self, now_ns: int) -> None:
        if self._checks is not None:
            for address, check in self._checks.due(now_ns):
                self._means.mux.send(Path(self.shard, address), check)

    def on_response(self, datagram: bytes, path: Path) -> None:
        """Perhaps an answer to a check of ours."""
        now_ns = self._means.clock.monotonic_ns()
        if self._checks is None or not self._checks.on_response(datagram, path.address, now_ns):
            self._means.metrics.stun_rejected += 1
            return
        if path in self._proved or self._prove(path):
            self._arrive(path, nominated=False)

    def on_check(self, path: Path, *, nominated: bool) -> None:
        """A genuine check came by *path*."""
        self._stats.checks += 1
        if path not in self._proved and not self._prove(path):
            return
        self._checked_ns = self._means.clock.monotonic_ns()
        self._arrive(path, nominated=nominated)

    def on_lost(self, path: Path) -> None:
        """A TCP connection of its is over; it may open another, until consent expires."""
        self._proved.pop(path, None)
        if path == self._path:
            # RFC 8445 §12.1: data goes to the selected pair; the next check selects one.
            self._path = None

    def _arrive(self, path: Path, *, nominated: bool) -> None:
        if self._path is None or (nominated and path != self._path):
            self._stats.moves += self._path is not None
            self._path = path
            if self.is_connected:
                self._aim()
        if self._association.is_new:
            self._send(self._association.begin())

    def _aim(self) -> None:
        path = self._path
        address = path.address if path is not None and not path.is_tcp else None
        self._means.forwarder.aim(self.route, address)

    def _prove(self, path: Path) -> bool:
        mux, forwarder = self._means.mux, self._means.forwarder
        if not mux.claim(path, self):
            return False
        self._proved[path] = None
        if self.is_connected and not path.is_tcp:
            forwarder.bind(self.route, path.address)
        if len(self._proved) > MAX_ADDRESSES:
            oldest = next(known for known in self._proved if known != self._path)
            del self._proved[oldest]
            mux.release(oldest)
            if not oldest.is_tcp:
                forwarder.unbind(oldest.address, self.shard)
        return True

    def on_outgoing(self, datagram: bytes) -> None:
        """SRTP that the core was not told an address for."""
        self._send([datagram])

    def on_dtls(self, datagram: bytes) -> None:
        """DTLS records came."""
        connected, keys = self.is_connected, self._association.keys
        flight = self._association.receive(datagram)
        if self._association.keys != keys:
            self._open_route()
        begins = self.is_connected and not connected
        if begins and self.only_receives:
            self.events.on_connected()
        self._send(flight)
        if self._association.has_failed:
            self._means.metrics.dtls_failures += 1
            self.close("DTLS failed: no common cipher, or a certificate that the offer denies")
        elif self._association.closed_by_peer:
            self.close("the publisher closed the connection")
        elif begins and not self.only_receives:
            self.events.on_connected()

    def _open_route(self) -> None:
        forwarder = self._means.forwarder
        rx, tx = self._association.sessions
        forwarder.open_route(self.route, self.shard, rx, tx, secrets.token_hex(_CNAME_BYTES))
        for path in self._proved:
            if not path.is_tcp:
                forwarder.bind(self.route, path.address)
        self._aim()

    def on_fault(self) -> None:
        """Handling one of its datagrams raised."""
        self.close("internal error; the log has it")

    def _send(self, datagrams: list[bytes]) -> None:
        if self._path is not None:
            for datagram in datagrams:
                self._means.mux.send(self._path, datagram)


def _fresh_ice() -> IceParameters:
    """Hexadecimal digits are ICE characters, and the URL of an ETag too."""
    return IceParameters(secrets.token_hex(_UFRAG_BYTES), secrets.token_hex(_PASSWORD_BYTES))
