"""Which nodes are alive: those whose lease was heard of lately. Pure.

Comes in: leases, as they arrive. Goes out: the leases that are in force.
"""

from levelchat.bus.messages import Lease
from rooms.model import SECOND, Millis

LEASE_SECONDS = 15
"""Three times the beat: two may be lost."""
MAX_NODES = 1_000


class Nodes:
    """The leases heard of, at most `MAX_NODES`."""

    def __init__(self) -> None:
        self._heard: dict[str, tuple[Lease, Millis]] = {}
        self.refused = 0
        """Leases of nodes beyond `MAX_NODES`."""

    def take(self, lease: Lease, now: Millis) -> bool:
        """Whether it was taken: a node too many is not, until another has gone."""
        if lease.node not in self._heard and len(self._heard) >= MAX_NODES:
            self._forget_silent(now)
            if len(self._heard) >= MAX_NODES:
                self.refused += 1
                return False
        # It counts from when we heard of it: the node's clock may be wrong.
        self._heard[lease.node] = (lease, now)
        return True

    def alive(self, now: Millis) -> list[Lease]:
        """By name; the silent are forgotten."""
        self._forget_silent(now)
        return [self._heard[node][0] for node in sorted(self._heard)]

    def _forget_silent(self, now: Millis) -> None:
        silent = [
            node
            for node, (_, heard_at) in self._heard.items()
            if now - heard_at >= LEASE_SECONDS * SECOND
        ]
        for node in silent:
            del self._heard[node]
