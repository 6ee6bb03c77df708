"""Metrics of the process itself."""

from prometheus_client import CollectorRegistry, Histogram

LAG_BUCKETS = (0.001, 0.002, 0.003, 0.004, 0.005, 0.007, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0)
"""Seconds. Fine around the 5 ms that a fan-out may hold the loop up."""


class ServiceMetrics:
    """Declared once a process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.loop_lag = Histogram(
            "levelchat_loop_lag_seconds",
            "How much later than asked for the event loop came back",
            buckets=LAG_BUCKETS,
            registry=registry,
        )
