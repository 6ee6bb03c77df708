"""How late the event loop is: whatever holds it up, holds up every session's checks and answers.

Comes in: the clock. Goes out: a histogram of how much later than asked for a timer rang. Media do
not pass through the loop where the native core runs, so that this is felt by joins and requests.
"""

import asyncio

from levelchat.clock import Clock
from levelchat.media.time import NANOSECOND
from levelchat.service.metrics import ServiceMetrics

INTERVAL_SECONDS = 0.05
"""Twenty looks a second cost 0.1 % of a core, and a minute of them tell a 99th percentile."""


class LoopLag:
    """The process's one."""

    def __init__(self, clock: Clock, metrics: ServiceMetrics) -> None:
        self._clock = clock
        self._metrics = metrics

    async def run(self) -> None:
        """Looks until cancelled."""
        while True:
            asked_ns = self._clock.monotonic_ns()
            await asyncio.sleep(INTERVAL_SECONDS)
            late_ns = self._clock.monotonic_ns() - asked_ns - int(INTERVAL_SECONDS * NANOSECOND)
            self._metrics.loop_lag.observe(max(late_ns, 0) / NANOSECOND)
