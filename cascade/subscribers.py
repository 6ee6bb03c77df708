"""All subscribers of a process, by room.

Comes in: who wants to subscribe, ends of sessions, the time. Goes out: sessions with their SDP, or
the reason why there is no place and where there is one. A room is here only while somebody
subscribes to it.
"""

import asyncio
import contextlib

import structlog

from cascade.errors import CascadeDraining, NodeBusy, SubscribersFull, SubscriptionNotFound
from cascade.load import Load
from cascade.room import Room
from cascade.seams import Upstream
from cascade.stage import Stage
from cascade.subscriber import Subscriber, Surroundings
from levelchat.media.codec import Kind
from levelchat.rtc import offering, ssrc
from levelchat.rtc.offering import BROWSER_FORMATS, SentTrack
from levelchat.rtc.sdp import Offer
from levelchat.rtc.subscribe import Outgoing, Slot, render_subscription, subscribe
from levelchat.service.presence import Membership

TICK_SECONDS = 0.2
"""Between two looks at a room: how fast a speaker is noticed, and a layer that fell silent."""
MAX_SEATS = 16
"""In an offer of ours, whose subscriber could not say how many it shows."""
MAX_STREAMS = 48
"""SSRCs that one subscriber is sent, retransmissions counted: 16 pictures with their sound. The
core takes `MAX_SSRCS` of a route; the rest is for those that its RTCP comes from."""
MAX_CONNECTING = 16
"""Sessions of one identity in one room that wait for their peer: a token is good for many offers,
and whoever makes them without end must not take the places of others."""

_log = structlog.get_logger("cascade")


