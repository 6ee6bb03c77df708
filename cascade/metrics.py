"""Metrics of the cascade."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class CascadeMetrics:
    """Declared once a process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.subscribers = Gauge(
            "levelchat_cascade_subscribers", "WHEP sessions", registry=registry
        )
        self.publications = Gauge(
            "levelchat_cascade_publications",
            "Sessions whose tracks can be subscribed to, those of other nodes included",
            registry=registry,
        )
        self.ended = Counter(
            "levelchat_cascade_sessions_ended", "WHEP sessions that ended", registry=registry
        )
        self.refused = Counter(
            "levelchat_cascade_refused",
            "Requests refused, by error code",
            ["code"],
            registry=registry,
        )
        self.key_frame_requests = Counter(
            "levelchat_cascade_key_frame_requests",
            "Key frames asked of publishers, after those that a wish of late has asked for",
            registry=registry,
        )
        self.load = Gauge(
            "levelchat_cascade_load",
            "How much of its budget of packets, processor time or subscribers the node uses",
            registry=registry,
        )
