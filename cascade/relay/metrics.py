"""Metrics of what goes on between nodes."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class RelayMetrics:
    """Declared once a process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.nodes = Gauge(
            "levelchat_relay_nodes", "Nodes that live, this one included", registry=registry
        )
        self.pulled = Gauge(
            "levelchat_relay_pulled", "Sessions that come from other nodes", registry=registry
        )
        self.feeds = Gauge(
            "levelchat_relay_feeds", "Sessions sent to other nodes, each once", registry=registry
        )
        self.failovers = Counter(
            "levelchat_relay_failovers",
            "Times that a session went over from one node above to another",
            registry=registry,
        )
