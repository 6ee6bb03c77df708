"""The one place that reads the clock; everything else is given `now`.

Comes in: nothing. Goes out: integer nanoseconds, wall clock or monotonic.
"""

import time
from typing import Protocol


class Clock(Protocol):
    """Two readings of now, both integer nanoseconds."""

    def wall_ns(self) -> int:
        """Nanoseconds since the Unix epoch; may jump when the machine's clock is set."""

    def monotonic_ns(self) -> int:
        """Nanoseconds since an unknown start; never goes back."""


class SystemClock:
    """The machine's own clocks."""

    def wall_ns(self) -> int:
        return time.time_ns()

    def monotonic_ns(self) -> int:
        return time.monotonic_ns()
