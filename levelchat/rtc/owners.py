"""Who hears what the forwarding core tells: peers, owners of sources, owners of outlets.

Comes in: the core's events. Goes out: calls to the one whom each concerns. One that raises costs
its own peer or source, and nobody else.
"""

import structlog

from levelchat.rtc.forward.seams import OutletEvents, SourceEvents
from levelchat.rtc.mux import Mux
from levelchat.rtc.path import Path
from levelchat.rtc.peer import Peer
from levelchat.rtc.stun import Address

_log = structlog.get_logger("rtc")


class Owners:
    """The `ForwarderEvents` of an endpoint."""

    def __init__(self, mux: Mux) -> None:
        self._mux = mux
        self.peers: dict[int, Peer] = {}
        self.sources: dict[int, SourceEvents] = {}
        self.outlets: dict[int, tuple[Peer, OutletEvents]] = {}

    def forget(self, peer: Peer) -> None:
        """It is closed, and its outlets with it."""
        del self.peers[peer.route]
        for outlet in [number for number, (owner, _) in self.outlets.items() if owner is peer]:
            del self.outlets[outlet]

    def on_datagram(self, shard: int, datagram: bytes, address: Address, _now_ns: int) -> None:
        self._mux.on_datagram(Path(shard, address), datagram)

    def on_stray(self, route: int, packet: bytes, now_ns: int) -> None:
        peer = self._peer(route)
        if peer is not None:
            try:
                peer.events.on_stray(packet, now_ns)
            except Exception:  # noqa: BLE001 - a defect costs one peer
                _fail(peer, "a stray packet was not handled")

    def on_rtcp(self, route: int, packet: bytes, now_ns: int) -> None:
        peer = self._peer(route)
        if peer is not None:
            try:
                peer.events.on_rtcp(packet, now_ns)
            except Exception:  # noqa: BLE001 - a defect costs one peer
                _fail(peer, "an RTCP packet was not handled")

    def on_packet(self, source: int, packet: bytes, now_ns: int) -> None:
        owner = self.sources.get(source)
        if owner is not None:
            try:
                owner.on_packet(source, packet, now_ns)
            except Exception:  # noqa: BLE001 - a defect costs one source
                self._give_up(source)

    def on_gap(self, source: int, first: int, count: int, now_ns: int) -> None:
        owner = self.sources.get(source)
        if owner is not None:
            try:
                owner.on_gap(source, first, count, now_ns)
            except Exception:  # noqa: BLE001 - a defect costs one source
                self._give_up(source)

    def on_filled(self, source: int, sequence: int, now_ns: int) -> None:
        owner = self.sources.get(source)
        if owner is not None:
            try:
                owner.on_filled(source, sequence, now_ns)
            except Exception:  # noqa: BLE001 - a defect costs one source
                self._give_up(source)

    def on_key_frame_wanted(self, outlet: int, now_ns: int) -> None:
        peer, owner = self.outlets.get(outlet, (None, None))
        if peer is not None and owner is not None:
            try:
                owner.on_key_frame_wanted(outlet, now_ns)
            except Exception:  # noqa: BLE001 - a defect costs one peer
                _fail(peer, "a key frame was not asked for")

    def on_switched(self, outlet: int, source: int, now_ns: int) -> None:
        peer, owner = self.outlets.get(outlet, (None, None))
        if peer is not None and owner is not None:
            try:
                owner.on_switched(outlet, source, now_ns)
            except Exception:  # noqa: BLE001 - a defect costs one peer
                _fail(peer, "a switch was not noted")

    def on_outgoing(self, route: int, datagram: bytes) -> None:
        peer = self._peer(route)
        if peer is not None:
            try:
                peer.on_outgoing(datagram)
            except Exception:  # noqa: BLE001 - a defect costs one peer
                _fail(peer, "a packet was not sent over TCP")

    def _peer(self, route: int) -> Peer | None:
        peer = self.peers.get(route)
        return peer if peer is not None and not peer.is_closed else None

    def _give_up(self, source: int) -> None:
        _log.exception("a source's packet was not handled", source=source)
        del self.sources[source]


def _fail(peer: Peer, what: str) -> None:
    _log.exception(what)
    peer.on_fault()
