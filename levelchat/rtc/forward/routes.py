"""One connected peer as the core knows it.

Comes in: what the endpoint says of it, what it sends. Goes out: whether a stream of its may be
taken, counts. Never reads a packet.
"""

import socket

from levelchat.rtc.forward._srtp import Keys
from levelchat.rtc.forward.budgets import PerSecond
from levelchat.rtc.forward.outlet import Outlet
from levelchat.rtc.forward.seams import MAX_RTCP, MAX_SSRCS, MAX_STRAYS, RouteStats
from levelchat.rtc.forward.source import Source
from levelchat.rtc.stun import Address


class Route:
    """Its addresses, keys and streams."""

    __slots__ = (
        "address",
        "addresses",
        "attached",
        "cname",
        "is_aimed",
        "keys",
        "number",
        "outlets",
        "rtcp",
        "shard",
        "socket",
        "ssrcs",
        "stats",
        "strays",
        "unsent",
    )

    def __init__(self, number: int, shard: int, sock: socket.socket) -> None:
        self.number = number
        self.shard = shard
        self.socket = sock
        self.keys: Keys
        self.cname = ""
        self.address: Address | None = None
        self.is_aimed = False
        self.addresses: set[Address] = set()
        self.ssrcs: set[int] = set()
        """That libsrtp keeps a state for."""
        self.attached: dict[int, tuple[Source, bool]] = {}
        """The source of each SSRC, and whether that repairs it."""
        self.outlets: dict[int, Outlet] = {}
        """By each SSRC of theirs."""
        self.stats = RouteStats()
        self.unsent: list[bytes] = []
        """Datagrams that the next flush sends."""
        self.strays = PerSecond(MAX_STRAYS)
        self.rtcp = PerSecond(MAX_RTCP)

    def rekey(self, keys: Keys, cname: str) -> None:
        """A new DTLS association."""
        self.keys = keys
        self.cname = cname
        self.ssrcs.clear()

    def may_open(self, ssrc: int) -> bool:
        """Whether libsrtp may see *ssrc* (F2)."""
        return ssrc in self.ssrcs or len(self.ssrcs) < MAX_SSRCS

    @property
    def only_subscribes(self) -> bool:
        """Nothing of what it sends is for whoever receives from it."""
        return bool(self.outlets) and not self.attached
