"""Padding that finds out whether a receiver's path has room for more.

Comes in: a bitrate, a duration, readings of now. Goes out: how many packets are due. Never sends.
"""

from levelchat.media.time import NANOSECOND

MAX_BITRATE = 5_000_000
MAX_NS = NANOSECOND
_MILLISECOND = 1_000_000
PACKET = 267
"""Bytes: a header and the longest padding."""


class Probe:
    """One probe, from *now_ns* on."""

    __slots__ = ("_began_ns", "_bitrate", "_duration_ns", "_sent")

    def __init__(self, bitrate: int, milliseconds: int, now_ns: int) -> None:
        self._bitrate = max(min(bitrate, MAX_BITRATE), 0)
        self._duration_ns = max(min(milliseconds * _MILLISECOND, MAX_NS), 0)
        self._began_ns = now_ns
        self._sent = 0

    def due(self, now_ns: int) -> int:
        """Packets that should have gone out by now and have not."""
        passed_ns = min(max(now_ns - self._began_ns, 0), self._duration_ns)
        return self._bitrate * passed_ns // (8 * PACKET * NANOSECOND) - self._sent

    def sent(self, count: int) -> None:
        self._sent += count

    def is_over(self, now_ns: int) -> bool:
        return now_ns - self._began_ns >= self._duration_ns
