"""Metrics of the WebRTC endpoint.

Plain integers that the datagram path increments; they become samples only when somebody reads
them, because a counter object costs more than dropping a garbage datagram does.
"""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily


class RtcMetrics:
    """Declared once a process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.peers = 0
        self.datagrams = 0
        self.unknown_datagrams = 0
        self.stun_rejected = 0
        self.stun_errors_sent = 0
        self.srtp_errors = 0
        self.dtls_failures = 0
        self.send_errors = 0
        registry.register(self)

    def collect(self) -> Iterator[Metric]:
        """The samples of now."""
        yield GaugeMetricFamily("levelchat_rtc_peers", "WebRTC peers", value=self.peers)
        for name, meaning in _COUNTERS.items():
            value = getattr(self, name)
            yield CounterMetricFamily(f"levelchat_rtc_{name}", meaning, value=value)


_COUNTERS = {
    "datagrams": "Datagrams that came in",
    "unknown_datagrams": "Datagrams dropped: no protocol, or an address that no check proved",
    "stun_rejected": "STUN messages that were no genuine check of a known peer",
    "stun_errors_sent": "STUN error responses",
    "srtp_errors": "Packets that SRTP refused: forged, replayed, or of one source too many",
    "dtls_failures": "DTLS handshakes that failed",
    "send_errors": "Datagrams that the system did not take",
}
