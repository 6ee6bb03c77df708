"""How much of its budget a node uses.

Comes in: counts of packets sent and processor time used, with their time. Goes out: a share, above
1.0 when it should take nobody new. Pure: it reads no counts by itself.
"""

from typing import NamedTuple

from levelchat.media.time import NANOSECOND

MIN_WINDOW_NS = NANOSECOND // 2
"""Shorter ones say more of the scheduler than of the load."""
_PERCENT = 100


class Spent(NamedTuple):
    """Until now."""

    packets: int
    processor_ns: int


class Load:
    """The node's. Smoothed, so that one join is not what sends the next one away."""

    def __init__(self, *, packet_budget: int, processor_budget: int, cores: int) -> None:
        self._packet_budget = packet_budget
        self._processor_budget = processor_budget * cores
        self._former: tuple[Spent, int] | None = None
        self.packets = 0
        """Packets a second of late."""
        self.share = 0.0
        """Of the budget that is nearest to its end."""

    def note(self, spent: Spent, now_ns: int) -> None:
        """So much was spent until *now_ns*."""
        if self._former is None:
            self._former = (spent, now_ns)
            return
        before, then_ns = self._former
        passed_ns = now_ns - then_ns
        if passed_ns < MIN_WINDOW_NS:
            return
        self._former = (spent, now_ns)
        self.packets = (spent.packets - before.packets) * NANOSECOND // passed_ns
        percent = (spent.processor_ns - before.processor_ns) * _PERCENT / passed_ns
        share = max(self.packets / self._packet_budget, percent / self._processor_budget)
        self.share = (self.share + share) / 2
