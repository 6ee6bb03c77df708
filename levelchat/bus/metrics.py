"""Metrics of the bus."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class BusMetrics:
    """Declared once a process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.published = Counter(
            "levelchat_bus_published", "Messages said on the bus", registry=registry
        )
        self.dropped = Counter(
            "levelchat_bus_dropped",
            "Messages dropped: a queue was full, or nobody could read them",
            registry=registry,
        )
        self.connected = Gauge(
            "levelchat_bus_connected", "1 while other processes can be reached", registry=registry
        )
