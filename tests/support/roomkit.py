"""Rooms over a real store, with a clock that stands still and a bus that remembers."""

from dataclasses import dataclass, field

import msgspec
from sqlalchemy import insert, update

from levelchat.bus.messages import Join, Message
from levelchat.bus.seams import Handler, Responder, Subscription
from levelchat.contract.rest import NewRoom
from rooms import creation, ids
from rooms.alarm import Alarm
from rooms.entering import Attended, enter
from rooms.leaving import leave
from rooms.model import LeaveReason, Millis, Principal, Room, Session
from rooms.store import rooms as room_rows
from rooms.store import sessions as session_rows
from rooms.store.store import Store
from rooms.store.tables import organisations, projects
from rooms.store.transaction import Transaction, Transactions

START: Millis = 1_790_000_000_000
PUBLISH = ("publish:camera", "subscribe:all")
MODERATE = ("moderate:participants", "chat:send", "subscribe:all")
WATCH = ("subscribe:all", "chat:send")


class _Listening:
    def __init__(self, handlers: list[Handler], handler: Handler) -> None:
        self._handlers = handlers
        self._handler = handler

    async def close(self) -> None:
        self._handlers.remove(self._handler)


class RememberingBus:
    """Delivers at once, in this process, and keeps what was said."""

    connected = True

    def __init__(self) -> None:
        self.said: list[tuple[str, Message]] = []
        self._handlers: dict[str, list[Handler]] = {}
        self._responders: dict[str, Responder] = {}

    async def run(self) -> None:
        """Has no tasks."""

    def publish(self, subject: str, message: Message) -> None:
        self.said.append((subject, message))
        for handler in self._handlers.get(subject, []):
            handler(message)

    async def subscribe(self, subject: str, handler: Handler, group: str = "") -> Subscription:
        handlers = self._handlers.setdefault(subject, [])
        handlers.append(handler)
        return _Listening(handlers, handler)

    async def respond(self, subject: str, responder: Responder, group: str = "") -> Subscription:
        self._responders[subject] = responder
        return _Listening([], lambda _message: None)

    async def request(self, subject: str, message: Message, timeout_seconds: float) -> Message:
        return await self._responders[subject](message)

    def of(self, kind: type[Message]) -> list[Message]:
        """What was said of that kind."""
        return [message for _, message in self.said if isinstance(message, kind)]


class RememberingOutbox:
    """Keeps the events that webhooks would be told."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, object]]] = []

    async def announce(
        self,
        tx: Transaction,
        org_id: str,
        project_id: str,
        event_type: str,
        data: dict[str, object],
    ) -> None:
        self.events.append((event_type, data))

    @property
    def types(self) -> list[str]:
        return [event for event, _ in self.events]


async def settle_in(store: Store, name: str) -> Principal:
    """A tenant of that name."""
    who = Principal(f"org_{name}", f"prj_{name}", "key", f"key_{name}")
    async with store.writing(None) as db:
        await db.execute(insert(organisations).values(id=who.org_id, name=name, created_at=START))
        await db.execute(
            insert(projects).values(
                id=who.project_id, org_id=who.org_id, name=name, created_at=START
            )
        )
    return who


@dataclass
class Kit:
    """Everything that the use cases stand on, for one tenant."""

    store: Store
    who: Principal
    now: Millis = START
    bus: RememberingBus = field(default_factory=RememberingBus)
    outbox: RememberingOutbox = field(default_factory=RememberingOutbox)
    alarm: Alarm = field(default_factory=Alarm)

    def __post_init__(self) -> None:
        self.transactions = Transactions(
            self.store, self.bus, lambda: self.now, self.outbox, self.alarm
        )

    async def create(self, **wanted: object) -> Room:
        """A room as `POST /v1/rooms` makes it."""
        async with self.transactions.writing(self.who.org_id) as tx:
            return await creation.create_room(tx, self.who, msgspec.convert(wanted, NewRoom))

    def wish(
        self, room: Room, identity: str, capabilities: tuple[str, ...] = WATCH, **more: str
    ) -> Join:
        """A join as a node asks for it."""
        return Join(
            **{
                "session": ids.new(ids.SESSION),
                "node": "node-1",
                "transport": "signal",
                "project": room.project_id,
                "room": room.id,
                "media_id": room.media_id,
                "identity": identity,
                "name": identity.title(),
                "capabilities": capabilities,
                "token_id": f"token-of-{identity}",
                "at": self.now,
            }
            | more
        )

    async def join(
        self, room: Room, identity: str, capabilities: tuple[str, ...] = WATCH, **more: str
    ) -> Attended:
        """Lets somebody in; raises what they would be told."""
        async with self.transactions.writing(room.org_id) as tx:
            held = await room_rows.locked(tx.db, room.media_id)
            assert held is not None
            wish = self.wish(room, identity, capabilities, **more)
            (outcome,) = await enter(tx, held, [wish])
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def leave(
        self,
        room: Room,
        attended: Attended,
        at: Millis | None = -1,
        reason: LeaveReason = LeaveReason.LEFT,
    ) -> Room:
        """Ends a session, now unless *at* says otherwise."""
        async with self.transactions.writing(room.org_id) as tx:
            held = await room_rows.locked(tx.db, room.media_id)
            assert held is not None
            instant = self.now if at == -1 else at
            return await leave(tx, held, [attended.session.id], instant, reason)

    async def sessions(self, room: Room) -> dict[str, Session]:
        """All rows of the room, by session id."""
        async with self.transactions.reading(None) as tx:
            found, _ = await session_rows.of_room(tx.db, room.media_id, "", 1_000)
        return {each.id: each for each in found}

    async def set_quota(self, quota: str) -> None:
        """Gives the tenant a quota, as JSON."""
        async with self.transactions.writing(None) as tx:
            await tx.db.execute(
                update(organisations)
                .where(organisations.c.id == self.who.org_id)
                .values(quota=quota)
            )

    async def room(self, media_id: str) -> Room:
        """The row as it is now."""
        async with self.transactions.reading(None) as tx:
            room = await room_rows.by_media_id(tx.db, media_id)
        assert room is not None
        return room

    async def present(self, room: Room) -> list[str]:
        """The identities in the room."""
        async with self.transactions.reading(None) as tx:
            return [
                each.identity for each in await session_rows.open_sessions(tx.db, room.media_id)
            ]
