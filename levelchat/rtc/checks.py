"""Connectivity checks that we send where the other side is ICE-lite (RFC 8445 §7, RFC 7675).

Comes in: the other side's candidates and credentials, the time, its responses. Goes out: checks
that are due, the address that answered, and whether consent still holds. Pure: it sends nothing.
"""

import secrets

from levelchat.media.time import NANOSECOND
from levelchat.rtc import stun
from levelchat.rtc.sdp import IceParameters
from levelchat.rtc.stun import Address

RETRY_NS = 100_000_000
"""Until an address has answered: a node is near."""
CONSENT_NS = 2 * NANOSECOND
"""Between two checks afterwards; RFC 7675 §5.1 wants 4 to 6 s, a relay wants to know sooner."""
SILENT_NS = 10 * NANOSECOND
"""Without an answer for this long the other side is gone."""
MAX_CANDIDATES = 16
MAX_OPEN = 64
"""Checks whose answer may still come."""
_SMOOTHING = 8
_TRANSACTION_BYTES = 12


class Checks:
    """Those of one peer, from the first to the last."""

    def __init__(
        self, addresses: tuple[Address, ...], local: IceParameters, remote: IceParameters
    ) -> None:
        self._addresses = addresses[:MAX_CANDIDATES]
        self._username = f"{remote.ufrag}:{local.ufrag}"
        self._password = remote.password
        self._tie_breaker = secrets.randbits(64)
        self._open: dict[bytes, tuple[Address, int]] = {}
        self._due_ns = 0
        self._heard_ns: int | None = None
        self.address: Address | None = None
        """Who answered first."""
        self.round_trip_ns = 0

    def due(self, now_ns: int) -> list[tuple[Address, bytes]]:
        """Checks to send now, with where to."""
        if now_ns < self._due_ns:
            return []
        if self._heard_ns is None:
            self._heard_ns = now_ns
        self._due_ns = now_ns + (RETRY_NS if self.address is None else CONSENT_NS)
        targets = self._addresses if self.address is None else (self.address,)
        return [(address, self._check(address, now_ns)) for address in targets]

    def _check(self, address: Address, now_ns: int) -> bytes:
        transaction = secrets.token_bytes(_TRANSACTION_BYTES)
        while len(self._open) >= MAX_OPEN:
            del self._open[next(iter(self._open))]
        self._open[transaction] = (address, now_ns)
        return stun.request(transaction, self._username, self._password, self._tie_breaker)

    def on_response(self, data: bytes, address: Address, now_ns: int) -> bool:
        """Whether *data* is a genuine answer to one of the checks, from where that was sent to."""
        transaction = stun.read_success(data, self._password)
        asked = self._open.get(transaction) if transaction is not None else None
        # RFC 8445 §7.2.5.2.1: a response from another address than the check went to is no answer.
        if transaction is None or asked is None or asked[0] != address:
            return False
        del self._open[transaction]
        self._heard_ns = now_ns
        measured = now_ns - asked[1]
        step = (measured - self.round_trip_ns) // _SMOOTHING
        self.round_trip_ns = self.round_trip_ns + step if self.round_trip_ns else measured
        if self.address is None:
            self.address = address
            self._due_ns = now_ns + CONSENT_NS
        return True

    def is_over(self, now_ns: int) -> bool:
        """Nobody answers any more."""
        return self._heard_ns is not None and now_ns - self._heard_ns > SILENT_NS
