"""The way out of one process: headers patched, SRTP made, datagrams sent.

Comes in: packets with their numbers, RTCP. Goes out: datagrams on the sockets of the shards, or to
whoever carries a route that has no address. RTP of one route waits for more of it until `flush`,
which ends whatever caused it: what goes to one address in a row is one send.
"""

import socket
import struct
from collections.abc import Callable

from levelchat.rtc.forward._srtp import Keys, Workspace, protect_rtp
from levelchat.rtc.forward.outlet import Outlet
from levelchat.rtc.forward.packets import Packet
from levelchat.rtc.forward.rewriting import patch
from levelchat.rtc.forward.routes import Route
from levelchat.rtc.forward.seams import MAX_PACKET, Totals
from levelchat.rtc.forward.segments import MAX_SEGMENTS, Segments
from levelchat.rtc.stun import Address

_NUMBERS = struct.Struct("!BHII")
"""An RTP header behind its first byte (RFC 3550 §5.1)."""
_MARKER = 0x80
_HEADER = 12
_PADDED = 0xA0
_ORIGINAL = 2
"""Bytes of the original sequence number (RFC 4588 §4)."""
PADDING = 255
"""Bytes of a packet of nothing but padding: the most that its last byte can say."""


class Wire:
    """*outgoing* takes datagrams of routes without an address."""

    __slots__ = ("_outgoing", "_segments", "_sockets", "_totals", "_unsent", "work")

    def __init__(self, totals: Totals, outgoing: Callable[[int, bytes], None]) -> None:
        self._totals = totals
        self._outgoing = outgoing
        self._sockets: tuple[socket.socket, ...] = ()
        self._segments = Segments()
        self._unsent: list[Route] = []
        """Those with datagrams that wait."""
        self.work = Workspace()

    def open(self, sockets: tuple[socket.socket, ...]) -> None:
        self._sockets = sockets

    def send(self, route: Route, outlet: Outlet, packet: Packet) -> None:
        """*packet* as the outlet's fields say."""
        run = outlet.placed
        image = packet.image(outlet.form)
        size = len(image.data)
        if size > MAX_PACKET:
            self._totals.dropped_packets += 1
            return
        view = self.work.view
        view[:size] = image.data
        second = run.payload_type | _MARKER if outlet.marker else run.payload_type
        number = outlet.number & 0xFFFF
        _NUMBERS.pack_into(view, 1, second, number, outlet.timestamp, outlet.config.ssrc)
        if run.patches:
            patch(view, packet, run, image.payload_at, image.frame_at)
        self._protect(route, size)

    def resend(self, route: Route, outlet: Outlet) -> None:
        """The packet that the outlet recalled: as a retransmission (RFC 4588 §4), or again."""
        packet, run = outlet.packet, outlet.placed
        if not outlet.config.rtx_ssrc or not run.rtx_payload_type:
            self.send(route, outlet, packet)
            return
        image = packet.image(outlet.form)
        start, size = image.payload_at, len(image.data)
        if size + _ORIGINAL > MAX_PACKET:
            self._totals.dropped_packets += 1
            return
        view = self.work.view
        view[:start] = image.data[:start]
        view[start + _ORIGINAL : size + _ORIGINAL] = image.data[start:]
        view[start] = outlet.number >> 8 & 0xFF
        view[start + 1] = outlet.number & 0xFF
        second = run.rtx_payload_type | (_MARKER if outlet.marker else 0)
        _NUMBERS.pack_into(
            view, 1, second, outlet.next_rtx() & 0xFFFF, outlet.timestamp, outlet.config.rtx_ssrc
        )
        if run.patches:
            patch(view, packet, run, start + _ORIGINAL, image.frame_at)
        self._protect(route, size + _ORIGINAL)

    def pad(self, route: Route, second: int, number: int, timestamp: int, ssrc: int) -> None:
        """A packet of nothing but padding."""
        view = self.work.view
        size = _HEADER + PADDING
        view[:size] = bytes(size)
        view[0] = _PADDED
        _NUMBERS.pack_into(view, 1, second, number & 0xFFFF, timestamp, ssrc)
        view[size - 1] = PADDING
        self._protect(route, size)

    def _protect(self, route: Route, size: int) -> None:
        work, keys, totals = self.work, route.keys, self._totals
        work.length[0] = size
        if protect_rtp(keys.tx, work.cdata, work.length):
            totals.send_errors += 1
            return
        size = work.length[0]
        if route.address is not None:
            self._wait(route, bytes(work.view[:size]))
        elif route.is_aimed:
            self._outgoing(route.number, bytes(work.view[:size]))
        else:
            return
        totals.forwarded += 1
        totals.forwarded_bytes += size

    def _wait(self, route: Route, datagram: bytes) -> None:
        unsent = route.unsent
        if not unsent:
            self._unsent.append(route)
        unsent.append(datagram)
        if len(unsent) >= MAX_SEGMENTS:
            self._send(route)

    def flush(self) -> None:
        """Sends what waits."""
        for route in self._unsent:
            self._send(route)
        self._unsent.clear()

    def _send(self, route: Route) -> None:
        unsent, address, totals = route.unsent, route.address, self._totals
        if unsent and address is not None:
            for datagram in self._segments.send(route.socket, unsent, address):
                totals.send_errors += 1
                totals.forwarded -= 1
                totals.forwarded_bytes -= len(datagram)
        unsent.clear()

    def send_rtcp(self, route: Route, packet: bytes) -> None:
        """*packet* as SRTCP."""
        datagram = route.keys.protect_rtcp(packet)
        if datagram is None:
            self._totals.send_errors += 1
        elif route.address is not None:
            self.send_plain(route.shard, datagram, route.address)
        elif route.is_aimed:
            self._outgoing(route.number, datagram)

    def send_plain(self, shard: int, datagram: bytes, address: Address) -> None:
        """*datagram* as it is."""
        try:
            self._sockets[shard].sendto(datagram, address)
        except OSError:
            self._totals.send_errors += 1

    def keys(self, rx: object, tx: object) -> Keys:
        return Keys(rx, tx, self.work)
