"""The rooms that have signalling participants in this process, and no others.

Comes in: rooms that somebody enters, what the bus says. Goes out: rooms that are loaded: the
roster and the last messages from the store, the rest from other replicas. A room is forgotten
with its last participant here.
"""

import asyncio

import structlog

from levelchat.bus.messages import (
    Message,
    PublishingForbidden,
    RoomClosed,
    Signalled,
    TokenRevoked,
)
from levelchat.bus.seams import CONTROL, Subscription, signal_subject
from levelchat.contract.signal import ChatMessage
from levelchat.errors import LevelChatError, OurFault
from rooms.errors import SignallingBusy
from rooms.model import Room
from rooms.signal import words
from rooms.signal.live import LiveRoom, Office
from rooms.signal.roster import presence
from rooms.signal.seams import Spawn, Surroundings
from rooms.signal.words import Word
from rooms.store import messages as message_rows
from rooms.store import sessions as session_rows
from rooms.store.messages import StoredMessage

_log = structlog.get_logger("signal")


class _Entry:
    """A room, from the first who enters until the last has left."""

    def __init__(self, live: LiveRoom) -> None:
        self.live = live
        self.loaded: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.subscription: Subscription | None = None


class Hub:
    """One for a process."""

    def __init__(self, surroundings: Surroundings, office: Office, spawn: Spawn) -> None:
        self._surroundings = surroundings
        self._office = office
        self._spawn = spawn
        self._entries: dict[str, _Entry] = {}
        self._connections = surroundings.bus.connections
        self._control: Subscription | None = None

    async def start(self) -> None:
        """Listens for kicks, revocations and ends."""
        self._control = await self._surroundings.bus.subscribe(CONTROL, self._on_control)

    async def stop(self) -> None:
        """Listens no more."""
        if self._control is not None:
            await self._control.close()
        for entry in list(self._entries.values()):
            entry.live.stop()
            if entry.subscription is not None:
                await entry.subscription.close()
        self._entries.clear()

    def find(self, media_id: str) -> LiveRoom | None:
        """The room, if somebody is in it here."""
        entry = self._entries.get(media_id)
        return None if entry is None else entry.live

    @property
    def rooms(self) -> list[LiveRoom]:
        return [entry.live for entry in self._entries.values()]

    async def enter(self, room: Room) -> LiveRoom:
        """The room, loaded; the caller holds it open until `leave`.

        Raises `StoreUnavailable` or `SignallingBusy`.
        """
        entry = self._entries.get(room.media_id)
        if entry is None:
            entry = self._entries[room.media_id] = _Entry(LiveRoom(room, self._office))
            self._surroundings.metrics.rooms.set(len(self._entries))
            # A task of its own: who came first may go away while others wait for the same.
            made = entry
            if not self._spawn(lambda: self._load(made)):
                del self._entries[room.media_id]
                raise SignallingBusy("signalling is starting or stopping; try again")
        entry.live.entering += 1
        try:
            await asyncio.shield(entry.loaded)
        except BaseException:
            self.leave(entry.live)
            raise
        return entry.live

    def leave(self, live: LiveRoom) -> None:
        """Undoes `enter`."""
        live.entering -= 1
        self.forget_if_empty(live)

    def forget_if_empty(self, live: LiveRoom) -> None:
        """Nobody is in it here: nothing of it is kept."""
        entry = self._entries.get(live.media_id)
        if entry is None or entry.live is not live or not live.is_empty:
            return
        del self._entries[live.media_id]
        self._surroundings.metrics.rooms.set(len(self._entries))
        live.stop()
        subscription = entry.subscription
        if subscription is not None:
            self._spawn(subscription.close)

    def catch_up(self) -> None:
        """If the bus was away, what it said meanwhile is read from the store."""
        connections = self._surroundings.bus.connections
        if connections == self._connections:
            return
        self._connections = connections
        for entry in list(self._entries.values()):
            if entry.loaded.done():
                self._spawn(lambda entry=entry: self._reload(entry))  # type: ignore[misc]

    def say(self, media_id: str, word: Word) -> None:
        """To the other replicas that have the room."""
        self._surroundings.bus.publish(
            signal_subject(media_id),
            Signalled(media_id, self._surroundings.node, words.encode(word)),
        )

    async def _load(self, entry: _Entry) -> None:
        live = entry.live
        try:
            live.begin_loading()
            entry.subscription = await self._surroundings.bus.subscribe(
                signal_subject(live.media_id), lambda message: self._on_room(live, message)
            )
            await self._read(live)
        except LevelChatError as error:
            _fail(entry, error)
        except Exception:  # noqa: BLE001 - whoever waits is told, and the next may be luckier
            _log.exception("a room was not loaded", media_id=live.media_id)
            _fail(entry, OurFault("the room could not be loaded; the server's log says why"))
        except BaseException:
            entry.loaded.cancel()
            raise
        else:
            entry.loaded.set_result(None)
            self.say(live.media_id, words.Wanted())
        if self._entries.get(live.media_id) is not entry and entry.subscription is not None:
            await entry.subscription.close()

    async def _reload(self, entry: _Entry) -> None:
        try:
            entry.live.begin_loading()
            await self._read(entry.live)
        except LevelChatError as error:
            _log.warning("a room was not read again", reason=error.detail)
            entry.live.finish_loading()
            # Tried again with the next tick.
            self._connections -= 1

    async def _read(self, live: LiveRoom) -> None:
        async with self._surroundings.transactions.reading(live.room.org_id) as tx:
            present = await session_rows.open_sessions(tx.db, live.media_id)
            forbidden = await session_rows.forbidden(tx.db, live.media_id)
            stored = await message_rows.last(tx.db, live.media_id)
        live.load(
            [presence(each) for each in present], forbidden, [_said(each) for each in stored]
        )

    def _on_room(self, live: LiveRoom, message: Message) -> None:
        if isinstance(message, Signalled) and message.replica == self._surroundings.node:
            return
        live.take(message)

    def _on_control(self, message: Message) -> None:
        if isinstance(message, RoomClosed | TokenRevoked | PublishingForbidden):
            live = self.find(message.media_id)
            if live is not None:
                live.take(message)


def _fail(entry: _Entry, error: LevelChatError) -> None:
    entry.loaded.set_exception(error)
    # Whoever waits takes it; if nobody does any more, it is no news.
    entry.loaded.exception()


def _said(stored: StoredMessage) -> ChatMessage:
    return ChatMessage(
        id=stored.id,
        identity=stored.identity,
        name=stored.name,
        text=stored.text,
        at=stored.at,
    )
