"""Tickets by which a broken connection is taken up again (rooms.md §6). Pure.

Comes in: sessions, secrets, instants. Goes out: tickets, and the session that a ticket is for. A
ticket is `<session>.<secret>`: good once, while its session is connected and for 30 s after the
connection broke. Another replica knows no secrets; it takes the session's name from the ticket and
asks for the token.
"""

import hmac

import msgspec

from levelchat.contract.signal import RESUME_SECONDS

RESUME_MS = RESUME_SECONDS * 1000
SECRET_BYTES = 16


class _Held(msgspec.Struct):
    secret: str
    until_ms: int | None = None
    """None while the session is connected."""


class Tickets:
    """Those of the sessions of one process: one each."""

    def __init__(self) -> None:
        self._held: dict[str, _Held] = {}

    def __len__(self) -> int:
        return len(self._held)

    def issue(self, session: str, secret: str) -> str:
        """A ticket for *session*; the one before is good no more. *secret* is random."""
        self._held[session] = _Held(secret)
        return f"{session}.{secret}"

    def broken(self, session: str, now_ms: int) -> None:
        """Its connection is gone: the ticket is good for a while yet."""
        held = self._held.get(session)
        if held is not None:
            held.until_ms = now_ms + RESUME_MS

    def redeem(self, ticket: str, now_ms: int) -> str | None:
        """The session that *ticket* is for; a second time, or too late, None."""
        session, secret = split(ticket)
        held = self._held.get(session)
        if held is None or not hmac.compare_digest(held.secret.encode(), secret.encode()):
            return None
        if held.until_ms is not None and now_ms >= held.until_ms:
            return None
        del self._held[session]
        return session

    def forget(self, session: str) -> None:
        """The session is over."""
        self._held.pop(session, None)


def split(ticket: str) -> tuple[str, str]:
    """The session that it names, and its secret."""
    session, _, secret = ticket.partition(".")
    return session, secret
