"""How a peer is reached: an address behind one shard's socket, or a TCP connection.

A value; it decides nothing.
"""

from typing import NamedTuple

from levelchat.rtc.stun import Address

TCP = -1
"""In place of a shard's number: the TCP connection from that address (RFC 6544)."""


class Path(NamedTuple):
    """Where datagrams come from and go to."""

    shard: int
    address: Address

    @property
    def is_tcp(self) -> bool:
        return self.shard == TCP
