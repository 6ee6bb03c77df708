"""Token buckets: so many at once, so many a second after that. Pure.

Comes in: who asks, and now. Goes out: how long to wait. A table holds a bounded number of
buckets; the one unused for longest makes room, which at worst forgives somebody who was quiet.
"""

from collections import OrderedDict

SECOND = 1_000_000_000
TABLE = 10_000
"""Buckets kept; one takes about 200 bytes."""


class Buckets:
    """One bucket for each name, with *burst* tokens that come back at *per_second*."""

    def __init__(self, per_second: float, burst: float, table: int = TABLE) -> None:
        self._per_second = per_second
        self._burst = float(burst)
        self._table = table
        self._buckets: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def wait(self, who: str, now_ns: int) -> float:
        """Seconds until *who* may go on; 0.0 if at once. Takes nothing."""
        return self._wait(self._level(who, now_ns))

    def take(self, who: str, now_ns: int) -> float:
        """Takes a token of *who*'s and gives 0.0, or takes none and gives the seconds to wait."""
        level = self._level(who, now_ns)
        wait = self._wait(level)
        self._keep(who, level if wait else level - 1.0, now_ns)
        return wait

    def _level(self, who: str, now_ns: int) -> float:
        bucket = self._buckets.get(who)
        if bucket is None:
            return self._burst
        level, at = bucket
        passed = max(0, now_ns - at) / SECOND
        return min(self._burst, level + passed * self._per_second)

    def _wait(self, level: float) -> float:
        return 0.0 if level >= 1.0 else (1.0 - level) / self._per_second

    def _keep(self, who: str, level: float, now_ns: int) -> None:
        self._buckets[who] = (level, now_ns)
        self._buckets.move_to_end(who)
        if len(self._buckets) > self._table:
            self._buckets.popitem(last=False)
