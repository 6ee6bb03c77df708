"""What signalling counts."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class SignalMetrics:
    """Declared once a process, in the registry that `/metrics` shows."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.connections = Gauge(
            "levelchat_signal_connections",
            "Signalling WebSockets that are open",
            registry=registry,
        )
        self.rooms = Gauge(
            "levelchat_signal_rooms",
            "Rooms with signalling participants in this process",
            registry=registry,
        )
        self.closed = Counter(
            "levelchat_signal_closed",
            "Signalling WebSockets that this server closed, by close code",
            ["code"],
            registry=registry,
        )
        self.resumed = Counter(
            "levelchat_signal_resumed",
            "Broken connections that were taken up again",
            registry=registry,
        )
        self.dropped = Counter(
            "levelchat_signal_dropped",
            "Frames, chat rows and leaves that were dropped because too many waited",
            ["what"],
            registry=registry,
        )
