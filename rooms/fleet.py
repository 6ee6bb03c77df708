"""The nodes that are alive, and where a room's media goes.

Comes in: leases of nodes. Goes out: for a room the node that it is placed on.
"""

import asyncio
from collections import OrderedDict

import msgspec

from levelchat.bus.messages import Lease, Message
from levelchat.bus.seams import LEASES, Bus
from rooms import placement
from rooms.model import SECOND, Millis, Room
from rooms.nodes import Nodes
from rooms.placement import Placement
from rooms.store.transaction import Transactions

SWEEP_SECONDS = 15.0
"""How often nodes that went silent are forgotten."""
REMEMBERED = 10_000
"""Rooms whose node is remembered; an older one is placed anew, which most often is the same."""
GOOD_FOR = SECOND
"""How long a placement is not thought over again."""


class _Placed(msgspec.Struct, frozen=True):
    """Where a room went, on which node, and until when that is certain."""

    node: str
    placement: Placement
    until: Millis


class Fleet:
    """Hears of nodes; asks the pure `placement` where things go."""

    def __init__(self, bus: Bus, transactions: Transactions) -> None:
        self._bus = bus
        self._transactions = transactions
        self._nodes = Nodes()
        self._placed: OrderedDict[str, _Placed] = OrderedDict()

    async def start(self) -> None:
        """Listens. Every replica hears every lease."""
        await self._bus.subscribe(LEASES, self._on_lease)

    async def run(self) -> None:
        """Forgets the silent until cancelled."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            self._nodes.alive(self._transactions.now())

    def place(self, room: Room) -> Placement:
        """Where the room's media goes now: where it went before, while that node lives."""
        now = self._transactions.now()
        known = self._placed.get(room.media_id)
        if known is not None and now < known.until:
            return known.placement
        alive = self._nodes.alive(now)
        before = "" if known is None else known.node
        hint = room.config.region_hint
        placed = placement.place(room.media_id, room.type, hint, alive, before)
        home = next((node.node for node in alive if node.url == placed.ingest), before)
        self._placed[room.media_id] = _Placed(home, placed, now + GOOD_FOR)
        self._placed.move_to_end(room.media_id)
        if len(self._placed) > REMEMBERED:
            self._placed.popitem(last=False)
        return placed

    def media_base(self, room: Room) -> str:
        """The URL of the node that takes the room's publishers; empty: the one that was asked."""
        return self.place(room).ingest or ""

    def _on_lease(self, message: Message) -> None:
        if isinstance(message, Lease):
            self._nodes.take(message, self._transactions.now())
