"""What rooms counts."""

import asyncio

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class RoomsMetrics:
    """Declared once a process, in the registry that `/metrics` shows."""

    def __init__(self, registry: CollectorRegistry) -> None:
        tasks = Gauge("levelchat_tasks", "Tasks of this process's event loop", registry=registry)
        # Idle rooms cost no task: this number does not grow with them.
        tasks.set_function(_count_tasks)
        self.sweep_seconds = Histogram(
            "levelchat_rooms_sweep_seconds",
            "How long a sweep over what is due takes",
            buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0),
            registry=registry,
        )
        self.reaped = Counter(
            "levelchat_rooms_reaped_sessions",
            "Sessions that the reaper closed because nobody had seen them",
            registry=registry,
        )
        self.webhook_attempts = Counter(
            "levelchat_rooms_webhook_attempts",
            "Attempts to deliver to a webhook by outcome (delivered, failed, dead)",
            ["outcome"],
            registry=registry,
        )
        self.webhook_seconds = Histogram(
            "levelchat_rooms_webhook_seconds",
            "How long receivers of webhooks take to answer",
            buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
            registry=registry,
        )
        self.webhook_queue = Gauge(
            "levelchat_rooms_webhook_queue",
            "Deliveries that are due and not made yet",
            registry=registry,
        )
        self.webhook_oldest_seconds = Gauge(
            "levelchat_rooms_webhook_oldest_seconds",
            "For how long the oldest of them has been due",
            registry=registry,
        )


def _count_tasks() -> float:
    try:
        return float(len(asyncio.all_tasks()))
    except RuntimeError:  # no loop runs: nobody can ask, but the page that lists the metrics
        return 0.0