class Subscribers:
    """`check_place`, `begin` or `begin_offering`, `find`; `run` as a task."""

    def __init__(
        self, stage: Stage, upstream: Upstream, load: Load, around: Surroundings, most: int
    ) -> None:
        self._stage = stage
        self._upstream = upstream
        self._load = load
        self._around = around
        self._most = most
        self._sessions: dict[str, Subscriber] = {}
        self._connecting: dict[tuple[str, str], dict[Subscriber, None]] = {}
        """By room and identity; those that have connected are forgotten when another comes."""
        self._rooms: dict[str, Room] = {}
        self._waiting: dict[str, int] = {}
        self._occupied = asyncio.Event()
        self._hurry = asyncio.Event()
        self.draining = False

    def __len__(self) -> int:
        return len(self._sessions)

    @property
    def load(self) -> float:
        """How much of the node's budget is used; above 1.0 it takes nobody."""
        return max(self._load.share, len(self._sessions) / max(self._most, 1))

    def check_place(self, room: str) -> None:
        """Raises `CascadeDraining`, `SubscribersFull` or `NodeBusy`, with another node's URL."""
        if self.draining:
            raise CascadeDraining(
                "this server is stopping", alternate=self._upstream.alternate(room)
            )
        if len(self._sessions) >= self._most:
            raise SubscribersFull(
                f"this node takes {self._most} subscribers (cascade.max_subscribers)",
                alternate=self._upstream.alternate(room),
            )
        if self._load.share >= 1:
            raise NodeBusy(
                "this node is past its budget (cascade.packet_budget, cascade.processor_budget)",
                alternate=self._upstream.alternate(room),
            )

    async def settle(self, room: str) -> None:
        """Returns when what flows on other nodes is known here, or after 2 s."""
        await self._upstream.settle(room)

    def begin(self, place: Membership, only: str, offer: Offer) -> tuple[Subscriber, str]:
        """A session for the subscriber's offer, and our answer."""
        decided = subscribe(offer)
        room = self._enter(place.grant.media_id)
        session = Subscriber(place, only, self._around, room)
        try:
            outgoing = _outgoing(decided.slots, session.session)
            slots = tuple(slot for slot in decided.slots if slot.index in outgoing)
            peer = self._around.endpoint.open(offer, decided.setup, session)
            session.begin(peer, slots, outgoing, offer.ice)
            local = self._around.endpoint.local_side(peer)
            text = render_subscription(offer, decided, outgoing, local)
        except BaseException:
            self._leave(room)
            raise
        self._keep(session)
        return session, text

    def begin_offering(self, place: Membership, only: str) -> tuple[Subscriber, str]:
        """A session for somebody who offers nothing, and our offer."""
        room = self._enter(place.grant.media_id)
        session = Subscriber(place, only, self._around, room)
        try:
            seats = min(max(len(room.view(session).publications), 1), MAX_SEATS)
            tracks = _offered(seats, session.session)
            peer = self._around.endpoint.open_offering(session)
            session.begin_offering(peer, tracks)
            text = offering.render_offer(tracks, self._around.endpoint.local_side(peer))
        except BaseException:
            self._leave(room)
            raise
        self._keep(session)
        return session, text

    def find(self, key: str) -> Subscriber:
        """The session with that URL; raises `SubscriptionNotFound`."""
        session = self._sessions.get(key)
        if session is None:
            raise SubscriptionNotFound("this session is over, or never was; POST a new offer")
        return session

    async def run(self) -> None:
        """Looks after all rooms until cancelled; sleeps for good while there are none."""
        while True:
            await self._occupied.wait()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TICK_SECONDS):
                    await self._hurry.wait()
            self._hurry.clear()
            for room in tuple(self._rooms.values()):
                await self._look_after(room)

    def close(self, reason: str) -> None:
        """Ends everybody."""
        for session in tuple(self._sessions.values()):
            session.close(reason)

    async def _look_after(self, room: Room) -> None:
        try:
            for _ in room.work(self._around.clock.now_ns()):
                await asyncio.sleep(0)
        except Exception:  # noqa: BLE001 - a defect costs one room its turn, not the process
            _log.exception("a room was not looked after", room=room.name)

    def _keep(self, session: Subscriber) -> None:
        self._sessions[session.key] = session
        known = self._connecting.get((session.room, session.identity), {})
        waiting = [each for each in known if not each.is_connected]
        self._connecting[session.room, session.identity] = dict.fromkeys([*waiting, session])
        if len(waiting) >= MAX_CONNECTING:
            waiting[0].close("replaced by newer offers before it connected")
        self._around.metrics.subscribers.set(len(self._sessions))

    def _enter(self, name: str) -> Room:
        room = self._rooms.get(name)
        if room is None:
            room = Room(name, self._stage, self._around, self._gone, self._hurry.set)
            self._rooms[name] = room
            room.open()
            self._occupied.set()
        self._waiting[name] = self._waiting.get(name, 0) + 1
        return room

    def _leave(self, room: Room) -> None:
        self._waiting[room.name] -= 1
        if self._waiting[room.name]:
            return
        del self._waiting[room.name], self._rooms[room.name]
        room.close()
        if not self._rooms:
            self._occupied.clear()

    def _gone(self, session: Subscriber) -> None:
        if self._sessions.pop(session.key, None) is not None:
            self._leave(self._rooms[session.room])
            who = session.room, session.identity
            waiting = self._connecting.pop(who, {})
            waiting.pop(session, None)
            if waiting:
                self._connecting[who] = waiting
        self._around.metrics.subscribers.set(len(self._sessions))
        self._around.metrics.ended.inc()


def _outgoing(slots: tuple[Slot, ...], session: str) -> dict[int, Outgoing]:
    """Names of the streams; the nth picture and the nth sound are of one stream. Slots for which
    there are no more streams have none.
    """
    numbers = ssrc.distinct(MAX_STREAMS)
    counts = {Kind.AUDIO: 0, Kind.VIDEO: 0}
    outgoing = {}
    for slot in slots:
        seat = counts[slot.kind]
        if seat == MAX_SEATS:
            continue
        counts[slot.kind] += 1
        outgoing[slot.index] = Outgoing(
            ssrc=numbers.pop(),
            rtx_ssrc=numbers.pop() if slot.kind is Kind.VIDEO else 0,
            cname=session,
            stream=f"seat-{seat}",
            track=f"{slot.kind.value}-{seat}",
        )
    return outgoing


def _offered(seats: int, session: str) -> tuple[SentTrack, ...]:
    """A picture and a sound for each seat."""
    numbers = ssrc.distinct(3 * seats)
    return tuple(
        SentTrack(
            mid=str(2 * seat + (kind is Kind.AUDIO)),
            kind=kind,
            formats=BROWSER_FORMATS[kind],
            ssrc=numbers.pop(),
            rtx_ssrc=numbers.pop() if kind is Kind.VIDEO else 0,
            stream=f"seat-{seat}",
            track=f"{kind.value}-{seat}",
            cname=session,
            extensions=offering.EXTENSIONS[kind],
        )
        for seat in range(seats)
        for kind in (Kind.VIDEO, Kind.AUDIO)
    )
