"""When a delivery is tried again, and when it is given up. Pure.

Comes in: how many attempts were made, what came of the last one, now, and a random number. Goes
out: what becomes of the delivery.
"""

from http import HTTPStatus

import msgspec

from rooms.model import HOUR, SECOND, Millis

MINUTE = 60 * SECOND
# rooms.md §8: attempts at 0 s, 10 s, 1 m, 5 m, 15 m, 1 h, 4 h with ±20 % jitter, then dead-letter.
PAUSES = (10 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 4 * HOUR)
"""Milliseconds after the first, second, … failure; the first attempt is made at once."""
ATTEMPTS = len(PAUSES) + 1
JITTER = 0.2
_MAX_ERROR = 300


class Outcome(msgspec.Struct, frozen=True):
    """What came of one attempt: the receiver's status, or why there is none."""

    status: int | None
    error: str | None

    @property
    def delivered(self) -> bool:
        """Only 2xx says that the receiver has the event; a redirection is not followed."""
        return (
            self.status is not None and HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES
        )


class Delivered(msgspec.Struct, frozen=True):
    """The receiver has it."""


class Pending(msgspec.Struct, frozen=True):
    """It is tried again."""

    due_at: Millis


class Dead(msgspec.Struct, frozen=True):
    """It is given up until somebody asks for it again."""

    gone: bool
    """The receiver wants nothing more, ever: the webhook is disabled."""


Verdict = Delivered | Pending | Dead


def next_step(attempt: int, outcome: Outcome, now: Millis, jitter: float) -> Verdict:
    """What follows the attempt number *attempt* (from 1), made just now; *jitter* is evenly
    spread over -1.0 to 1.0.
    """
    if outcome.delivered:
        return Delivered()
    # rooms.md §8: 410 stops at once.
    if outcome.status == HTTPStatus.GONE:
        return Dead(gone=True)
    if attempt >= ATTEMPTS:
        return Dead(gone=False)
    return Pending(now + round(PAUSES[attempt - 1] * (1 + JITTER * jitter)))


def answered(status: int) -> Outcome:
    """The receiver gave an answer."""
    outcome = Outcome(status, None)
    return outcome if outcome.delivered else Outcome(status, _refusal(status))


def unanswered(reason: str) -> Outcome:
    """There was no answer."""
    return Outcome(None, reason[:_MAX_ERROR])


def _refusal(status: int) -> str:
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return f"the receiver answered {status}; redirections are not followed"
    return f"the receiver answered {status}"
