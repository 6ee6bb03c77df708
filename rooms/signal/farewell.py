"""How a connection ends when its session does, and what becomes of the session when the
connection ends. Pure.

Comes in: why a session ended; the close codes of either side. Goes out: the last message and the
close code; whether the session can be resumed, and if not why it ended.
"""

from levelchat.contract import signal
from levelchat.contract.signal import Kicked, RoomEnded, ServerMessage
from rooms.model import EndReason, LeaveReason

_ROOM = frozenset(reason.value for reason in EndReason)
_CODES = {
    LeaveReason.LEFT.value: signal.CLOSE_LEFT,
    LeaveReason.LOST.value: signal.CLOSE_LOST,
    LeaveReason.REPLACED.value: signal.CLOSE_REPLACED,
}
_CLOSED_BY_CLIENT = frozenset({0, 1000, 1001, 1005})
"""RFC 6455 §7.4.1: done, going away, and no code at all."""
_RESUMABLE = frozenset({signal.CLOSE_TOO_SLOW, signal.CLOSE_GOING_AWAY})


def of(reason: str) -> tuple[ServerMessage | None, int]:
    """The last message and the close code for a session that ended for *reason*."""
    if reason in _ROOM:
        return RoomEnded(reason=reason), signal.CLOSE_ROOM_ENDED
    if reason in _CODES:
        return None, _CODES[reason]
    return Kicked(reason=reason), signal.CLOSE_KICKED


def session_ends(code: int | None, peer_code: int | None, *, moved: bool) -> LeaveReason | None:
    """Why the session is over; None if it waits to be resumed.

    *code* is what we closed the connection with, *peer_code* what the client did.
    """
    if moved:
        return None
    if code is not None:
        return None if code in _RESUMABLE else _reason(code)
    # rooms.md §6: "Resume within 30 s after a network change without leaving the room."
    return LeaveReason.LEFT if peer_code in _CLOSED_BY_CLIENT else None


def _reason(code: int) -> LeaveReason:
    if code == signal.CLOSE_LOST:
        return LeaveReason.LOST
    if code == signal.CLOSE_REPLACED:
        return LeaveReason.REPLACED
    if code in (signal.CLOSE_KICKED, signal.CLOSE_UNAUTHORISED):
        return LeaveReason.KICKED
    return LeaveReason.LEFT
