"""How much of a thing is done in a while.

Comes in: readings of now. Goes out: yes or no. Never waits.
"""

from collections import OrderedDict

from levelchat.media.time import NANOSECOND


class PerSecond:
    """At most *limit* in each second."""

    __slots__ = ("_began_ns", "_count", "_limit")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._began_ns = 0
        self._count = 0

    def take(self, now_ns: int) -> bool:
        if now_ns - self._began_ns >= NANOSECOND:
            self._began_ns = now_ns
            self._count = 0
        self._count += 1
        return self._count <= self._limit


class Bucket:
    """At most *burst* at once, and *rate* a second over time."""

    __slots__ = ("_burst_ns", "_each_ns", "_free_ns")

    def __init__(self, rate: int, burst: int) -> None:
        self._each_ns = NANOSECOND // rate
        self._burst_ns = burst * self._each_ns
        self._free_ns = 0
        """When all that was taken will have been paid for."""

    def take(self, now_ns: int) -> bool:
        free_ns = max(self._free_ns, now_ns) + self._each_ns
        if free_ns - now_ns > self._burst_ns:
            return False
        self._free_ns = free_ns
        return True


class Spacing:
    """Of each thing one in *spacing_ns*; remembers *bound* things."""

    __slots__ = ("_bound", "_spacing_ns", "_times")

    def __init__(self, spacing_ns: int, bound: int) -> None:
        self._spacing_ns = spacing_ns
        self._bound = bound
        self._times: OrderedDict[int, int] = OrderedDict()

    def take(self, thing: int, now_ns: int) -> bool:
        before = self._times.get(thing)
        if before is not None and now_ns - before < self._spacing_ns:
            return False
        self._times[thing] = now_ns
        self._times.move_to_end(thing)
        if len(self._times) > self._bound:
            self._times.popitem(last=False)
        return True
