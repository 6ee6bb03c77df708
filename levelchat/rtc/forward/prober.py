"""Sends the padding of probes.

Comes in: probes of outlets. Goes out: packets of padding, every few milliseconds until each probe
is over. It takes numbers of the outlet's own stream only between two pictures (F8).
"""

import asyncio

from levelchat.clock import Clock
from levelchat.media.time import NANOSECOND
from levelchat.rtc.forward.outlet import Outlet
from levelchat.rtc.forward.probing import Probe
from levelchat.rtc.forward.routes import Route
from levelchat.rtc.forward.wire import Wire

TICK_NS = 5_000_000


class Prober:
    """*routes* is the core's."""

    def __init__(self, clock: Clock, wire: Wire, routes: dict[int, Route]) -> None:
        self._clock = clock
        self._wire = wire
        self._routes = routes
        self._probes: dict[Outlet, Probe] = {}
        self._timer: asyncio.TimerHandle | None = None

    def close(self) -> None:
        self._probes.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def probe(self, outlet: Outlet, bitrate: int, milliseconds: int) -> None:
        """A new probe of an outlet replaces its former."""
        self._probes[outlet] = Probe(bitrate, milliseconds, self._clock.now_ns())
        self._schedule()

    def forget(self, outlet: Outlet) -> None:
        """It is closed."""
        self._probes.pop(outlet, None)

    def _schedule(self) -> None:
        if self._probes and self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(TICK_NS / NANOSECOND, self._on_tick)

    def _on_tick(self) -> None:
        self._timer = None
        now_ns = self._clock.now_ns()
        for outlet, probe in tuple(self._probes.items()):
            count = probe.due(now_ns)
            if count > 0 and self._pad(outlet, count):
                probe.sent(count)
            if probe.is_over(now_ns):
                del self._probes[outlet]
        self._wire.flush()
        self._schedule()

    def _pad(self, outlet: Outlet, count: int) -> bool:
        """Whether padding could go out now."""
        rewriter, run = outlet.rewriter, outlet.run
        if run is None or rewriter.last is None:
            return False
        route, config = self._routes[outlet.route], outlet.config
        if config.rtx_ssrc and run.rtx_payload_type:
            for _ in range(count):
                self._wire.pad(
                    route,
                    run.rtx_payload_type,
                    outlet.next_rtx(),
                    outlet.timestamp,
                    config.rtx_ssrc,
                )
            return True
        if not outlet.marker and config.is_video:
            return False
        first = outlet.pad(count)
        for number in range(first, first + count):
            self._wire.pad(route, run.payload_type, number, outlet.timestamp, config.ssrc)
        return True
