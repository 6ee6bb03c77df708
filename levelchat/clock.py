"""The one place that reads the clock; everything else is given `now`.

Comes in: nothing. Goes out: integer nanoseconds.
"""

import time
from typing import Protocol


class Clock(Protocol):
    """Readings of now, integer nanoseconds."""

    def wall_ns(self) -> int:
        """Since the Unix epoch; may jump when the machine's clock is set. For tokens and rows."""

    def monotonic_ns(self) -> int:
        """Since an unknown start; never goes back. For waits."""

    def now_ns(self) -> int:
        """Since the Unix epoch, without jumps: the wall clock as it stood when this clock was
        made, plus the monotonic time since. For media.
        """


class SystemClock:
    """The machine's own clocks.

    *offset_ns* is wall minus monotonic time; a child process is given its parent's, so that both
    read the same `now_ns` even if the wall clock was set between their starts.
    """

    def __init__(self, offset_ns: int | None = None) -> None:
        self.offset_ns = time.time_ns() - time.monotonic_ns() if offset_ns is None else offset_ns

    def wall_ns(self) -> int:
        return time.time_ns()

    def monotonic_ns(self) -> int:
        return time.monotonic_ns()

    def now_ns(self) -> int:
        return time.monotonic_ns() + self.offset_ns
