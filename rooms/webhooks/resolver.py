"""Names become addresses here, and only those that may be connected to leave.

Comes in: a host's name. Goes out: its addresses, all of them checked: one that may not be reached
spoils the rest. There is no memory between two look-ups, and what was checked is what is
connected to, so that a name which changes its address between check and use gains nothing.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import AddrInfoType

from rooms.webhooks.guard import is_public

Lookup = Callable[[str, int], Sequence[str]]
"""The addresses of a name, as text; blocks. Raises `OSError` when there are none."""

THREADS = 32
"""Names that are looked up at once. A slow name server must not keep the threads of others."""


class AddressRefused(OSError):
    """The host has an address that deliveries do not go to."""


def look_up(host: str, port: int) -> list[str]:
    """What the machine's resolver says."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class GuardedResolver(AbstractResolver):
    """Resolves names for the sender; with *private*, every address will do."""

    def __init__(self, *, private: bool, lookup: Lookup = look_up) -> None:
        self._private = private
        self._lookup = lookup
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="webhook-names")

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002 - both families will do
    ) -> list[ResolveResult]:
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, self._lookup, host, port)
        for address in found:
            self.check(address)
        return [_result(host, port, address) for address in found]

    def check(self, address: str) -> None:
        """Raises `AddressRefused`."""
        if not self._private and not is_public(address):
            raise AddressRefused("the host's address is not public")

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def socket(self, info: AddrInfoType) -> socket.socket:
        """A socket for a connection to that address: the last gate, whatever led to it."""
        family, kind, protocol, _, address = info
        self.check(str(address[0]))
        return socket.socket(family, kind, protocol)


def _result(host: str, port: int, address: str) -> ResolveResult:
    v6 = ipaddress.ip_address(address.partition("%")[0]).version == 6  # noqa: PLR2004 - IPv6
    return ResolveResult(
        hostname=host,
        host=address,
        port=port,
        family=socket.AF_INET6 if v6 else socket.AF_INET,
        proto=socket.IPPROTO_TCP,
        flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    )
