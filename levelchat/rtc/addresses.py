"""Which of this machine's addresses a peer may reach us at.

Comes in: the address that we listen on, and the configured public ones. Goes out: addresses in
order of preference. It asks the system for its interfaces and nobody else for anything.
"""

import ipaddress

from aioice.ice import get_host_addresses

from levelchat.rtc.errors import BadPublicAddress

MAX_ADDRESSES = 16
"""A container host has many; each is a line in every answer, and only some lead to us."""

LOOPBACK = "127.0.0.1"


def reachable(host: str, public_address: str) -> tuple[str, ...]:
    """What *public_address* names, else *host*, else everything that a wildcard stands for.

    *public_address* is one address, or several with commas between: of IPv4 and IPv6, say.
    Loopback comes last: from another machine it leads elsewhere, and some publishers try only
    the first candidate.
    """
    if public_address:
        named = (_public(item.strip()) for item in public_address.split(","))
        return tuple(dict.fromkeys(named))[:MAX_ADDRESSES]
    listening = ipaddress.ip_address(host)
    if not listening.is_unspecified:
        return (host,)
    own = list(dict.fromkeys(_own(listening.version)))
    return (*own[: MAX_ADDRESSES - 1], LOOPBACK)


def _public(address: str) -> str:
    try:
        return str(ipaddress.ip_address(address))
    except ValueError as error:
        raise BadPublicAddress(
            "public_address is an IP address like 203.0.113.7, or several with commas between, "
            f"not {address!r}"
        ) from error


def _own(version: int) -> list[str]:
    """IPv4 first: every publisher speaks it. A socket of IPv6 takes both."""
    addresses = get_host_addresses(use_ipv4=True, use_ipv6=version == 6)  # noqa: PLR2004
    return sorted(addresses, key=lambda text: ipaddress.ip_address(text).version)
