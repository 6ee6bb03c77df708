"""Each packet of a source to the outlets that carry it, and what was before to those that join.

Comes in: packets of sources, selections. Goes out: packets on the wire; events. The work of one
packet is one look at each outlet.
"""

import asyncio

from levelchat.clock import Clock
from levelchat.media.time import NANOSECOND
from levelchat.rtc.forward.events import EventQueue
from levelchat.rtc.forward.outlet import Outlet
from levelchat.rtc.forward.packets import Packet
from levelchat.rtc.forward.routes import Route
from levelchat.rtc.forward.seams import (
    REPLAY_BURST,
    REPLAY_CHUNK,
    REPLAY_TICK_NS,
    ForwarderEvents,
    Selection,
)
from levelchat.rtc.forward.source import Source
from levelchat.rtc.forward.wire import Wire


class Fanout:
    """*routes* is the core's."""

    def __init__(
        self, clock: Clock, queue: EventQueue, wire: Wire, routes: dict[int, Route]
    ) -> None:
        self._clock = clock
        self._queue = queue
        self._wire = wire
        self._routes = routes
        self._replaying: dict[Outlet, None] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._events: ForwarderEvents

    def open(self, events: ForwarderEvents) -> None:
        self._events = events

    def close(self) -> None:
        self._replaying.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def on_packet(self, source: Source, packet: Packet, now_ns: int) -> None:
        """A new packet, in order or late."""
        if source.waiting:
            self._go_over(source, packet, now_ns)
        history, routes, send = source.history, self._routes, self._wire.send
        for outlet in source.carrying:
            if outlet.take(packet, history):
                send(routes[outlet.route], outlet, packet)
                if outlet.switched:
                    self._tell_switched(outlet, source, now_ns)
            if outlet.layering is not None and outlet.layering.needs_key_frame:
                self.ask_key_frame(outlet, now_ns)

    def _go_over(self, source: Source, packet: Packet, now_ns: int) -> None:
        newest = packet.sequence == source.history.highest
        for outlet in tuple(source.waiting):
            if packet.key and newest:
                outlet.carry(source)
            else:
                self.ask_key_frame(outlet, now_ns)

    def _tell_switched(self, outlet: Outlet, source: Source, now_ns: int) -> None:
        outlet.switched = False
        self._queue.tell(self._events.on_switched, outlet.identifier, source.number, now_ns)

    def ask_key_frame(self, outlet: Outlet, now_ns: int) -> None:
        """F19."""
        if outlet.asks_key_frame(now_ns):
            self._queue.tell(self._events.on_key_frame_wanted, outlet.identifier, now_ns)

    def select(self, outlet: Outlet, selection: Selection, source: Source | None) -> None:
        """F11 to F13."""
        former = outlet.source
        outlet.select(selection, source)
        now_ns = self._clock.now_ns()
        if outlet.cursor is not None and outlet.source is not former:
            self._replaying[outlet] = None
            self._replay(outlet, REPLAY_BURST, now_ns)
            self._wire.flush()
            self._schedule()
        elif outlet.target is not None or self._replays_nothing(outlet, former):
            self.ask_key_frame(outlet, now_ns)

    def _replays_nothing(self, outlet: Outlet, former: Source | None) -> bool:
        return (
            outlet.config.is_video
            and outlet.selection.replay
            and outlet.source is not None
            and former is None
        )

    def _replay(self, outlet: Outlet, count: int, now_ns: int) -> None:
        route, source = self._routes[outlet.route], outlet.source
        if source is not None:
            for packet in outlet.replay(count):
                if outlet.take(packet, source.history):
                    self._wire.send(route, outlet, packet)
                    if outlet.switched:
                        self._tell_switched(outlet, source, now_ns)
        if outlet.cursor is None:
            self._replaying.pop(outlet, None)

    def _schedule(self) -> None:
        if self._replaying and self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(REPLAY_TICK_NS / NANOSECOND, self._on_tick)

    def _on_tick(self) -> None:
        self._timer = None
        now_ns = self._clock.now_ns()
        for outlet in tuple(self._replaying):
            self._replay(outlet, REPLAY_CHUNK, now_ns)
        self._wire.flush()
        self._schedule()

    def forget(self, outlet: Outlet) -> None:
        """It is closed."""
        self._replaying.pop(outlet, None)
