"""What may be said, how fast, and what is kept of it. Pure.

Comes in: texts and instants. Goes out: refusals, or nothing; the last messages of a room.
"""

from collections import deque
from collections.abc import Iterable

from levelchat.contract.signal import HISTORY, MAX_CHAT, ChatMessage
from rooms.errors import Flaw, InvalidRequest

MAX_EMOJI = 32
"""Bytes; flags and families with skin tones are long."""
_SECOND = 1000


def check_text(text: str) -> None:
    """Raises `InvalidRequest` for an empty or too long message."""
    if not text.strip():
        raise InvalidRequest([Flaw("text", "say something")])
    if len(text.encode()) > MAX_CHAT:
        raise InvalidRequest([Flaw("text", f"at most {MAX_CHAT} bytes in UTF-8")])


def check_emoji(emoji: str) -> None:
    """Raises `InvalidRequest` unless *emoji* can be one."""
    if not 0 < len(emoji.encode()) <= MAX_EMOJI or emoji.isspace():
        raise InvalidRequest([Flaw("emoji", f"1 to {MAX_EMOJI} bytes in UTF-8")])


class Bucket:
    """A token bucket: *rate* a second, and *burst* at once."""

    __slots__ = ("_at", "_burst", "_rate", "_tokens")

    def __init__(self, rate: float, burst: float, now_ms: int) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._at = now_ms

    def take(self, now_ms: int) -> float:
        """0.0 if there was a token, which is taken; else the seconds until there will be one."""
        wait = self._until(now_ms)
        if not wait:
            self._tokens -= 1
        return wait

    def reserve(self, now_ms: int) -> float:
        """Takes one token, there or yet to come: the seconds until it is there."""
        wait = self._until(now_ms)
        self._tokens -= 1
        return wait

    def _until(self, now_ms: int) -> float:
        passed = max(0, now_ms - self._at)
        self._at += passed
        self._tokens = min(self._burst, self._tokens + passed * self._rate / _SECOND)
        return max(0.0, (1 - self._tokens) / self._rate)


class History:
    """The last messages to all of one room, in the order of their ids."""

    def __init__(self, messages: Iterable[ChatMessage] = ()) -> None:
        self._messages: deque[ChatMessage] = deque(messages, maxlen=HISTORY)

    def add(self, message: ChatMessage) -> None:
        """The newest; the oldest goes when there are too many."""
        if all(message.id != known.id for known in self._messages):
            self._messages.append(message)

    def load(self, stored: Iterable[ChatMessage]) -> None:
        """What the store has, under what was heard meanwhile."""
        merged = {message.id: message for message in (*stored, *self._messages)}
        self._messages.clear()
        self._messages.extend(merged[key] for key in sorted(merged))

    @property
    def messages(self) -> tuple[ChatMessage, ...]:
        return tuple(self._messages)
