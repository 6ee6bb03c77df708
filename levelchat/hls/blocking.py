"""What a request for a media playlist gets: the playlist now, later, or a refusal.

Comes in: the delivery directives of a request (RFC 8216bis §6.2.5) and where the playlist stands.
Goes out: a decision. It waits for nothing itself.
"""

from collections.abc import Mapping

import msgspec

MAX_DIGITS = 15
"""Of a number in a directive: a millisecond counter since 1970 has 13."""


class Position(msgspec.Struct, frozen=True, order=True):
    """A part of the playlist; part -1 is the segment as a whole not begun."""

    msn: int
    part: int

    def after(self) -> "Position":
        """The next part of the same segment, or whatever comes instead."""
        return Position(self.msn, self.part + 1)


class Ready(msgspec.Struct, frozen=True):
    """Answer now. *blocking*: the request carried directives, so the answer is good for long."""

    blocking: bool


class Wait(msgspec.Struct, frozen=True):
    """Answer as soon as *until* is listed."""

    until: Position


class Reject(msgspec.Struct, frozen=True):
    """Refuse with 400; *reason* is a sentence."""

    reason: str


Decision = Ready | Wait | Reject


class State(msgspec.Struct, frozen=True):
    """Where a playlist stands."""

    first_msn: int
    last_segment: int
    """MSN of the last *complete* segment."""
    open_parts: int
    """Parts listed of the segment after that; 0 when it has not begun."""
    closed_parts: int
    """Parts that the last complete segment had."""
    advance_limit: int
    """A5.6: parts that a request may be ahead: 3 / part target below a second, else 3."""
    ended: bool


def reached(state: State, until: Position) -> bool:
    """Whether what a request waits for is listed by now."""
    listed = Position(state.last_segment + 1, state.open_parts - 1)
    return state.ended or _existing(state, until) <= listed


def _existing(state: State, position: Position) -> Position:
    # A5.3, §6.2.5.2: a part beyond the final one of its parent "MUST [be treated] as … Part Index
    # 0 of the following Parent Segment"; how many a segment has is known only when it is complete.
    if position.msn == state.last_segment and position.part >= state.closed_parts:
        return Position(state.last_segment + 1, 0)
    return position


def decide(state: State, query: Mapping[str, str]) -> Decision:
    """The decision for a request with *query*."""
    msn, part = _number(query, "_HLS_msn"), _number(query, "_HLS_part")
    if isinstance(msn, Reject):
        return msn
    if isinstance(part, Reject):
        return part
    # A5.5, §6.2.5.2: a request with _HLS_part but without _HLS_msn MUST be answered with 400.
    if msn is None:
        return Ready(blocking=False) if part is None else Reject("_HLS_part needs _HLS_msn")
    # A5.10, §6.2.5: directives are ignored in a playlist that contains EXT-X-ENDLIST.
    if state.ended:
        return Ready(blocking=False)
    # A5.6, §6.2.5.2: an _HLS_msn greater than the last MSN plus two SHOULD be a 400 at once.
    if msn > state.last_segment + 2:
        return Reject(f"_HLS_msn={msn} is too far ahead; the last segment is {state.last_segment}")
    return _decide_part(state, msn, part)


def _decide_part(state: State, msn: int, part: int | None) -> Decision:
    # A5.1: without a part, wait for the whole segment; A5.4: one long gone is answered at once.
    if part is None:
        ready = msn <= state.last_segment
        return Ready(blocking=True) if ready else Wait(Position(msn + 1, -1))
    # A5.2, A5.4: what is listed, or was, is answered at once with the whole current playlist.
    until = _existing(state, Position(msn, part))
    if reached(state, until):
        return Ready(blocking=True)
    # A5.6: a part beyond the Advance Part Limit SHOULD be a 400 at once.
    listed = state.open_parts - 1 if until.msn == state.last_segment + 1 else -1
    if until.part > listed + state.advance_limit:
        return Reject(f"_HLS_part={part} is too far ahead")
    return Wait(until)


def _number(query: Mapping[str, str], name: str) -> int | Reject | None:
    text = query.get(name)
    if text is None:
        return None
    # A5.12: what is no decimal-integer (§4.2) is a bad request.
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS):
        return Reject(f"{name} is a whole number, not {text[:20]!r}")
    return int(text)
