"""Where webhooks may be delivered: the public internet, unless the operator says more. Pure.

Comes in: what a tenant wrote as URL, and the addresses that a name turned out to have. Goes out:
the URL as it will be used, or why not.

Without this a tenant could have us send requests into our own network (server-side request
forgery). A URL is checked when the webhook is made and again before every delivery; addresses are
checked when they are known, and the connection goes to the very address that was checked.
"""

import ipaddress
import re
from ipaddress import IPv4Address, IPv6Address, IPv6Network

from yarl import URL

HTTP_PORTS = frozenset({80, 443})
FIRST_FREE_PORT = 1024
"""Below it the other services of the internet listen: an HTTP request must not be mail to one."""
MAX_NAME = 253
"""RFC 1035 §2.3.4, without the dot at the end."""

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
# URL Standard §3.5, "ends in a number": what looks like a number becomes an IPv4 address.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f-\xa0\\]")
_AUTHORITY_ENDS = re.compile(r"[/?#]")

# RFC 4291 §2.4, IANA: the only block that global unicast addresses are given out of.
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_SITE_PREFIX_6TO4 = IPv6Network("2002::/16")
_NAT64 = IPv6Network("64:ff9b::/96")
"""RFC 6052 §2.1: the IPv4 address is the last four octets."""
_LAST_32_BITS = 0xFFFF_FFFF


class UnfitUrl(ValueError):
    """Nothing will be delivered there; says why."""


def check_url(text: str, *, private: bool) -> URL:
    """The URL as it will be used; with *private*, every address will do.

    Raises `UnfitUrl`.
    """
    if _UNPRINTABLE.search(text):
        raise UnfitUrl("must not contain spaces, control characters or backslashes")
    try:
        url = URL(text)
    except ValueError as error:
        raise UnfitUrl("must be a URL such as https://example.com/hooks") from error
    if url.scheme not in ("http", "https") or not url.raw_host:
        raise UnfitUrl("must begin with https:// or http:// and name a host")
    authority = _AUTHORITY_ENDS.split(text.partition("//")[2], maxsplit=1)[0]
    if "@" in authority:
        raise UnfitUrl("must not contain a user or a password")
    # RFC 3986 §3.2.2 leaves room for other literals than IPv6; nobody has any.
    if "[" in authority and ":" not in url.raw_host:
        raise UnfitUrl("must have an IPv6 address between the brackets")
    _check_port(url.port)
    _check_host(url.raw_host, private=private)
    return url.with_fragment(None)


def is_public(address: str) -> bool:
    """Whether *address* is one that everybody on the internet reaches alike."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv4Address):
        return _is_public_v4(parsed)
    return _is_public_v6(parsed)


def _is_public_v4(address: IPv4Address) -> bool:
    # `is_global` leaves out the private, loopback, link-local and shared (100.64.0.0/10) blocks
    # and those for documentation; multicast counts as global there.
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _is_public_v6(address: IPv6Address) -> bool:
    # Scoped addresses are of one link.
    if address.scope_id is not None:
        return False
    if address in _NAT64:
        return _is_public_v4(IPv4Address(int(address) & _LAST_32_BITS))
    # 6to4 (RFC 3056 §2) carries an IPv4 address, to which the packets go.
    if address in _SITE_PREFIX_6TO4:
        return address.sixtofour is not None and _is_public_v4(address.sixtofour)
    # Leaves out IPv4-mapped (::ffff:0:0/96) and -compatible (::/96) addresses, among others.
    return address in _GLOBAL_UNICAST and address.is_global


def _check_port(port: int | None) -> None:
    if port is None or not (port in HTTP_PORTS or port >= FIRST_FREE_PORT):
        raise UnfitUrl(f"must have port 80, 443, or one from {FIRST_FREE_PORT} to 65535")


def _check_host(host: str, *, private: bool) -> None:
    if "%" in host:
        raise UnfitUrl("must have a host without % escapes or zones")
    if _is_literal(host):
        if not private and not is_public(host):
            raise UnfitUrl("must have a public address as its host")
        return
    name = host.removesuffix(".")
    labels = name.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        raise UnfitUrl("must have an IPv4 address as its host written as four decimal numbers")
    if len(name) > MAX_NAME or not all(_LABEL.fullmatch(label) for label in labels):
        raise UnfitUrl("must have a host that is a name or an address")
    if not private and (len(labels) == 1 or labels[-1] == "localhost"):
        raise UnfitUrl("must have a public host, by its full name")


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
