"""One session that is published elsewhere, for as long as this node wants it.

Comes in: what the view knows, the health of the link. Goes out: a publication on the stage, which
gets other sources when the link has to be replaced, and is taken back when the session is over.
Make before break: a former link is let go only after the new one has pictures.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import msgspec
import structlog

from cascade.relay import topology
from cascade.relay.errors import PullFailed
from cascade.relay.health import Health, Signs, Verdict
from cascade.relay.link import Link
from cascade.relay.puller import Puller
from cascade.relay.records import CarriedSession
from cascade.relay.settings import RelaySettings
from cascade.relay.topology import Carrier, Place
from cascade.relay.view import View
from cascade.stage import Stage
from levelchat.clock import Clock
from levelchat.media.stage import Publication
from levelchat.media.time import NANOSECOND

LOOK_SECONDS = 0.1
"""Between two looks at a link; a viewer's freeze is longer by as much."""
AVOID_NS = 5 * NANOSECOND
"""A node that has just failed is not asked again for so long."""
RESUME_SECONDS = 0.05
"""For packets that were under way when the parent said that it sends."""
_MILLI = 1000

_log = structlog.get_logger("relay")


class Ground(msgspec.Struct, frozen=True):
    """What every pulled session stands on."""

    me: Place
    stage: Stage
    view: View
    puller: Puller
    clock: Clock
    settings: RelaySettings
    spawn: Callable[[Coroutine[Any, Any, None]], None]
    """Lets something run in the relay's group, which outlives the session."""
    on_failover: Callable[[], None]
    """A session went over to another node above."""


