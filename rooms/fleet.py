"""The nodes that are alive, and where a room's media goes.

Comes in: leases of nodes. Goes out: for a room the node that it is placed on.
"""

import asyncio
from collections import OrderedDict

from levelchat.bus.messages import Lease, Message
from levelchat.bus.seams import LEASES, Bus
from rooms import placement
from rooms.model import Room
from rooms.nodes import Nodes
from rooms.placement import Placement
from rooms.store.transaction import Transactions

SWEEP_SECONDS = 15.0
"""How often nodes that went silent are forgotten."""
REMEMBERED = 10_000
"""Rooms whose node is remembered; an older one is placed anew, which most often is the same."""


class Fleet:
    """Hears of nodes; asks the pure `placement` where things go."""

    def __init__(self, bus: Bus, transactions: Transactions) -> None:
        self._bus = bus
        self._transactions = transactions
        self._nodes = Nodes()
        self._placed: OrderedDict[str, str] = OrderedDict()

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
        alive = self._nodes.alive(self._transactions.now())
        placed = placement.place(
            room.media_id,
            room.type,
            room.config.region_hint,
            alive,
            self._placed.get(room.media_id, ""),
        )
        home = next((node.node for node in alive if node.url == placed.ingest), None)
        if home is not None:
            self._placed[room.media_id] = home
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
