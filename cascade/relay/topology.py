"""Who pulls from whom, and where a subscriber should go instead.

Comes in: the nodes that live, who carries a session, the limits. Goes out: a node, or none. Pure:
two nodes that know the same decide the same.
"""

from collections.abc import Collection, Mapping

import msgspec

from cascade.relay.records import NodeRecord
from cascade.relay.settings import RelaySettings

FULL = 1.0
"""A node takes nobody new from this load on."""
_STEPS = 10
"""Loads that differ by less than a tenth are the same: figures are a second old, and a tree
should not follow their noise."""


class Carrier(msgspec.Struct, frozen=True):
    """A node through which the session flows."""

    node: str
    path: tuple[str, ...]
    """From the publisher's node to this one."""
    children: int = 0

    @property
    def is_origin(self) -> bool:
        return len(self.path) == 1


class Place(msgspec.Struct, frozen=True):
    """Who asks."""

    node: str
    region: str = ""


def parent(
    me: Place,
    nodes: Mapping[str, NodeRecord],
    carriers: Collection[Carrier],
    limits: RelaySettings,
    avoid: Collection[str] = (),
) -> Carrier | None:
    """Whom *me* pulls the session from: of those with room the one in its own region, then the
    least loaded, then the nearest to the publisher; the publisher's own node if none has room.
    Never *me*, a node that *me* feeds, one that stops, or one of *avoid*.
    """
    possible = [
        carrier
        for carrier in carriers
        if carrier.node not in avoid and may_feed(carrier, me.node, nodes)
    ]
    fitting = [carrier for carrier in possible if _has_room(carrier, nodes, limits)]
    if not fitting:
        fitting = [carrier for carrier in possible if carrier.is_origin]
    return min(fitting, key=lambda carrier: _order(carrier, me.region, nodes, avoid), default=None)


def may_feed(carrier: Carrier, node: str, nodes: Mapping[str, NodeRecord]) -> bool:
    """Whether pulling from *carrier* leads to the publisher, and not back to *node*."""
    record = nodes.get(carrier.node)
    if record is None or record.draining or node in carrier.path:
        return False
    # Should the publisher's own node be gone, so is the publisher.
    return carrier.path[0] in nodes


def alternate(
    me: Place, nodes: Mapping[str, NodeRecord], carriers: Collection[Carrier] = ()
) -> NodeRecord | None:
    """Where a subscriber goes whom *me* cannot take: the own region first, there the nodes that
    carry the room already, then the least loaded. None if all are full.
    """
    there = {carrier.node for carrier in carriers}
    possible = [
        record
        for record in nodes.values()
        if record.node != me.node and not record.draining and record.load < FULL
    ]
    return min(
        possible,
        key=lambda record: (
            record.region != me.region,
            record.node not in there,
            record.load,
            record.node,
        ),
        default=None,
    )


def _has_room(carrier: Carrier, nodes: Mapping[str, NodeRecord], limits: RelaySettings) -> bool:
    return (
        nodes[carrier.node].load < FULL
        and carrier.children < limits.max_children
        and len(carrier.path) <= limits.max_depth
    )


def _order(
    carrier: Carrier, region: str, nodes: Mapping[str, NodeRecord], avoid: Collection[str]
) -> tuple[bool, bool, int, int, float, str]:
    record = nodes[carrier.node]
    return (
        # What comes by a node that was found dead most likely does not come.
        any(node in avoid for node in carrier.path),
        record.region != region,
        int(record.load * _STEPS),
        len(carrier.path),
        record.load,
        carrier.node,
    )
