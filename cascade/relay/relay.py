"""This node among the others: what it pulls, what it feeds, what it says of itself.

Comes in: rooms that are wanted, records of other nodes, changes of the stage. Goes out: pulled
sessions on the stage, and this node's own records. It chooses no parents (`topology`) and sees no
packets.
"""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any

import aiohttp
import msgspec
import structlog

from cascade.relay import topology
from cascade.relay.feed import Feeds
from cascade.relay.feed import Ground as FeedGround
from cascade.relay.metrics import RelayMetrics
from cascade.relay.pulled import Ground, PulledSession
from cascade.relay.puller import Mint, Puller
from cascade.relay.records import (
    CarriedSession,
    NodeRecord,
    RoomRecord,
    encode,
    node_key,
    room_key,
)
from cascade.relay.settings import RelaySettings
from cascade.relay.topology import Place
from cascade.relay.view import View
from cascade.stage import Stage
from levelchat.bus.directory import Directory
from levelchat.clock import Clock
from levelchat.media.time import NANOSECOND
from levelchat.rtc.endpoint import RtcEndpoint

LOOK_SECONDS = 0.5
"""Between two looks at what lingers, and two records of this node."""
SETTLE_SECONDS = 2.0
EXPECT_SECONDS = 10.0
"""From the question whether a room has settled to its first watcher."""

_log = structlog.get_logger("relay")


class Identity(msgspec.Struct, frozen=True):
    """What others know this node by."""

    node: str
    url: str
    """Where its HTTP is reached by them; empty: it only pulls."""
    region: str = ""


class Means(msgspec.Struct, frozen=True):
    """What a relay stands on."""

    endpoint: RtcEndpoint
    clock: Clock
    directory: Directory
    """The relay runs it."""
    mint: Mint


class Measured(msgspec.Struct, frozen=True):
    """How busy the node is."""

    load: float = 0.0
    """Of the budget that is nearest to its end."""
    packets: int = 0
    subscribers: int = 0


