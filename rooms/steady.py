"""Now, for rows: the wall clock without its jumps. Pure.

Comes in: readings of the wall clock and of the monotonic clock. Goes out: milliseconds since the
Unix epoch that never go back. A wall clock that is set by an hour neither ends every room nor
bills an hour: the difference is made up for slowly.
"""

from rooms.model import Millis

NANOSECONDS_PER_MILLISECOND = 1_000_000
JUMP_NS = 2_000 * NANOSECONDS_PER_MILLISECOND
"""A difference up to this is followed at once: NTP's daily corrections are far below."""
SLEW_DIVISOR = 100
"""A larger one at 1 %: a room's 15 s of grace are then wrong by 0.15 s at most."""


class SteadyTime:
    """One process's time for rows."""

    def __init__(self) -> None:
        self._now_ns: int | None = None
        self._monotonic_ns = 0

    def advance(self, wall_ns: int, monotonic_ns: int) -> Millis:
        """Now, given what both clocks read."""
        if self._now_ns is None:
            self._now_ns = wall_ns
            self._monotonic_ns = monotonic_ns
        passed = max(0, monotonic_ns - self._monotonic_ns)
        self._monotonic_ns += passed
        expected = self._now_ns + passed
        behind = wall_ns - expected
        if abs(behind) > JUMP_NS:
            most = passed // SLEW_DIVISOR
            behind = max(-most, min(behind, most))
        self._now_ns = max(self._now_ns, expected + behind)
        return self._now_ns // NANOSECONDS_PER_MILLISECOND

    @property
    def now_ns(self) -> int:
        """The last that `advance` gave, in nanoseconds; 0 before."""
        return self._now_ns or 0
