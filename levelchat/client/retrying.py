"""When to try again: pure arithmetic of waits.

Comes in: how many tries there were, what the server asked for, and chance. Goes out: seconds.
"""

from email.utils import parsedate_to_datetime

import msgspec

from levelchat.client.api_errors import ApiError
from levelchat.errors import LevelChatError


class Retries(msgspec.Struct, frozen=True):
    """How patient a caller is. Waits double, with full jitter, from *first* to *most* seconds."""

    tries: int = 5
    first: float = 0.2
    most: float = 5.0

    def wait(self, tried: int, chance: float) -> float:
        """Seconds before the next try after *tried* of them; *chance* is 0.0 to 1.0."""
        # Full jitter: many clients that failed at one instant do not come back at one instant.
        doublings = min(tried - 1, 30)
        return min(self.most, self.first * (1 << doublings)) * chance


def asked_wait(error: LevelChatError, now: float) -> float:
    """Seconds that the server asked to wait (RFC 9110 §10.2.3); *now* since the epoch."""
    said = error.retry_after if isinstance(error, ApiError) else ""
    if not said:
        return 0.0
    if said.isascii() and said.isdigit():
        return float(said)
    try:
        return max(0.0, parsedate_to_datetime(said).timestamp() - now)
    except ValueError:
        return 0.0


def next_wait(
    error: LevelChatError, tried: int, retries: Retries, *, now: float, chance: float
) -> float | None:
    """Seconds until the next try, or None when there should be none."""
    if tried >= retries.tries or (isinstance(error, ApiError) and not error.retryable):
        return None
    return asked_wait(error, now) + retries.wait(tried, chance)
