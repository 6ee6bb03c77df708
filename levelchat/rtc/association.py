"""The DTLS of one peer: the association that holds, and one that may take its place.

Comes in: datagrams of DTLS, the time. Goes out: datagrams, and SRTP sessions, anew whenever a
handshake has succeeded. A client that begins anew (another ClientHello) is let through only once
its handshake has: until then what holds goes on, so that a forged one disturbs nothing. One that
goes unanswered makes room for another, so that a forged one is not in a real one's way either.
"""

from collections.abc import Callable
from typing import Any

from levelchat.rtc._aiortc import (
    DtlsTransport,
    begins_association,
    is_in_the_clear,
    random_of,
)
from levelchat.rtc.sdp import Fingerprint

Make = Callable[[tuple[Fingerprint, ...], bool], DtlsTransport]
"""A transport for the other side's fingerprints; true: we are the client."""


class Association:
    """*make* makes transports. Without fingerprints it waits for `expect`."""

    def __init__(
        self, make: Make, fingerprints: tuple[Fingerprint, ...] | None, *, client: bool
    ) -> None:
        self._make = make
        self._fingerprints = fingerprints or ()
        self._client = client
        self._holds = make(fingerprints, client) if fingerprints is not None else None
        self._next: DtlsTransport | None = None
        self._next_random = b""
        self._is_unanswered = False
        """What it said had to be said again: no more than one a second is begun."""
        self.keys = 0
        """How many handshakes have succeeded."""

    def expect(self, fingerprints: tuple[Fingerprint, ...], *, client: bool) -> None:
        """Who the other side is, when that came later."""
        if self._holds is None:
            self._fingerprints, self._client = fingerprints, client
            self._holds = self._make(fingerprints, client)

    @property
    def is_new(self) -> bool:
        return self._holds is not None and self._holds.is_new

    @property
    def is_connected(self) -> bool:
        return self._holds is not None and self._holds.is_connected

    @property
    def has_failed(self) -> bool:
        return self._holds is not None and self._holds.has_failed

    @property
    def closed_by_peer(self) -> bool:
        return self._holds is not None and self._holds.closed_by_peer

    @property
    def sessions(self) -> tuple[Any, Any]:
        """`pylibsrtp.Session`s of what holds: to unprotect, to protect."""
        if self._holds is None:
            raise RuntimeError("an association is used before it holds")
        return self._holds.sessions

    def begin(self) -> list[bytes]:
        """The first datagrams, if we are the client."""
        return self._holds.begin() if self._holds is not None else []

    def receive(self, datagram: bytes) -> list[bytes]:
        """Takes DTLS records; the datagrams that answer."""
        if self._holds is None:
            return []
        if self._holds.is_connected and is_in_the_clear(datagram):
            return self._receive_anew(self._holds, datagram)
        connected = self._holds.is_connected
        answer = self._holds.receive(datagram)
        if not connected and self._holds.is_connected:
            self.keys += 1
        if self._next is not None and not self._next.is_connected:
            # The last flight of the new handshake is not in the clear.
            answer += self._finish(datagram)
        return answer

    def _receive_anew(self, holds: DtlsTransport, datagram: bytes) -> list[bytes]:
        if begins_association(datagram) and not self._client and self._is_another(datagram):
            self._next = self._make(self._fingerprints, False)
            self._next_random = random_of(datagram)
            self._is_unanswered = False
            self._next.begin()
        # What is left over from the first handshake is for what holds: its last flight was lost.
        return self._finish(datagram) if self._next is not None else holds.receive(datagram)

    def _is_another(self, hello: bytes) -> bool:
        if self._next is None:
            return True
        return self._is_unanswered and random_of(hello) != self._next_random

    def _finish(self, datagram: bytes) -> list[bytes]:
        if self._next is None:
            return []
        answer = self._next.receive(datagram)
        if self._next.has_failed:
            self._next = None
        elif self._next.is_connected:
            self._holds, self._next = self._next, None
            self.keys += 1
        return answer

    def on_time(self) -> list[bytes]:
        """Retransmits what was not answered in time."""
        again = self._next.on_time() if self._next is not None else []
        if again:
            self._is_unanswered = True
        return (self._holds.on_time() if self._holds is not None else []) + again

    def shut_down(self) -> list[bytes]:
        """Says goodbye."""
        return self._holds.shut_down() if self._holds is not None else []
