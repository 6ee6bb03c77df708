"""What the WebRTC endpoint is told by the server's settings."""

import os
from typing import Literal

import msgspec

MAX_SHARDS = 8


class RtcSettings(msgspec.Struct, frozen=True):
    """Where the endpoint listens, and with what."""

    host: str = "0.0.0.0"
    """Address that the UDP ports are bound to."""
    port: int = 8443
    """First UDP port of all WebRTC; shard *n* has the one *n* above it; 0: any."""
    tcp_port: int = 0
    """TCP port of WebRTC, for peers whose UDP is blocked; 0: the number of `port`; -1: none."""
    public_address: str = ""
    """IP address that peers reach this machine at, or several with commas between; empty: this
    machine's own addresses."""
    shards: int = 0
    """UDP ports, each with its thread in the native core; 0: one a core, at most 8."""
    core: Literal["auto", "native", "portable"] = "auto"
    """Forwarding core; `auto`: the native one where it was built."""


def default_shards() -> int:
    """One for each processor, as far as that helps."""
    return min(os.cpu_count() or 1, MAX_SHARDS)
