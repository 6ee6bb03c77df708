"""The forwarding core in C as the endpoint uses it (F1 to F20).

Comes in: the calls of `Forwarder`. Goes out: the same calls to the extension, whose threads do the
work, and its events on the event loop. Nothing is decided here.
"""

import asyncio
import socket
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from levelchat.clock import Clock
from levelchat.media.codec import Codec
from levelchat.rtc.forward import _srtp, sizes
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
from levelchat.rtc.native._core import Core
from levelchat.rtc.stun import Address

MAX_EVENTS = 512
"""Told in one turn of the loop; then others run."""
_FUNCTIONS = ("srtp_protect", "srtp_unprotect", "srtp_protect_rtcp", "srtp_unprotect_rtcp")
_CODECS = {Codec.H264: 1, Codec.VP8: 2, Codec.VP9: 3, Codec.AV1: 4, Codec.OPUS: 5}
"""base.h; others are 0."""


class NativeForwarder:
    """See `Forwarder`."""

    name = "native"

    def __init__(self, clock: Clock) -> None:
        offset_ns = clock.now_ns() - clock.monotonic_ns()
        first, second, third, fourth = map(_srtp.address_of, _FUNCTIONS)
        self._core = Core(offset_ns, (first, second, third, fourth))
        self._loop: asyncio.AbstractEventLoop | None = None
        self._descriptor = -1
        self._told: tuple[Callable[..., None], ...] = ()
        self._waiting: deque[tuple[int, tuple[object, ...]]] = deque()
        self._sizes: dict[int, tuple[Codec, sizes.Size]] = {}
        """Of the sources that are open, as Python reads them."""

    def open(self, sockets: Sequence[socket.socket], events: ForwarderEvents) -> None:
        self._loop = asyncio.get_running_loop()
        # In the order of events.h.
        self._told = (
            events.on_datagram,
            events.on_stray,
            events.on_rtcp,
            events.on_packet,
            events.on_gap,
            events.on_filled,
            events.on_key_frame_wanted,
            events.on_switched,
            events.on_outgoing,
            self._on_key_frame,
        )
        self._descriptor = self._core.open([sock.fileno() for sock in sockets])
        self._loop.add_reader(self._descriptor, self._on_readable)

    def close(self) -> None:
        if self._loop is not None:
            self._loop.remove_reader(self._descriptor)
        self._loop = None
        self._waiting.clear()
        self._sizes.clear()
        self._core.close()

    def _on_readable(self) -> None:
        self._waiting.extend(self._core.take(MAX_EVENTS))
        self._tell()

    def _tell(self) -> None:
        """One that raises takes no other with it: the rest follow in the loop's next turn."""
        waiting, told = self._waiting, self._told
        try:
            while waiting:
                kind, arguments = waiting.popleft()
                told[kind](*arguments)
        finally:
            if waiting and self._loop is not None:
                self._loop.call_soon(self._tell)

    def _on_key_frame(self, source: int, payload: bytes) -> None:
        """F21."""
        codec, known = self._sizes.get(source, (None, sizes.UNKNOWN))
        if codec is not None:
            size = sizes.read(codec, payload)
            self._sizes[source] = codec, known if size == sizes.UNKNOWN else size

    def send(self, shard: int, datagram: bytes, address: Address) -> None:
        self._core.send(shard, datagram, address)

    # -- routes

    def open_route(self, route: int, shard: int, rx: Any, tx: Any, cname: str) -> None:  # noqa: ANN401 - pylibsrtp.Session has no types
        contexts = _srtp.context_of(rx), _srtp.context_of(tx)
        self._core.open_route(route, shard, *contexts, rx, tx, cname.encode())

    def close_route(self, route: int) -> None:
        self._core.close_route(route)

    def bind(self, route: int, address: Address) -> None:
        self._core.bind(route, address)

    def unbind(self, address: Address, shard: int) -> None:
        self._core.unbind(address, shard)

    def aim(self, route: int, address: Address | None) -> None:
        self._core.aim(route, address)

    def deliver(self, route: int, datagram: bytes, now_ns: int) -> None:
        self._core.deliver(route, datagram, now_ns)

    def send_rtcp(self, route: int, packet: bytes) -> None:
        self._core.send_rtcp(route, packet)

    # -- sources

    def open_source(self, source: int, config: SourceConfig) -> None:
        ids = config.extensions
        self._core.open_source(
            source,
            _CODECS.get(config.codec, 0),
            config.payload_type,
            config.rtx_payload_type,
            ids.audio_level,
            ids.capture_time,
            ids.dependency,
            config.history,
            config.codec.clock_rate,
            config.tap,
            config.gaps,
        )
        self._sizes[source] = config.codec, sizes.UNKNOWN

    def close_source(self, source: int) -> None:
        self._sizes.pop(source, None)
        self._core.close_source(source)

    def attach(self, source: int, route: int, ssrc: int, *, repair: bool = False) -> None:
        self._core.attach(source, route, ssrc, repair)

    def push(self, source: int, packet: bytes, now_ns: int) -> None:
        self._core.push(source, packet, now_ns)

    # -- outlets

    def open_outlet(self, outlet: int, route: int, config: OutletConfig) -> None:
        ids = config.extensions
        self._core.open_outlet(
            outlet,
            route,
            config.ssrc,
            config.rtx_ssrc,
            config.clock_rate,
            config.is_video,
            ids.audio_level,
            ids.capture_time,
            ids.dependency,
        )

    def close_outlet(self, outlet: int) -> None:
        self._core.close_outlet(outlet)

    def select(self, outlet: int, selection: Selection) -> None:
        self._core.select(
            outlet,
            selection.source,
            selection.payload_type,
            selection.rtx_payload_type,
            selection.spatial,
            selection.temporal,
            selection.replay,
            selection.at_once,
        )

    def probe(self, outlet: int, bitrate: int, milliseconds: int) -> None:
        self._core.probe(outlet, max(bitrate, 0), max(milliseconds, 0))

    # -- counts

    def source_stats(self, source: int) -> SourceStats:
        stats = SourceStats(*(self._core.source_counts(source) or ()))
        _, size = self._sizes.get(source, (None, sizes.UNKNOWN))
        stats.width, stats.height = size
        return stats

    def outlet_stats(self, outlet: int) -> OutletStats:
        return OutletStats(*(self._core.outlet_counts(outlet) or ()))

    def route_stats(self, route: int) -> RouteStats:
        return RouteStats(*(self._core.route_counts(route) or ()))

    def totals(self) -> Totals:
        return Totals(*(self._core.totals() or ()))
