"""What the edge counts."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class EdgeMetrics:
    """Declared once a process, in the registry that `/metrics` shows."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.requests = Counter(
            "levelchat_edge_requests",
            "Requests by kind (multivariant, playlist, media) and status",
            ["kind", "status"],
            registry=registry,
        )
        self.sent = Counter(
            "levelchat_edge_sent_bytes", "Bytes of bodies by kind", ["kind"], registry=registry
        )
        self.waiting = Gauge(
            "levelchat_edge_waiting", "Requests that are held now", registry=registry
        )
        self.broadcasts = Gauge(
            "levelchat_edge_broadcasts", "Broadcasts held now", registry=registry
        )
        self.parts = Counter("levelchat_edge_parts", "Parts listed", registry=registry)
        self.dropped = Counter(
            "levelchat_edge_dropped_parts",
            "Parts that came for no playlist, or for one that had ended",
            registry=registry,
        )
        self.held = Gauge(
            "levelchat_edge_held_bytes", "Bytes of media held in memory", registry=registry
        )
        self.refused = Counter(
            "levelchat_edge_refused_broadcasts",
            "Broadcasts beyond max_rooms that were refused",
            registry=registry,
        )
        self.viewers = Gauge(
            "levelchat_edge_viewers",
            "Viewers of managed rooms seen in the last 20 s",
            registry=registry,
        )
        self.refused_viewers = Counter(
            "levelchat_edge_refused_viewers",
            "Requests of viewers that were refused, by code of the error",
            ["code"],
            registry=registry,
        )