class PulledSession:
    """`run` is its life."""

    def __init__(self, room: str, session: str, ground: Ground) -> None:
        self.room = room
        self.session = session
        self.settled = asyncio.Event()
        """It is on the stage, or was not to be had at once."""
        self._ground = ground
        self._link: Link | None = None
        self._former: dict[Link, None] = {}
        self._avoid: dict[str, int] = {}
        self._changed = asyncio.Event()
        self._published = False
        self._log = _log.bind(room=room, session=session)

    @property
    def parent(self) -> str:
        """The node it comes from; empty while it does not."""
        return self._link.parent.node if self._link is not None else ""

    @property
    def path(self) -> tuple[str, ...]:
        """From the publisher's node to this one; empty if nobody should pull it from here."""
        above = self._above()
        if not above or self._ground.me.node in above or not self._published:
            return ()
        return (*above, self._ground.me.node)

    def poke(self) -> None:
        """What is known of nodes or of the room has changed."""
        self._changed.set()

    async def run(self) -> None:
        """Until the session is over everywhere, or the task is cancelled."""
        try:
            while True:
                link = await self._obtain()
                if link is None:
                    return
                self.settled.set()
                await self._watch(link)
        finally:
            self.settled.set()
            self._end()

    # -- a link

    async def _obtain(self) -> Link | None:
        """A link to the best parent there is; None when nobody has the session any more. The
        present link again, should it flow and nobody else be there.
        """
        begun_ns = self._now_ns()
        while True:
            self._changed.clear()
            link = await self._try()
            if link is not None:
                return link
            self.settled.set()
            if self._is_over():
                self._log.info("session is over elsewhere")
                return None
            await self._wait(self._ground.settings.retry_ms / _MILLI)
            present = self._link
            if present is not None and self._is_usable(present):
                return present
            if self._now_ns() - begun_ns > self._ground.settings.lost_seconds * NANOSECOND:
                self._log.warning("session is not to be had from any node")
                return None

    async def _try(self) -> Link | None:
        ground = self._ground
        for chosen in self._choices():
            record = ground.view.nodes[chosen.node]
            try:
                return await ground.puller.pull(
                    record, chosen.path, self.room, self.session, self._take
                )
            except PullFailed as error:
                self._shun(chosen.node)
                self._log.warning("pull failed", node=chosen.node, error=error.detail)
        return None

    def _choices(self) -> Iterator[Carrier]:
        while True:
            chosen = self._choose()
            if chosen is None:
                return
            yield chosen

    def _choose(self) -> Carrier | None:
        ground, now_ns = self._ground, self._now_ns()
        self._avoid = {node: until for node, until in self._avoid.items() if until > now_ns}
        avoid = set(self._avoid)
        if self._link is not None and self._link.is_open:
            avoid.add(self.parent)
        return topology.parent(
            ground.me, ground.view.nodes, self._carriers(), ground.settings, avoid
        )

    def _carriers(self) -> tuple[Carrier, ...]:
        return self._ground.view.carriers(self.room, self.session)

    def _take(self, link: Link) -> None:
        """The link's sources are the session's from now on."""
        former, self._link = self._link, link
        link.on_close = self.poke
        self._publish(link)
        self._log.info("pulling", node=link.parent.node, path=link.parent.path)
        if former is not None:
            self._ground.on_failover()
            self._former[former] = None
            self._ground.spawn(self._let_go(former, link))

    def _publish(self, link: Link) -> None:
        said = self._said()
        self._published = True
        self._ground.stage.publish(
            Publication(
                room=self.room,
                session=self.session,
                identity=said.identity,
                name=said.name,
                tracks=link.tracks,
                request_key_frame=link.request_key_frame,
                programme=said.programme,
                depth=len(link.parent.path),
            )
        )

    def _said(self) -> CarriedSession:
        """What the directory says of the session; or what is published of it here."""
        said = self._ground.view.sessions(self.room).get(self.session)
        if said is not None:
            return said
        for item in self._ground.stage.publications(self.room):
            if item.session == self.session:
                return CarriedSession(item.session, (), item.identity, item.name, item.programme)
        return CarriedSession(self.session, ())

    async def _let_go(self, former: Link, link: Link) -> None:
        """Closes *former* once those who watch have gone over to *link*."""
        deadline_ns = self._now_ns() + int(self._ground.settings.overlap_seconds * NANOSECOND)
        while former.is_open and link.is_open and self._now_ns() < deadline_ns:
            await asyncio.sleep(LOOK_SECONDS)
            if link.has_pictures():
                # Outlets go over at the key frame that has come, within a few milliseconds.
                await asyncio.sleep(LOOK_SECONDS)
                break
        self._close(former, "another node has taken over")

    def _close(self, link: Link, reason: str) -> None:
        self._former.pop(link, None)
        tell = link.is_open
        link.close(reason)
        if tell:
            self._ground.spawn(self._ground.puller.end(link))

    def _end(self) -> None:
        if self._published:
            self._ground.stage.unpublish(self.room, self.session)
            self._published = False
        for link in (self._link, *self._former):
            if link is not None:
                self._close(link, "not wanted any more")
        self._link = None

    # -- its health

    async def _watch(self, link: Link) -> None:
        """Returns when another link is needed."""
        health = Health(self._ground.settings)
        while True:
            await self._wait(LOOK_SECONDS)
            verdict = health.judge(self._signs(link), self._now_ns())
            if verdict is Verdict.ASK:
                verdict = await self._ask(link, health)
            if verdict is Verdict.LEAVE and self._choose() is not None:
                self._log.info("leaving", node=link.parent.node)
                return
            if verdict is Verdict.BROKEN:
                why = link.closed_reason or "silent"
                self._log.info("link broken", node=link.parent.node, why=why)
                if link.is_open:
                    # One that has said goodbye may have other tracks now: it is asked again.
                    self._shun(link.parent.node)
                return

    async def _ask(self, link: Link, health: Health) -> Verdict:
        seconds = self._ground.settings.probe_ms / _MILLI
        report = await self._ground.puller.ask(link, seconds)
        if report.silence_ms is not None:
            await asyncio.sleep(RESUME_SECONDS)
        return health.hear(report, self._signs(link))

    def _signs(self, link: Link) -> Signs:
        record = self._ground.view.nodes.get(link.parent.node)
        return Signs(
            is_open=link.is_open,
            silence_ns=link.silence_ns() if link.is_open else 0,
            parent_lives=record is not None,
            parent_drains=record is not None and record.draining,
            loops=self._ground.me.node in self._above(),
        )

    def _above(self) -> tuple[str, ...]:
        """The way to the parent, as it says itself."""
        if self._link is None:
            return ()
        parent = self._link.parent
        return self._ground.view.path(self.room, self.session, parent.node) or parent.path

    def _is_usable(self, link: Link) -> bool:
        signs = self._signs(link)
        limit_ns = self._ground.settings.silence_ms * (NANOSECOND // _MILLI)
        return signs.is_open and not signs.loops and signs.silence_ns < limit_ns

    def _is_over(self) -> bool:
        """The publisher's node does not carry it any more, or is gone."""
        if self._link is not None and self._is_usable(self._link):
            return False
        nodes = self._ground.view.nodes
        return not any(item.is_origin and item.node in nodes for item in self._carriers())

    def _shun(self, node: str) -> None:
        self._avoid[node] = self._now_ns() + AVOID_NS

    def _now_ns(self) -> int:
        return self._ground.clock.monotonic_ns()

    async def _wait(self, seconds: float) -> None:
        """So long, or until something has changed."""
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return
        self._changed.clear()
