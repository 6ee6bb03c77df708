"""The one adapter to aiortc: DTLS and SRTP without its tasks, sockets and decoders.

Comes in: datagrams and the time that passes. Goes out: datagrams to send, then SRTP both ways.
aiortc checks the peer's identity, derives the keys and sets the SRTP policies; its event loop
pump is replaced by plain calls, so that a peer costs no task and no queue.
"""

from collections.abc import Iterator
from typing import cast

import pylibsrtp
from aiortc import RTCCertificate
from aiortc.rtcdtlstransport import (
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    SRTPProtectionProfile,
    State,
)
from aiortc.rtcicetransport import RTCIceTransport
from OpenSSL import SSL

from levelchat.rtc.sdp import Fingerprint

MAX_FLIGHT = 16_384
"""Bytes of one DTLS flight; a real one stays below 4,096."""
MAX_DATAGRAM = 1200
"""Bytes of a datagram of DTLS records: passes every path that carries WebRTC."""
MAX_APPLICATION_DATA = 16_384
"""Bytes of one DTLS record (RFC 6347 §4.1.1); what comes in one is of no use to us."""
_HANDSHAKE = 22
_CLIENT_HELLO = 1
_RECORD_HEADER = 13
"""RFC 6347 §4.1: type, version, epoch, sequence number, length."""


class Certificate:
    """One P-256 certificate for all peers of a process (RFC 8827 §6.5)."""

    def __init__(self, certificate: RTCCertificate) -> None:
        self.rtc = certificate
        self.fingerprint = next(
            Fingerprint(item.algorithm, item.value)
            for item in certificate.getFingerprints()
            if item.algorithm == "sha-256"
        )
        self._context: SSL.Context | None = None

    def context(self, profiles: list[SRTPProtectionProfile]) -> SSL.Context:
        """For every association, since all of them use the same; making one takes 0.5 ms."""
        if self._context is None:
            self._context = self.rtc._create_ssl_context(srtp_profiles=profiles)
        return self._context


def generate_certificate() -> Certificate:
    """A fresh certificate; valid for 30 days, which nobody who knows its fingerprint checks."""
    return Certificate(RTCCertificate.generateCertificate())


class DtlsTransport(RTCDtlsTransport):
    """One DTLS-SRTP association. Every method returns at once.

    Without *says_goodbye* it ends in silence, for peers that cannot take a close_notify.
    """

    def __init__(
        self,
        certificate: Certificate,
        fingerprints: tuple[Fingerprint, ...],
        *,
        client: bool,
        says_goodbye: bool = True,
    ) -> None:
        # Only its sending and receiving parts are ever used, and both are replaced here.
        super().__init__(cast("RTCIceTransport", None), [certificate.rtc])
        self._set_role("client" if client else "server")
        self._certificate = certificate
        self._expected = RTCDtlsParameters(
            [RTCDtlsFingerprint(item.algorithm, item.value) for item in fingerprints]
        )
        self._says_goodbye = says_goodbye
        self.closed_by_peer = False

    @property
    def is_new(self) -> bool:
        return self._state is State.NEW

    @property
    def is_connected(self) -> bool:
        return self._state is State.CONNECTED

    @property
    def has_failed(self) -> bool:
        return self._state is State.FAILED

    def begin(self) -> list[bytes]:
        """Starts the handshake; a client's first datagrams."""
        self._ssl = SSL.Connection(self._certificate.context(self._srtp_profiles))
        if self._role == "client":
            self._ssl.set_connect_state()
        else:
            self._ssl.set_accept_state()
        self._set_state(State.CONNECTING)
        return self._advance()

    def receive(self, datagram: bytes) -> list[bytes]:
        """Takes a datagram of DTLS records; the datagrams that answer it."""
        if self._ssl is None or self._state not in (State.CONNECTING, State.CONNECTED):
            return []
        self._ssl.bio_write(datagram)
        if self._state is State.CONNECTING:
            return self._advance()
        try:
            # Each takes one record, and what is not taken would wait in memory for good.
            while self._ssl.recv(MAX_APPLICATION_DATA):
                pass
        except SSL.ZeroReturnError:
            self.closed_by_peer = True
        except SSL.Error:
            # Nothing for us: a retransmitted record, or garbage that DTLS dropped by itself.
            pass
        return self._flight()

    def on_time(self) -> list[bytes]:
        """Retransmits what was not answered in time (RFC 6347 §4.2.4)."""
        if self._ssl is None or self._state is not State.CONNECTING:
            return []
        left = self._ssl.DTLSv1_get_timeout()
        if left is None or left > 0:
            return []
        try:
            self._ssl.DTLSv1_handle_timeout()
        except SSL.Error:
            self._set_state(State.FAILED)
        return self._flight()

    def shut_down(self) -> list[bytes]:
        """Says goodbye: the datagrams with close_notify."""
        if self._ssl is None or self._state is not State.CONNECTED:
            return []
        self._set_state(State.CLOSED)
        if not self._says_goodbye:
            return []
        try:
            self._ssl.shutdown()
        except SSL.Error:
            return []
        return self._flight()

    @property
    def sessions(self) -> tuple[pylibsrtp.Session, pylibsrtp.Session]:
        """What unprotects the other side's packets and what protects ours, once connected."""
        return self._rx_srtp, self._tx_srtp

    def _advance(self) -> list[bytes]:
        assert self._ssl is not None  # noqa: S101 - `begin` made it
        try:
            self._ssl.do_handshake()
        except SSL.WantReadError:
            return self._flight()
        except SSL.Error:
            self._set_state(State.FAILED)
            return self._flight()
        self.encrypted = True
        self._validate_peer_identity(self._expected)
        if not self.has_failed:
            self._setup_srtp()
        if not self.has_failed:
            self._set_state(State.CONNECTED)
        return self._flight()

    def _flight(self) -> list[bytes]:
        assert self._ssl is not None  # noqa: S101 - `begin` made it
        try:
            return list(_datagrams(self._ssl.bio_read(MAX_FLIGHT)))
        except SSL.Error:
            return []


def _datagrams(flight: bytes) -> Iterator[bytes]:
    """Whole records, as many as fit in a datagram.

    OpenSSL's memory buffer forgets where one datagram ended, and a record must not be cut.
    """
    start = position = 0
    while position + _RECORD_HEADER <= len(flight):
        length = int.from_bytes(flight[position + 11 : position + _RECORD_HEADER], "big")
        end = position + _RECORD_HEADER + length
        if end - start > MAX_DATAGRAM and position > start:
            yield flight[start:position]
            start = position
        position = end
    if start < len(flight):
        yield flight[start:]


def begins_association(datagram: bytes) -> bool:
    """Whether *datagram* begins with a ClientHello in the clear."""
    # RFC 6347 §4.1: epoch 0 is before any keys; §4.2.2: handshake type 1 is client_hello.
    return (
        len(datagram) > _RECORD_HEADER
        and datagram[0] == _HANDSHAKE
        and datagram[3:5] == b"\0\0"
        and datagram[_RECORD_HEADER] == _CLIENT_HELLO
    )


def random_of(datagram: bytes) -> bytes:
    """What tells the ClientHello that *datagram* begins with from another's, and stays the same
    when it is sent again.
    """
    # RFC 6347 §4.2.2: 12 bytes of handshake header; RFC 5246 §7.4.1.2: version, then the random.
    start = _RECORD_HEADER + 12 + 2
    return datagram[start : start + 32]


def is_in_the_clear(datagram: bytes) -> bool:
    """Whether its first record is of a handshake that has no keys yet."""
    return len(datagram) > _RECORD_HEADER and datagram[3:5] == b"\0\0"
