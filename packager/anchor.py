"""The publisher's clock, anchored to ours.

Ingest's capture times are by our clock as far as it can know. A publisher whose clock is set, or
whose path is slower than we wait for, would nevertheless send nothing but late or future frames.
Comes in: each frame's capture time and now. Goes out: the capture time to go by. Sound and picture
are moved together, so that what was in sync stays so.
"""

WINDOW_NS = 1_000_000_000
"""How long every frame must be off before the anchor moves: longer than a burst of loss."""

EARLY_NS = 100_000_000
"""A capture time this far ahead of now is still believed: the estimate of a path's delay."""

RESERVE_DIVISOR = 4
"""After a move, the earliest frame uses a quarter of the time we wait; the rest is for jitter."""


class Anchor:
    """One publisher's; *max_lateness_ns* is how long a frame is waited for."""

    def __init__(self, max_lateness_ns: int) -> None:
        self._max_lateness_ns = max_lateness_ns
        self._window_start_ns = 0
        self._least_ns = 0
        self._most_ns = 0
        self.shift_ns = 0
        """What is added to capture times; for logs and tests."""

    def place(self, wall_ns: int, now_ns: int) -> int:
        """The capture time to go by, never far ahead of *now_ns*."""
        lateness_ns = now_ns - wall_ns - self.shift_ns
        self._least_ns = min(self._least_ns, lateness_ns)
        self._most_ns = max(self._most_ns, lateness_ns)
        if now_ns - self._window_start_ns >= WINDOW_NS:
            self._judge()
            self._open_window(now_ns, now_ns - wall_ns - self.shift_ns)
        return min(wall_ns + self.shift_ns, now_ns + EARLY_NS)

    def _judge(self) -> None:
        if self._window_start_ns == 0:
            return
        late = self._least_ns > self._max_lateness_ns
        early = self._most_ns < -EARLY_NS
        if late or early:
            self.shift_ns += self._least_ns - self._max_lateness_ns // RESERVE_DIVISOR

    def _open_window(self, now_ns: int, lateness_ns: int) -> None:
        self._window_start_ns = now_ns
        self._least_ns = self._most_ns = lateness_ns