class Relay:
    """The `Upstream` of the node's stage. `run` does the work; `drain`, then cancel it."""

    def __init__(
        self, identity: Identity, means: Means, settings: RelaySettings, metrics: RelayMetrics
    ) -> None:
        self.stage = Stage(self)
        self.feeds = Feeds(FeedGround(self.stage, means.endpoint, means.clock), self.path)
        self.view = View()
        self.measure: Callable[[], Measured] = Measured
        """How busy the node is; whoever knows puts it here."""
        self.draining = False
        self._me = identity
        self._means = means
        self._settings = settings
        self._metrics = metrics
        self._wanted: set[str] = set()
        self._lingering: dict[str, int] = {}
        """Rooms that nobody watches any more, with when they are let go."""
        self._expected: dict[str, int] = {}
        """Rooms of which somebody asked whether they have settled, and until when that counts."""
        self._pulled: dict[str, dict[str, PulledSession]] = {}
        self._tasks: dict[PulledSession, asyncio.Task[None]] = {}
        self._written: dict[str, bytes] = {}
        self._group: asyncio.TaskGroup | None = None
        self._ground: Ground | None = None

    # -- what the stage and WHEP ask

    def want(self, room: str) -> None:
        """See `Upstream`."""
        self._wanted.add(room)
        self._lingering.pop(room, None)
        self._pull_all(room)

    def unwant(self, room: str) -> None:
        """See `Upstream`."""
        self._wanted.discard(room)
        self._linger(room)

    async def settle(self, room: str) -> None:
        """See `Upstream`. It may come before `want`, which then has to come before long."""
        expected_ns = int(EXPECT_SECONDS * NANOSECOND)
        self._expected[room] = self._means.clock.monotonic_ns() + expected_ns
        self._pull_all(room)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_SECONDS):
                for pulled in tuple(self._pulled.get(room, {}).values()):
                    await pulled.settled.wait()

    def alternate(self, room: str) -> str | None:
        """See `Upstream`."""
        carriers = [
            carrier
            for session in self.view.sessions(room)
            for carrier in self.view.carriers(room, session)
        ]
        record = topology.alternate(self._place, self.view.nodes, carriers)
        return record.url if record is not None else None

    # -- its life

    async def run(self) -> None:
        """Owns all that is pulled, the directory, and what this node says in it."""
        view, directory = self.view, self._means.directory
        view.on_node, view.on_room = self._on_node, self._on_room
        self.feeds.on_change = self._on_feeds
        self.stage.on_change.append(self._on_stage)
        try:
            async with aiohttp.ClientSession() as http, asyncio.TaskGroup() as group:
                self._ground = self._make_ground(http)
                self._group = group
                await view.open(directory)
                group.create_task(directory.run())
                await self._look_after()
        finally:
            self._group = None
            await view.close()
            self.feeds.close("this node is stopping")
            for key in self._written:
                directory.delete(key)
            self.stage.on_change.remove(self._on_stage)

    async def drain(self) -> None:
        """Takes no new feeds, and returns when those that can be had elsewhere have gone there,
        or after `drain_seconds`.
        """
        self.draining = self.feeds.draining = True
        self._write_node()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._settings.drain_seconds):
                while any(self._find(*fed) for fed in self.feeds.fed()):  # noqa: ASYNC110 - rare, and short
                    await asyncio.sleep(LOOK_SECONDS / 10)

    def path(self, room: str, session: str) -> tuple[str, ...]:
        """The nodes that the session comes through, from the publisher's to this one."""
        pulled = self._find(room, session)
        return pulled.path if pulled is not None else (self._me.node,)

    def parent(self, room: str, session: str) -> str:
        """The node that it is pulled from; empty if it is not pulled."""
        pulled = self._find(room, session)
        return pulled.parent if pulled is not None else ""

    # -- pulling

    @property
    def _place(self) -> Place:
        return Place(self._me.node, self._me.region)

    def _make_ground(self, http: aiohttp.ClientSession) -> Ground:
        means = self._means
        return Ground(
            me=self._place,
            stage=self.stage,
            view=self.view,
            puller=Puller(self._me.node, means.endpoint, means.clock, http, means.mint),
            clock=means.clock,
            settings=self._settings,
            spawn=self._spawn,
            on_failover=self._metrics.failovers.inc,
        )

    def _find(self, room: str, session: str) -> PulledSession | None:
        return self._pulled.get(room, {}).get(session)

    def _pull_all(self, room: str) -> None:
        """Begins to pull what is known of the room and neither here nor under way."""
        if self._group is None or self.draining:
            return
        if not self._is_wanted(room):
            return
        here = {publication.session for publication in self.stage.publications(room)}
        for session in self.view.sessions(room):
            if session in here or self._find(room, session) is not None:
                continue
            carriers = self.view.carriers(room, session)
            if topology.parent(self._place, self.view.nodes, carriers, self._settings) is not None:
                self._pull(room, session)

    def _is_wanted(self, room: str) -> bool:
        """Rooms that only linger, or are fed to others, keep what they have: two nodes would
        otherwise begin to pull of each other because they are pulled from.
        """
        return room in self._wanted or room in self._expected

    def _pull(self, room: str, session: str) -> None:
        if self._group is None or self._ground is None:
            return
        pulled = PulledSession(room, session, self._ground)
        self._pulled.setdefault(room, {})[session] = pulled
        self._tasks[pulled] = self._group.create_task(self._keep(pulled))

    async def _keep(self, pulled: PulledSession) -> None:
        try:
            await pulled.run()
        except Exception:  # noqa: BLE001 - a defect costs one session, not the node
            _log.exception("a pulled session failed", room=pulled.room, session=pulled.session)
        finally:
            del self._tasks[pulled]
            sessions = self._pulled[pulled.room]
            del sessions[pulled.session]
            if not sessions:
                del self._pulled[pulled.room]

    def _linger(self, room: str) -> None:
        seconds = self._settings.linger_seconds
        self._lingering[room] = self._means.clock.monotonic_ns() + int(seconds * NANOSECOND)

    def _let_go(self) -> None:
        """What nobody here has watched for a while, and no node below is fed with."""
        now_ns = self._means.clock.monotonic_ns()
        for rooms in (self._lingering, self._expected):
            for room in [room for room, due_ns in rooms.items() if due_ns <= now_ns]:
                del rooms[room]
        fed = self.feeds.fed()
        for pulled, task in self._tasks.items():
            kept = self._is_wanted(pulled.room) or pulled.room in self._lingering
            if not kept and (pulled.room, pulled.session) not in fed:
                task.cancel()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            if self._group is not None:
                self._group.create_task(work)
                return
        except RuntimeError:
            # The group is ending: nobody waits for politeness then.
            _log.debug("relay is stopping")
        work.close()

    # -- what it says of itself

    async def _look_after(self) -> None:
        while True:
            self._write_node()
            self._let_go()
            for room in (*self._wanted, *self._expected):
                self._pull_all(room)
            self._metrics.nodes.set(len(self.view.nodes))
            self._metrics.pulled.set(len(self._tasks))
            self._metrics.feeds.set(len(self.feeds))
            await asyncio.sleep(LOOK_SECONDS)

    def _write_node(self) -> None:
        if not self._me.url:
            return
        measured = self.measure()
        record = NodeRecord(
            node=self._me.node,
            url=self._me.url.rstrip("/"),
            region=self._me.region,
            load=round(max(measured.load, 0.0), 2),
            packets=measured.packets,
            subscribers=measured.subscribers,
            draining=self.draining,
        )
        self._put(node_key(self._me.node), encode(record))

    def _write_room(self, room: str) -> None:
        key = room_key(room, self._me.node)
        sessions = tuple(
            CarriedSession(item.session, path, item.identity, item.name, item.programme)
            for item in self.stage.publications(room)
            if (path := self.path(room, item.session))
        )
        if sessions:
            children = self.feeds.children(room)
            self._put(key, encode(RoomRecord(self._me.node, room, sessions, children)))
        elif self._written.pop(key, None) is not None:
            self._means.directory.delete(key)

    def _put(self, key: str, record: bytes) -> None:
        if self._written.get(key) != record:
            self._written[key] = record
            self._means.directory.put(key, record)

    def _on_stage(self, room: str) -> None:
        self.feeds.on_stage(room)
        self._write_room(room)

    def _on_feeds(self, room: str) -> None:
        if room in self._pulled and room not in self._wanted:
            self._linger(room)
        self._write_room(room)

    def _on_node(self, node: str) -> None:  # noqa: ARG002 - any of them may be the better parent
        for pulled in self._tasks:
            pulled.poke()
        for room in (*self._wanted, *self._expected):
            self._pull_all(room)

    def _on_room(self, room: str) -> None:
        for pulled in self._pulled.get(room, {}).values():
            pulled.poke()
        self._pull_all(room)
        if room in self._pulled:
            self._write_room(room)
