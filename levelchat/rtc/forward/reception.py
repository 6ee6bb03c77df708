"""The way into one process: sockets read, datagrams told apart, SRTP opened (F1 to F3).

Comes in: datagrams. Goes out: RTP of attached SSRCs and RTCP to the core, all else as events. It
works through a bounded number of datagrams and then lets others run.
"""

import asyncio
import functools
import socket
from typing import Protocol

from levelchat.clock import Clock
from levelchat.rtc.forward.events import EventQueue
from levelchat.rtc.forward.routes import Route
from levelchat.rtc.forward.seams import ForwarderEvents, Totals
from levelchat.rtc.forward.source import Source
from levelchat.rtc.stun import Address

BURST = 64
"""Datagrams of one wake-up."""
MAX_SENT = 1024
"""Packets sent in one wake-up, after which the rest of the burst waits: 10 ms of work."""
MAX_DATAGRAM = 2048
_RTP = range(128, 192)
"""RFC 7983 §7."""
_RTCP = range(192, 224)
"""RFC 5761 §4."""
_SMALLEST_RTP = 12
_SMALLEST_RTCP = 8


class Core(Protocol):
    """What takes decrypted packets."""

    def on_rtp(self, source: Source, packet: bytes, now_ns: int, *, repair: bool) -> None:
        """Of an SSRC that is attached."""

    def on_rtcp(self, route: Route, packet: bytes, now_ns: int) -> None:
        """Of any route."""

    def flush(self) -> None:
        """No more of them in this wake-up."""


class Reception:
    """The sockets and who is behind which address."""

    def __init__(self, clock: Clock, queue: EventQueue, totals: Totals, core: Core) -> None:
        self._clock = clock
        self._queue = queue
        self._totals = totals
        self._core = core
        self._loop: asyncio.AbstractEventLoop | None = None
        self._sockets: tuple[socket.socket, ...] = ()
        self._bound: dict[tuple[int, Address], Route] = {}
        self._events: ForwarderEvents

    def open(self, sockets: tuple[socket.socket, ...], events: ForwarderEvents) -> None:
        self._sockets = sockets
        self._events = events
        self._loop = asyncio.get_running_loop()
        for shard, sock in enumerate(sockets):
            self._loop.add_reader(sock.fileno(), functools.partial(self._on_readable, shard, sock))

    def close(self) -> None:
        if self._loop is not None:
            for sock in self._sockets:
                self._loop.remove_reader(sock.fileno())
        self._loop = None
        self._sockets = ()
        self._bound.clear()

    def bind(self, route: Route, address: Address) -> None:
        """The newest claim to an address counts."""
        former = self._bound.get((route.shard, address))
        if former is not None:
            former.addresses.discard(address)
        self._bound[route.shard, address] = route
        route.addresses.add(address)

    def unbind(self, address: Address, shard: int) -> None:
        route = self._bound.pop((shard, address), None)
        if route is not None:
            route.addresses.discard(address)

    def _on_readable(self, shard: int, sock: socket.socket) -> None:
        now_ns = self._clock.now_ns()
        totals = self._totals
        enough = totals.forwarded + MAX_SENT
        try:
            for _ in range(BURST):
                try:
                    datagram, address = sock.recvfrom(MAX_DATAGRAM)
                except BlockingIOError:
                    return
                except OSError:
                    # An earlier send was refused somewhere; the next datagram knows nothing of it.
                    continue
                totals.received += 1
                self._dispatch(shard, datagram, address, now_ns)
                if totals.forwarded > enough:
                    return
        finally:
            self._core.flush()
            self._queue.flush()

    def _dispatch(self, shard: int, datagram: bytes, address: Address, now_ns: int) -> None:
        if not datagram or datagram[0] not in _RTP:
            self._queue.tell(self._events.on_datagram, shard, datagram, address, now_ns)
            return
        route = self._bound.get((shard, address))
        if route is None:
            self._totals.unknown += 1
        else:
            self.take(route, datagram, now_ns)

    def take(self, route: Route, datagram: bytes, now_ns: int) -> None:
        """SRTP or SRTCP of *route*."""
        if len(datagram) >= _SMALLEST_RTCP and datagram[1] in _RTCP:
            self._take_rtcp(route, datagram, now_ns)
        elif len(datagram) >= _SMALLEST_RTP:
            self._take_rtp(route, datagram, now_ns)
        else:
            self._refuse(route)

    def _take_rtcp(self, route: Route, datagram: bytes, now_ns: int) -> None:
        ssrc = int.from_bytes(datagram[4:8], "big")
        packet = route.keys.unprotect_rtcp(datagram) if route.may_open(ssrc) else None
        if packet is None:
            self._refuse(route)
            return
        route.ssrcs.add(ssrc)
        route.stats.srtcp_packets += 1
        self._core.on_rtcp(route, packet, now_ns)

    def _take_rtp(self, route: Route, datagram: bytes, now_ns: int) -> None:
        ssrc = int.from_bytes(datagram[8:12], "big")
        packet = route.keys.unprotect(datagram) if route.may_open(ssrc) else None
        if packet is None:
            self._refuse(route)
            return
        route.ssrcs.add(ssrc)
        route.stats.srtp_packets += 1
        source, repair = route.attached.get(ssrc, (None, False))
        if source is not None:
            self._core.on_rtp(source, packet, now_ns, repair=repair)
        elif route.strays.take(now_ns):
            self._queue.tell(self._events.on_stray, route.number, packet, now_ns)

    def _refuse(self, route: Route) -> None:
        self._totals.srtp_errors += 1
        route.stats.srtp_errors += 1
