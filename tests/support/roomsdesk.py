"""The little of rooms that an edge talks to: answers joins, hears who left, says what it likes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from edge_harness import ROOM, Harness

from levelchat.auth import token
from levelchat.auth.capability import Capability
from levelchat.bus.messages import Join, Joined, Left, Message, RoomOpened
from levelchat.bus.seams import CONTROL, JOINS, PRESENCE
from levelchat.errors import LevelChatError, PeerError
from levelchat.media.time import NANOSECOND


class _Full(PeerError):
    code = "room_full"
    status = 409
    title = "The room is full"


@dataclass
class Desk:
    """Beside a running edge."""

    edge: Harness
    joins: list[Join] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    refusal: LevelChatError | None = None
    open: asyncio.Event = field(default_factory=asyncio.Event)
    """Joins wait until it is set."""

    async def say(self, message: Message) -> None:
        """To every node, and until it has been heard."""
        self.edge.context.bus.publish(CONTROL, message)
        await self.edge.context.bus.settle(5)

    async def settle(self) -> None:
        await self.edge.context.bus.settle(5)

    async def until_joined(self, count: int = 1) -> None:
        async with asyncio.timeout(10):
            while len(self.joins) < count:
                await asyncio.sleep(0.005)

    async def until_left(self, count: int = 1) -> None:
        async with asyncio.timeout(10):
            while len(self.left) < count:
                await asyncio.sleep(0.005)

    def mint(
        self,
        identity: str = "eve",
        room: str = ROOM,
        capability: Capability = Capability.SUBSCRIBE_ALL,
        token_id: str | None = None,
        ttl: int = 3600,
        meta: dict[str, str] | None = None,
    ) -> str:
        now = self.edge.clock.wall_ns() // NANOSECOND
        return token.mint(
            self.edge.context.keys,
            room=room,
            identity=identity,
            capabilities=[capability],
            now=now,
            token_id=token_id or f"t_{identity}",
            ttl=ttl,
            meta=meta,
        )

    async def _on_join(self, message: Message) -> Message:
        assert isinstance(message, Join)
        self.joins.append(message)
        await self.open.wait()
        if self.refusal is not None:
            raise self.refusal
        return Joined(managed=True, participant="p_1")

    def _on_report(self, message: Message) -> None:
        if isinstance(message, Left):
            self.left.append(message)


@asynccontextmanager
async def running(edge: Harness, *, managed: bool = True) -> AsyncIterator[Desk]:
    """A desk, with the edge's plane and its bus running; `ROOM` is managed, or not."""
    desk = Desk(edge)
    desk.open.set()
    bus = edge.context.bus
    await edge.context.presence.start()
    await bus.respond(JOINS, desk._on_join)
    await bus.subscribe(PRESENCE, desk._on_report)
    running = [asyncio.create_task(part.run()) for part in (bus, edge.plane)]
    if managed:
        await desk.say(RoomOpened(ROOM))
    yield desk
    for task in running:
        task.cancel()
    await asyncio.wait(running)


def bearer(minted: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {minted}"}
