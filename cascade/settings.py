"""Settings of the cascade."""

import msgspec

from levelchat.auth.node_token import MIN_SECRET
from levelchat.rtc.ice_servers import IceServer

PERCENT = 100


class CascadeSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Section `cascade`: subscribers who come in by WHEP, and other nodes."""

    max_subscribers: int = 0
    """Subscribers at a time; more are sent to another node, or refused with 503. 0: 300 for each
    shard."""
    packet_budget: int = 150_000
    """RTP packets a second that the node sends before it sends new subscribers to another node."""
    processor_budget: int = 85
    """Percent of one core, and of each further shard, that the process uses before it does."""
    max_children: int = 16
    """Nodes that pull one room from this one."""
    max_depth: int = 3
    """Nodes between a publisher's own and the last that forwards it."""
    linger_seconds: int = 20
    """How long a track is still pulled after its last subscriber left."""
    silence_ms: int = 500
    """How long a node above may send nothing that it should before another is asked; one whose
    process is gone is left after two fifths of this."""
    node_secret: str = ""
    """What all nodes of the installation share, by which they know each other; empty: derived from
    the key that signs room tokens, where all of them have it."""
    ice_servers: tuple[IceServer, ...] = ()
    """STUN and TURN servers that subscribers are told of, as `{url, username, credential}`, or
    `{url, secret}` with the secret of a coturn server."""

    def __post_init__(self) -> None:
        _check(self.max_subscribers >= 0, "max_subscribers is 0 or more")
        _check(self.packet_budget > 0, "packet_budget is packets a second, more than 0")
        _check(0 < self.processor_budget <= PERCENT, "processor_budget is 1 to 100 percent")
        _check(self.max_children > 0, "max_children is 1 or more")
        _check(1 <= self.max_depth <= 8, "max_depth is 1 to 8")  # noqa: PLR2004 - nodes, not media
        _check(self.linger_seconds >= 0, "linger_seconds is 0 or more")
        _check(
            not self.node_secret or len(self.node_secret) >= MIN_SECRET,
            f"node_secret needs {MIN_SECRET} characters or more",
        )
        _check(self.silence_ms >= 100, "silence_ms is 100 or more")  # noqa: PLR2004 - as above


def _check(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not holds:
        raise ValueError(otherwise)
