"""Where a request comes from: its address, and the page that made it. Pure.

Comes in: headers and the peer's address. Goes out: the name that limits count it by, and whether
a page of another site made it.
"""

import functools
import ipaddress
from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from rooms.errors import CrossSiteRefused

UNKNOWN = "unknown"
_HOME = 64
"""Bits of an IPv6 address that name a customer; the rest is theirs to choose freely."""


def address(peer: str | None, forwarded: str | None, proxies: Collection[str]) -> str:
    """The name by which a caller is counted: an IPv4 address, or a network of IPv6.

    *forwarded* (`X-Forwarded-For`) is believed from the right, as far as *proxies* wrote it.
    """
    hops = [hop.strip() for hop in (forwarded or "").split(",") if hop.strip()]
    caller = peer or ""
    while caller in proxies and hops:
        caller = hops.pop()
    return _network(caller)


@functools.lru_cache(maxsize=1024)
def _network(caller: str) -> str:
    try:
        parsed = ipaddress.ip_address(caller.partition("%")[0])
    except ValueError:
        return UNKNOWN
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, _HOME), strict=False))


def require_same_site(headers: Mapping[str, str], hosts: Collection[str]) -> None:
    """Raises `CrossSiteRefused` unless a page of one of *hosts* made the request.

    For changes that are asked for with a cookie, which a browser sends for any page.
    """
    # Fetch Metadata §2.3: browsers set it, and no page can. `none` is the user's own doing.
    site = headers.get("Sec-Fetch-Site")
    if site is not None:
        same = site in ("same-origin", "none")
    else:
        same = _host(headers.get("Origin", "")) in hosts
    if not same:
        raise CrossSiteRefused(
            "with a login's cookie only pages of this server may change things; "
            "send its Origin, or use an API key"
        )


def _host(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:
        return None
