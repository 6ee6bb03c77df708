"""What to do when the signalling connection breaks. Pure.

Comes in: how it broke. Goes out: resume, join anew, or stop.
"""

from enum import Enum, auto

from yarl import URL

from levelchat.client.api_errors import ApiError, NotFound, Unauthorised
from levelchat.contract import signal


class Step(Enum):
    """What comes next."""

    RESUME = auto()
    """Go on where it broke: the others never see us go."""
    REJOIN = auto()
    """Join with the token."""
    STOP = auto()


_FINAL = frozenset(
    {
        signal.CLOSE_LEFT,
        signal.CLOSE_KICKED,
        signal.CLOSE_ROOM_ENDED,
        # Two that replace each other for ever would be worse than one that gives way.
        signal.CLOSE_REPLACED,
        signal.CLOSE_MALFORMED,
        signal.CLOSE_TOO_BIG,
        signal.CLOSE_UNAUTHORISED,
    }
)

_REASONS = {
    signal.CLOSE_KICKED: ("token_revoked", "a moderator put this participant out"),
    signal.CLOSE_ROOM_ENDED: ("room_ended", "the room has ended"),
    signal.CLOSE_UNAUTHORISED: ("token_invalid", "the token is not good; ask for a new one"),
}


def after_close(code: int | None) -> Step:
    """After a close with *code*; None if the connection was simply gone."""
    return Step.STOP if code in _FINAL else Step.RESUME


def after_refusal(error: ApiError, *, resuming: bool) -> Step:
    """After the server refused to open the connection."""
    if error.retryable:
        return Step.RESUME if resuming else Step.REJOIN
    # It forgot us (or another replica never knew us): the token is good for a new beginning.
    if resuming and isinstance(error, NotFound | Unauthorised):
        return Step.REJOIN
    return Step.STOP


def close_reason(code: int | None) -> tuple[str, str]:
    """The catalogue's code for a connection closed with *code* before it began, and a sentence."""
    unknown = ("closed", f"the server closed the connection (code {code}); try again")
    return unknown if code is None else _REASONS.get(code, unknown)


def signal_url(url: str) -> URL:
    """Where the WebSocket is, from a server's base URL or from `urls.signal`."""
    parsed = URL(url)
    if parsed.scheme not in ("http", "https", "ws", "wss") or not parsed.host:
        raise ValueError(f"{url!r} is no URL such as https://levelchat.example")
    if parsed.scheme in ("ws", "wss"):
        return parsed
    socket = parsed.with_scheme("ws" + parsed.scheme.removeprefix("http"))
    return socket if parsed.path.endswith("/v1/signal") else socket / "v1" / "signal"
