"""The forwarding core in Python, on the event loop (F1 to F20).

Comes in: the calls of `Forwarder`. Goes out: datagrams and events. The sockets are read by
`reception`, packets go out through `fanout`, RTCP is answered by `answers`; here is only who is
who.
"""

import asyncio
import socket
from collections.abc import Sequence
from copy import copy
from typing import Any

from levelchat.clock import Clock
from levelchat.rtc.forward.answers import Answers
from levelchat.rtc.forward.events import EventQueue
from levelchat.rtc.forward.fanout import Fanout
from levelchat.rtc.forward.outlet import Outlet
from levelchat.rtc.forward.packets import Forms
from levelchat.rtc.forward.prober import Prober
from levelchat.rtc.forward.reception import Reception
from levelchat.rtc.forward.routes import Route
from levelchat.rtc.forward.seams import (
    ForwarderEvents,
    OutletConfig,
    OutletStats,
    RouteStats,
    Selection,
    SourceConfig,
    SourceStats,
    Totals,
)
from levelchat.rtc.forward.source import Source
from levelchat.rtc.forward.wire import Wire
from levelchat.rtc.stun import Address


class PortableForwarder:
    """See `Forwarder`."""

    name = "portable"

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._totals = Totals()
        self._routes: dict[int, Route] = {}
        self._sources: dict[int, Source] = {}
        self._outlets: dict[int, Outlet] = {}
        self._forms = Forms()
        self._sockets: tuple[socket.socket, ...] = ()
        self._events: ForwarderEvents | None = None
        self._queue = EventQueue(self._totals)
        self._wire = Wire(self._totals, self._on_outgoing)
        self._reception = Reception(clock, self._queue, self._totals, self)
        self._fanout = Fanout(clock, self._queue, self._wire, self._routes)
        self._prober = Prober(clock, self._wire, self._routes)
        self._answers = Answers(self._queue, self._totals, self._wire, self._fanout, self._routes)

    def open(self, sockets: Sequence[socket.socket], events: ForwarderEvents) -> None:
        self._sockets = tuple(sockets)
        self._events = events
        self._queue.open(asyncio.get_running_loop())
        self._wire.open(self._sockets)
        self._fanout.open(events)
        self._answers.open(events)
        self._reception.open(self._sockets, events)

    def close(self) -> None:
        self._reception.close()
        self._fanout.close()
        self._prober.close()
        self._queue.close()
        self._wire.open(())
        self._sockets = ()
        self._routes.clear()
        self._sources.clear()
        self._outlets.clear()

    def send(self, shard: int, datagram: bytes, address: Address) -> None:
        if self._sockets:
            self._wire.send_plain(shard, datagram, address)

    def _on_outgoing(self, route: int, datagram: bytes) -> None:
        if self._events is not None:
            self._queue.tell(self._events.on_outgoing, route, datagram)

    # -- routes

    def open_route(self, route: int, shard: int, rx: Any, tx: Any, cname: str) -> None:  # noqa: ANN401 - pylibsrtp.Session has no types
        known = self._routes.get(route)
        if not self._sockets:
            return
        if known is None:
            known = self._routes[route] = Route(route, shard, self._sockets[shard])
        known.rekey(self._wire.keys(rx, tx), cname)

    def close_route(self, route: int) -> None:
        closed = self._routes.get(route)
        if closed is None:
            return
        for outlet in set(closed.outlets.values()):
            self.close_outlet(outlet.identifier)
        for ssrc, (source, _) in closed.attached.items():
            source.attached.discard((route, ssrc))
        for address in tuple(closed.addresses):
            self._reception.unbind(address, closed.shard)
        del self._routes[route]

    def bind(self, route: int, address: Address) -> None:
        known = self._routes.get(route)
        if known is not None:
            self._reception.bind(known, address)

    def unbind(self, address: Address, shard: int) -> None:
        self._reception.unbind(address, shard)

    def aim(self, route: int, address: Address | None) -> None:
        known = self._routes.get(route)
        if known is not None:
            known.address = address
            known.is_aimed = True

    def deliver(self, route: int, datagram: bytes, now_ns: int) -> None:
        known = self._routes.get(route)
        if known is not None:
            self._totals.received += 1
            self._reception.take(known, datagram, now_ns)
            self.flush()

    def send_rtcp(self, route: int, packet: bytes) -> None:
        known = self._routes.get(route)
        if known is not None:
            self._wire.send_rtcp(known, packet)

    # -- sources

    def open_source(self, source: int, config: SourceConfig) -> None:
        self._sources[source] = Source(source, config)

    def close_source(self, source: int) -> None:
        closed = self._sources.pop(source, None)
        if closed is None:
            return
        for outlet in (*closed.carrying, *closed.waiting):
            if outlet.source is closed:
                outlet.leave_source()
                self._fanout.forget(outlet)
            else:
                outlet.leave_target()
        for route, ssrc in closed.attached:
            self._routes[route].attached.pop(ssrc, None)
        closed.history.forget()

    def attach(self, source: int, route: int, ssrc: int, *, repair: bool = False) -> None:
        known, owner = self._sources.get(source), self._routes.get(route)
        if known is None or owner is None:
            return
        former, _ = owner.attached.get(ssrc, (None, False))
        if former is not None:
            former.attached.discard((route, ssrc))
        owner.attached[ssrc] = (known, repair)
        known.attached.add((route, ssrc))

    def push(self, source: int, packet: bytes, now_ns: int) -> None:
        known = self._sources.get(source)
        if known is not None:
            self.on_rtp(known, packet, now_ns, repair=False)
            self.flush()

    def flush(self) -> None:
        """Sends what waits for more of its kind."""
        self._wire.flush()

    def on_rtp(self, source: Source, packet: bytes, now_ns: int, *, repair: bool) -> None:
        """A decrypted packet of *source*, or one that repairs it."""
        events, tell = self._events, self._queue.tell
        if events is None:
            return
        config, number = source.config, source.number
        if config.tap:
            tell(events.on_packet, number, packet, now_ns)
        taken = source.accept(packet, now_ns, repair=repair)
        if taken is None:
            return
        if config.gaps and source.gap is not None:
            tell(events.on_gap, number, *source.gap, now_ns)
        if config.gaps and source.filled is not None:
            tell(events.on_filled, number, source.filled, now_ns)
        self._fanout.on_packet(source, taken, now_ns)

    def on_rtcp(self, route: Route, packet: bytes, now_ns: int) -> None:
        """A decrypted compound packet of *route*."""
        self._answers.on_rtcp(route, packet, now_ns)

    # -- outlets

    def open_outlet(self, outlet: int, route: int, config: OutletConfig) -> None:
        owner = self._routes.get(route)
        if owner is None or outlet in self._outlets:
            return
        opened = Outlet(outlet, route, config, self._forms.form(config.extensions))
        self._outlets[outlet] = opened
        owner.outlets[config.ssrc] = opened
        if config.rtx_ssrc:
            owner.outlets[config.rtx_ssrc] = opened

    def close_outlet(self, outlet: int) -> None:
        closed = self._outlets.pop(outlet, None)
        if closed is None:
            return
        closed.leave_target()
        closed.leave_source()
        self._fanout.forget(closed)
        self._prober.forget(closed)
        owner = self._routes[closed.route]
        for ssrc in (closed.config.ssrc, closed.config.rtx_ssrc):
            if owner.outlets.get(ssrc) is closed:
                del owner.outlets[ssrc]

    def select(self, outlet: int, selection: Selection) -> None:
        known = self._outlets.get(outlet)
        if known is not None:
            self._fanout.select(known, selection, self._sources.get(selection.source))

    def probe(self, outlet: int, bitrate: int, milliseconds: int) -> None:
        known = self._outlets.get(outlet)
        if known is not None:
            self._prober.probe(known, bitrate, milliseconds)

    # -- counts

    def source_stats(self, source: int) -> SourceStats:
        known = self._sources.get(source)
        return known.snapshot() if known is not None else SourceStats()

    def outlet_stats(self, outlet: int) -> OutletStats:
        known = self._outlets.get(outlet)
        return known.snapshot() if known is not None else OutletStats()

    def route_stats(self, route: int) -> RouteStats:
        known = self._routes.get(route)
        return copy(known.stats) if known is not None else RouteStats()

    def totals(self) -> Totals:
        return copy(self._totals)
