"""How large a run of `levelchat bench stage` is."""

import msgspec


class Plan(msgspec.Struct, frozen=True):
    """What is measured how long."""

    core: str = "native"
    """Forwarding core of the server: `native` or `portable`."""
    most: int = 1000
    """Who must be held on one core."""
    paced: int = 400
    """Who get bursts of 1 to 5, sound and RTCP."""
    seconds: float = 10
    """Of each measurement."""
    shard: int = 300
    """Subscribers on one shard."""
    joins: int = 60
    """First frames in a browser."""
    watch_seconds: int = 60
    """Of reading delays."""
