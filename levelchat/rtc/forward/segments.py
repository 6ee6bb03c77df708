"""Datagrams to one address in as few sends as the system takes (UDP generic segmentation offload).

Comes in: datagrams for one address, in order. Goes out: sends of datagrams of one size, of which
the last may be shorter. Each send costs more than all that Python does for a packet. Where the
system refuses it, for a path or for good, datagrams go alone.
"""

import errno
import socket
import struct
import sys
from collections.abc import Iterator, Sequence

from levelchat.rtc.stun import Address

MAX_SEGMENTS = 64
"""Of one send (UDP_MAX_SEGMENTS in Linux)."""
MAX_BYTES = 65_000
"""Of one send: all segments were one datagram before they are cut (RFC 768: 16 bits)."""
MAX_REFUSALS = 8
"""One after another, behind which the system is not asked again."""

_UDP_SEGMENT = 103
"""linux/udp.h; since Linux 4.18."""
_SIZE = struct.Struct("=H")
_REFUSALS = frozenset(
    {errno.EINVAL, errno.EIO, errno.ENOPROTOOPT, errno.EOPNOTSUPP, errno.EMSGSIZE}
)
"""An old kernel, a device without checksums, a path that takes no datagram so large."""


def runs(datagrams: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    """*datagrams* in order, cut into what one send takes each."""
    start, count = 0, len(datagrams)
    while start < count:
        size = len(datagrams[start])
        end, left = start + 1, MAX_BYTES - size
        while end < count and end - start < MAX_SEGMENTS and len(datagrams[end]) <= left:
            following = len(datagrams[end])
            if following > size:
                break
            end, left = end + 1, left - following
            if following < size:
                break
        yield datagrams[start:end]
        start = end


class Segments:
    """One process's way to send; knows whether the system segments."""

    __slots__ = ("_refusals",)

    def __init__(self) -> None:
        self._refusals = 0 if sys.platform == "linux" else MAX_REFUSALS

    def send(
        self, sock: socket.socket, datagrams: Sequence[bytes], address: Address
    ) -> list[bytes]:
        """Sends *datagrams* in order; those that the system did not take."""
        lost: list[bytes] = []
        if len(datagrams) == 1:
            # Runs of one are the common case of quiet rooms.
            lost += _send_alone(sock, datagrams, address)
            return lost
        for run in runs(datagrams):
            if len(run) == 1 or self._refusals >= MAX_REFUSALS:
                lost += _send_alone(sock, run, address)
                continue
            segments = [(socket.IPPROTO_UDP, _UDP_SEGMENT, _SIZE.pack(len(run[0])))]
            try:
                sock.sendmsg(run, segments, 0, address)
            except OSError as error:
                if error.errno in _REFUSALS:
                    self._refusals += 1
                    lost += _send_alone(sock, run, address)
                else:
                    lost += run
            else:
                self._refusals = 0
        return lost


def _send_alone(
    sock: socket.socket, datagrams: Sequence[bytes], address: Address
) -> Iterator[bytes]:
    for datagram in datagrams:
        try:
            sock.sendto(datagram, address)
        except OSError:
            yield datagram
