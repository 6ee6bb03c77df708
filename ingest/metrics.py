"""Metrics of ingest."""

from prometheus_client import CollectorRegistry, Counter, Gauge

from levelchat.rtc.receiver import TrackStats

TRACK_COUNTS = {
    "packets": "RTP packets received",
    "bytes": "Bytes of RTP received",
    "lost": "RTP packets given up as lost",
    "recovered": "RTP packets that came by retransmission",
    "duplicates": "RTP packets that came twice or too late",
    "malformed": "RTP packets that broke their format",
    "frames": "Frames handed to the packager",
    "key_frames": "Key frames among them",
    "frames_dropped": "Frames that were incomplete or of no use",
    "restarts": "Times that a source began anew",
    "nacks": "RTP packets asked for again",
    "key_frame_requests": "Key frames asked for (PLI or FIR)",
}
"""Each a field of `TrackStats`."""


class IngestMetrics:
    """Declared once a process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.publishers = Gauge(
            "levelchat_ingest_publishers", "Publishers that send media", registry=registry
        )
        self.sessions = Gauge(
            "levelchat_ingest_sessions",
            "WHIP sessions, those included that do not send yet",
            registry=registry,
        )
        self.ended = Counter(
            "levelchat_ingest_sessions_ended", "WHIP sessions that ended", registry=registry
        )
        self.refused = Counter(
            "levelchat_ingest_refused",
            "Requests refused, by error code",
            ["code"],
            registry=registry,
        )
        self.stray_packets = Counter(
            "levelchat_ingest_stray_packets",
            "RTP packets of a payload type that was not agreed on",
            registry=registry,
        )
        self.malformed_rtcp = Counter(
            "levelchat_ingest_malformed_rtcp", "RTCP packets that are none", registry=registry
        )
        self._tracks = {
            name: Counter(f"levelchat_ingest_{name}", meaning, ["kind"], registry=registry)
            for name, meaning in TRACK_COUNTS.items()
        }

    def count_track(self, kind: str, before: TrackStats, now: TrackStats) -> None:
        """Adds what a track counted since *before*."""
        for name, counter in self._tracks.items():
            grown = getattr(now, name) - getattr(before, name)
            if grown > 0:
                counter.labels(kind).inc(grown)
