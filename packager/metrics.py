"""Metrics of the packager."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

DELAY_BUCKETS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 2.0, 5.0)
"""Seconds; a part without any delay of capture or network stands in the first ones."""


class PackagerMetrics:
    """Declared once a process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.broadcasts = Gauge(
            "levelchat_packager_broadcasts", "Broadcasts that run", registry=registry
        )
        self.restarts = Counter(
            "levelchat_packager_restarts",
            "Processes that died and were replaced",
            registry=registry,
        )
        self.programs = Counter(
            "levelchat_packager_programs", "Programs that began", registry=registry
        )
        self.parts = Counter("levelchat_packager_parts", "Parts made", registry=registry)
        self.bytes = Counter("levelchat_packager_bytes", "Bytes of parts made", registry=registry)
        self.key_frames_wanted = Counter(
            "levelchat_packager_key_frames_wanted",
            "Times that a decoder could not go on without a key frame",
            registry=registry,
        )
        self.dropped = Counter(
            "levelchat_packager_dropped_frames",
            "Frames left out, by reason",
            ["reason"],
            registry=registry,
        )
        self.delay = Histogram(
            "levelchat_packager_part_delay_seconds",
            "From the capture of a part's end to the part",
            buckets=DELAY_BUCKETS,
            registry=registry,
        )
