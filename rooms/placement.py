"""Where the media of a room goes: a function over the nodes that are alive. Pure.

Comes in: the room's name, type and wish, and the leases of nodes. Goes out: the URL of the node
for each part of the work. Every replica that knows the same leases decides alike.
"""

from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Literal

import msgspec

from levelchat.bus.messages import Lease
from rooms.model import RoomType

FULL = 1.0
"""A node with this load gets no more rooms."""
NEAR = 0.25
"""Loads that differ by this at most count as equal: among those a room's name decides, so that
it does not wander with each lease."""

INGEST, RELAY, PACKAGER, EDGE = "ingest", "cascade", "packager", "edge"
"""Planes, as leases name them."""
_WORK = (INGEST, PACKAGER, EDGE)
"""What a room needs at least; a relay is for those that outgrow one node."""


class Placement(msgspec.Struct, frozen=True):
    """URLs of nodes; None: no node does that, or none is needed."""

    mode: Literal["sfu", "p2p"]
    ingest: str | None = None
    relay: str | None = None
    packager: str | None = None
    edge: str | None = None


def place(
    media_id: str,
    room_type: RoomType,
    region_hint: str | None,
    nodes: Sequence[Lease],
    current: str = "",
) -> Placement:
    """Where the room goes; *current* is the node (by name) that has its media already."""
    # rooms.md §3: "media flows directly between them".
    if room_type is RoomType.ONE_TO_ONE:
        return Placement("p2p")
    home = _home(media_id, region_hint, nodes, current)
    usable = [node for node in nodes if _has_room(node)]

    def url(plane: str) -> str | None:
        # What one node can do alone does not cross the network.
        if home is not None and plane in home.planes:
            return home.url
        chosen = _best(media_id, region_hint, [node for node in usable if plane in node.planes])
        return None if chosen is None else chosen.url

    return Placement("sfu", url(INGEST), url(RELAY), url(PACKAGER), url(EDGE))


def _home(
    media_id: str, region_hint: str | None, nodes: Sequence[Lease], current: str
) -> Lease | None:
    """The node that takes the room's publishers."""
    ingesting = [node for node in nodes if INGEST in node.planes]
    # Even a full node keeps the rooms that it has; a node that stops does not.
    staying = [node for node in ingesting if node.node == current and not node.draining]
    if staying:
        return staying[0]
    usable = [node for node in ingesting if _has_room(node)]
    complete = [node for node in usable if all(plane in node.planes for plane in _WORK)]
    return _best(media_id, region_hint, complete or usable)


def _best(media_id: str, region_hint: str | None, nodes: Sequence[Lease]) -> Lease | None:
    """In the wanted region if any is, then among the least busy."""
    near = [node for node in nodes if _in_region(node, region_hint)] or nodes
    if not near:
        return None
    least = min(node.load for node in near)
    equals = [node for node in near if node.load <= least + NEAR]
    return max(equals, key=_preference(media_id))


def _preference(media_id: str) -> Callable[[Lease], bytes]:
    """Rendezvous hashing: a node that comes or goes moves no room but its own."""

    def preference(node: Lease) -> bytes:
        return blake2b(f"{media_id}\0{node.node}".encode(), digest_size=16).digest()

    return preference


def _has_room(node: Lease) -> bool:
    # Written so that a load that is no number does not count as little.
    return not node.draining and node.load < FULL


def _in_region(node: Lease, hint: str | None) -> bool:
    """`eu` is matched by `eu` and by `eu-west-1`."""
    if not hint:
        return True
    region, wanted = node.region.lower(), hint.lower()
    return region == wanted or region.startswith(f"{wanted}-")
