"""Time at the viewer: distributions of what was measured, and a player's buffer without a player.

Comes in: integer nanoseconds. Goes out: integer nanoseconds; the report turns them into text.
"""

from collections import deque

import msgspec

MILLISECOND = 1_000_000
"""Nanoseconds."""

MAX_READINGS = 100_000
"""Of one distribution: ten hours of half-second parts of two tracks fit; older ones drop out and
`dropped` says so."""


class Summary(msgspec.Struct, frozen=True, omit_defaults=True):
    """A distribution in milliseconds, rounded to a tenth."""

    count: int
    min: float | None = None
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    max: float | None = None


class Distribution:
    """Readings of one quantity, in nanoseconds."""

    def __init__(self, limit: int = MAX_READINGS) -> None:
        self._readings: deque[int] = deque(maxlen=limit)
        self.dropped = 0

    def add(self, reading_ns: int) -> None:
        """Keeps *reading_ns*."""
        self.dropped += len(self._readings) == self._readings.maxlen
        self._readings.append(reading_ns)

    def __len__(self) -> int:
        return len(self._readings)

    def readings(self) -> tuple[int, ...]:
        """As they came."""
        return tuple(self._readings)

    def quantiles_ns(self, *percents: int) -> list[int]:
        """Nearest-rank percentiles (0 is the minimum, 100 the maximum); none when empty."""
        ordered = sorted(self._readings)
        if not ordered:
            return []
        # Nearest rank: the smallest reading that at least p percent do not exceed.
        return [ordered[max(0, -(-percent * len(ordered) // 100) - 1)] for percent in percents]

    def summary(self) -> Summary:
        """In milliseconds."""
        values = [round(value / MILLISECOND, 1) for value in self.quantiles_ns(0, 50, 95, 99, 100)]
        return Summary(len(self), *values)


class Stall(msgspec.Struct, frozen=True):
    """A time in which the picture stood still for want of media."""

    start_ns: int
    duration_ns: int


class Playback:
    """A playhead that runs at normal speed while every track has media, and stands while one has
    none.

    Positions are nanoseconds on the playlist's own time line; `now_ns` is the wall clock's. It
    starts when every track reaches *start_ns* + *first_ns*, and goes on after a stall once every
    track is *ahead_ns* ahead of the playhead.
    """

    def __init__(
        self, start_ns: int, tracks: tuple[str, ...], *, first_ns: int, ahead_ns: int
    ) -> None:
        self.position_ns = start_ns
        self.stalls: list[Stall] = []
        self.started_ns: int | None = None
        self._needed_ns = first_ns
        self._ahead_ns = ahead_ns
        self._ends = dict.fromkeys(tracks, start_ns)
        self._since_ns: int | None = None
        """Since when it runs; None while it stands."""
        self._stalled_ns: int | None = None
        self._ended = False

    @property
    def end_ns(self) -> int:
        """Up to where every track has media."""
        return min(self._ends.values())

    @property
    def buffer_ns(self) -> int:
        return max(0, self.end_ns - self.position_ns)

    @property
    def playing(self) -> bool:
        return self._since_ns is not None

    def append(self, track: str, end_ns: int, now_ns: int) -> None:
        """*track* now has media up to *end_ns*."""
        self.advance(now_ns)
        self._ends[track] = max(self._ends[track], end_ns)
        if self._since_ns is None and self.buffer_ns >= self._needed_ns:
            self._go(now_ns)

    def end(self, now_ns: int) -> None:
        """The stream is complete: running out of media is no longer a stall."""
        self.advance(now_ns)
        self._ended = True

    def advance(self, now_ns: int) -> None:
        """Plays until *now_ns*."""
        if self._since_ns is None:
            return
        target = self.position_ns + (now_ns - self._since_ns)
        if target <= self.end_ns or self._ended:
            self.position_ns, self._since_ns = min(target, self.end_ns), now_ns
            return
        self._stalled_ns = self._since_ns + (self.end_ns - self.position_ns)
        self.position_ns, self._since_ns = self.end_ns, None

    def stalled_ns(self, now_ns: int) -> int:
        """All stalls together, one that still lasts included."""
        open_ns = now_ns - self._stalled_ns if self._stalled_ns is not None else 0
        return sum(stall.duration_ns for stall in self.stalls) + open_ns

    def stall_count(self) -> int:
        """How many stalls began."""
        return len(self.stalls) + (self._stalled_ns is not None)

    def _go(self, now_ns: int) -> None:
        self._since_ns = now_ns
        self._needed_ns = self._ahead_ns
        if self.started_ns is None:
            self.started_ns = now_ns
        if self._stalled_ns is not None:
            self.stalls.append(Stall(self._stalled_ns, now_ns - self._stalled_ns))
            self._stalled_ns = None
