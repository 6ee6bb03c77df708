"""Metrics of the WebRTC endpoint.

Plain integers that the datagram path increments; they become samples only when somebody reads
them, because a counter object costs more than dropping a garbage datagram does.
"""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily

from levelchat.rtc.forward.seams import Forwarder, Totals


class RtcMetrics:
    """Declared once a process; *core* is its forwarding core."""

    def __init__(self, registry: CollectorRegistry, core: Forwarder | None = None) -> None:
        self._core = core
        self.peers = 0
        self.shards = 0
        self.datagrams = 0
        self.unknown_datagrams = 0
        self.stun_rejected = 0
        self.stun_errors_sent = 0
        self.dtls_failures = 0
        self.tcp_connections = 0
        self.tcp_refused = 0
        self.tcp_unproved = 0
        self.tcp_stalled = 0
        self.tcp_malformed = 0
        self.tcp_dropped = 0
        registry.register(self)

    def collect(self) -> Iterator[Metric]:
        """The samples of now."""
        yield GaugeMetricFamily("levelchat_rtc_peers", "WebRTC peers", value=self.peers)
        yield GaugeMetricFamily("levelchat_rtc_shards", "UDP ports of WebRTC", value=self.shards)
        connections = self.tcp_connections
        yield GaugeMetricFamily(
            "levelchat_rtc_tcp_connections", "TCP connections of WebRTC", value=connections
        )
        core = InfoMetricFamily("levelchat_rtc_core", "Which forwarding core runs")
        core.add_metric([], {"name": self._core.name if self._core is not None else ""})
        yield core
        for name, meaning in _COUNTERS.items():
            value = getattr(self, name)
            yield CounterMetricFamily(f"levelchat_rtc_{name}", meaning, value=value)
        totals = self._core.totals() if self._core is not None else Totals()
        for name, meaning in _OF_THE_CORE.items():
            value = getattr(totals, name)
            yield CounterMetricFamily(f"levelchat_rtc_{name}", meaning, value=value)


_COUNTERS = {
    "datagrams": "Datagrams that came in and are not SRTP of a known address",
    "unknown_datagrams": "Of them dropped: no protocol, or DTLS of a stranger",
    "stun_rejected": "STUN messages that were no genuine check of a known peer",
    "stun_errors_sent": "STUN error responses",
    "dtls_failures": "DTLS handshakes that failed",
    "tcp_refused": "TCP connections beyond the most there may be, altogether or of one host",
    "tcp_unproved": "TCP connections cut because no genuine check came in time",
    "tcp_stalled": "TCP connections cut because their reader had stopped",
    "tcp_malformed": "TCP connections cut because they carried no datagrams",
    "tcp_dropped": "Datagrams that a TCP connection had no room for, or that had no connection",
}
_OF_THE_CORE = {
    "received": "SRTP and SRTCP packets of known addresses",
    "forwarded": "RTP packets sent to subscribers, retransmissions included",
    "forwarded_bytes": "Bytes of them",
    "resent": "Packets sent again because a subscriber asked",
    "unknown": "SRTP from addresses that no check proved",
    "srtp_errors": "Packets that SRTP refused: forged, replayed, or of one source too many",
    "send_errors": "Datagrams that the system did not take",
    "dropped_events": "Events that Python did not take from the core in time",
    "dropped_packets": "Packets that one shard did not take from another in time",
}
