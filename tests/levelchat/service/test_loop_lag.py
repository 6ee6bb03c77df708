"""Laws of measuring how late the event loop is."""

import asyncio
import time

from prometheus_client import CollectorRegistry

from levelchat.clock import SystemClock
from levelchat.service.loop_lag import LoopLag
from levelchat.service.metrics import ServiceMetrics


async def test_a_loop_that_was_held_up_shows() -> None:
    """Work that holds the loop for 100 ms is seen by a timer that should have rung meanwhile."""
    metrics = CollectorRegistry()
    task = asyncio.create_task(LoopLag(SystemClock(), ServiceMetrics(metrics)).run())
    await asyncio.sleep(0)
    time.sleep(0.15)  # noqa: ASYNC251 - holding up the loop is the point
    while not metrics.get_sample_value("levelchat_loop_lag_seconds_count"):
        await asyncio.sleep(0.01)
    task.cancel()

    late = metrics.get_sample_value("levelchat_loop_lag_seconds_sum")
    assert late is not None
    assert late > 0.09
