"""One room that has signalling participants in this process.

Comes in: connections, outcomes of commands, what the bus says. Goes out: frames. All of it happens
in the loop's thread and nothing here waits, so that a room is always in one piece.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable

import structlog

from levelchat.auth.token import Grant
from levelchat.bus.messages import (
    Message,
    PublishingForbidden,
    Quality,
    RoomClosed,
    SessionClosed,
    SessionOpened,
    Signalled,
    StreamStarted,
    StreamStopped,
    TokenRevoked,
)
from levelchat.contract import signal
from levelchat.contract.signal import ParticipantState, ServerMessage
from rooms.model import LeaveReason, Millis, Room, Transport
from rooms.signal import audience, farewell, frames, quality, words
from rooms.signal.broadcaster import Broadcaster
from rooms.signal.chat import Bucket, History
from rooms.signal.connection import Connection
from rooms.signal.metrics import SignalMetrics
from rooms.signal.quality import Qualities
from rooms.signal.roster import Presence, Roster
from rooms.signal.seams import Spawn
from rooms.signal.words import Word

_log = structlog.get_logger("signal")

_FROM_NODES = (StreamStarted, StreamStopped, Quality)
BATCH_SECONDS = 0.1
"""rooms.md §6: "participant deltas (batched)"; at most this late."""
COUNT_SECONDS = 1.0
"""The same where only the number of HLS viewers has changed."""
SAID_PER_SECOND = 100
"""Chat messages and reactions to all of one room."""
MAX_PENDING = 10_000
"""Messages of the bus that wait while the room is loaded."""


class Parked:
    """A session whose connection broke, waiting to be resumed."""

    __slots__ = ("grant", "heard", "room", "session", "until")

    def __init__(
        self, session: str, grant: Grant, room: "LiveRoom", heard: Millis, until: Millis
    ) -> None:
        self.session = session
        self.grant = grant
        self.room = room
        self.heard = heard
        self.until = until


class Office:
    """What a room needs of the process; `rooms.signal.hub.Hub` has it."""

    def __init__(
        self,
        *,
        spawn: Spawn,
        say: Callable[[str, Word], None],
        over: Callable[["Parked", LeaveReason], None],
        closing: Callable[[Connection], None],
        monotonic: Callable[[], Millis],
        metrics: SignalMetrics,
    ) -> None:
        self.spawn = spawn
        self.say = say
        """To other replicas: `say(media_id, word)`."""
        self.over = over
        """A session that waited to be resumed waits no more."""
        self.closing = closing
        """A connection was told goodbye."""
        self.monotonic = monotonic
        self.metrics = metrics


class LiveRoom:
    """The room."""

    def __init__(self, room: Room, office: Office) -> None:
        self.room = room
        self.roster = Roster()
        self.history = History()
        self.connections: dict[str, Connection] = {}
        """By session."""
        self.parked: OrderedDict[str, Parked] = OrderedDict()
        self.entering = 0
        """Those who are on their way in."""
        self.gate = Bucket(SAID_PER_SECOND, 2 * SAID_PER_SECOND, office.monotonic())
        self._office = office
        self._identities: dict[str, str] = {}
        """The session of each connected identity."""
        self._qualities = Qualities()
        self._broadcaster = Broadcaster(self.connections, office.spawn, office.metrics)
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._pending: list[Message] | None = None

    @property
    def media_id(self) -> str:
        return self.room.media_id

    @property
    def is_empty(self) -> bool:
        return not (self.connections or self.parked or self.entering)

    def attach(self, connection: Connection) -> None:
        """It is told everything from now on; its `welcome` tells the rest."""
        before = self.connections.get(connection.session)
        if before is not None:
            # Resumed before the broken connection was noticed.
            self.detach(before)
            before.close(signal.CLOSE_REPLACED, "resumed")
        self.parked.pop(connection.session, None)
        self._replace(connection.speaker.identity, connection.session)
        connection.since = self._broadcaster.next
        self.connections[connection.session] = connection
        self._identities[connection.speaker.identity] = connection.session

    def detach(self, connection: Connection) -> bool:
        """False if another connection has its session already."""
        if self.connections.get(connection.session) is not connection:
            return False
        del self.connections[connection.session]
        identity = connection.speaker.identity
        if self._identities.get(identity) == connection.session:
            del self._identities[identity]
        return True

    def holder(self, session: str) -> "Connection | Parked | None":
        """Who has that session here."""
        return self.connections.get(session) or self.parked.get(session)

    def closing(self, connection: Connection) -> None:
        """It was told goodbye."""
        self._office.closing(connection)

    def stop(self) -> None:
        """Nobody is here any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def begin_loading(self) -> None:
        """What the bus says waits until `finish_loading`."""
        self._pending = []

    def load(
        self,
        present: list[Presence],
        forbidden: set[str],
        messages: list[signal.ChatMessage],
    ) -> None:
        """What the store says."""
        self.roster.reset(present)
        self.roster.allow_all_but(forbidden)
        self.history.load(messages)
        self.finish_loading()
        for session in [*self.connections, *self.parked]:
            if not self.roster.has_session(session):
                self.end_session(session, self.roster.reason(session))

    def finish_loading(self) -> None:
        """What was said meanwhile comes on top."""
        pending, self._pending = self._pending or [], None
        for message in pending:
            self.take(message)
        self.changed()

    def say(self, message: ServerMessage, to: int, *, everywhere: bool = True) -> None:
        """To all of the audience *to*, on every replica."""
        frame = frames.message(message)
        self._broadcaster.send(frame, to)
        if everywhere:
            self._office.say(self.media_id, words.Said(frame, audience=to))

    def tell(self, identity: str, message: ServerMessage) -> None:
        """To one, wherever it is connected."""
        frame = frames.message(message)
        if not self._hand_over(identity, frame):
            self._office.say(self.media_id, words.Said(frame, to=identity))

    def post(self, message: signal.ChatMessage) -> None:
        """A chat message to all."""
        self._post(message)
        self._office.say(self.media_id, words.Chatted(message))

    def move_hand(self, participant: str, at: Millis | None) -> None:
        """A hand goes up or down."""
        if self.roster.raise_hand(participant, at):
            self._office.say(self.media_id, words.HandMoved(participant, at))
            self.changed()

    def measured(self, connection: Connection, rtt: Millis) -> None:
        """A pong came."""
        who = self.roster.state(connection.speaker.participant)
        if who is not None:
            self._notice(who, float(rtt), None, everywhere=True)

    def changed(self) -> None:
        """The roster may have news: they go out together."""
        wait = BATCH_SECONDS if self.roster.has_news else COUNT_SECONDS
        loop = asyncio.get_running_loop()
        at = loop.time() + wait
        if self._timer is not None:
            if self._timer_at <= at:
                return
            self._timer.cancel()
        self._timer_at = at
        self._timer = loop.call_at(at, self._flush)

    def take(self, message: Message) -> None:
        """What the bus says of this room."""
        if self._pending is not None:
            if len(self._pending) < MAX_PENDING:
                self._pending.append(message)
            return
        if isinstance(message, Signalled):
            self._take_word(words.decode(message.body))
        elif isinstance(message, _FROM_NODES):
            self._take_report(message)
        else:
            self._take_order(message)
        if self.roster.is_stale:
            self.changed()

    def end_session(self, session: str, reason: str) -> None:
        """The store says that it is over: its connection ends, its ticket is void."""
        self.parked.pop(session, None)
        connection = self.connections.get(session)
        if connection is None:
            return
        message, code = farewell.of(reason)
        if message is not None:
            connection.send(message)
        connection.close(code, reason)

    def _flush(self) -> None:
        self._timer = None
        delta = self.roster.take_delta()
        if delta is None:
            return
        for gone in delta.left:
            self._qualities.forget(gone["id"])
        self.say(delta, audience.PRESENCE, everywhere=False)

    def _opened(self, message: SessionOpened) -> None:
        new = Presence(
            message.session,
            message.participant,
            message.identity,
            message.name,
            message.capabilities,
            message.transport,
            message.joined_at,
            message.meta,
        )
        self.roster.open(new)
        is_signalling = new.transport == Transport.SIGNAL.value
        if is_signalling and self.roster.signal_session(new.participant) == new.session:
            self._replace(new.identity, new.session)

    def _replace(self, identity: str, session: str) -> None:
        """One identity has one connection: the newest."""
        before = self._identities.get(identity)
        if before is not None and before != session:
            self.connections[before].close(signal.CLOSE_REPLACED, "connected again")
        for other, parked in list(self.parked.items()):
            if parked.grant.identity == identity and other != session:
                del self.parked[other]
                self._office.over(parked, LeaveReason.REPLACED)

    def _take_report(self, message: StreamStarted | StreamStopped | Quality) -> None:
        match message:
            case StreamStarted(session=session, kinds=kinds):
                self.roster.set_tracks(session, kinds)
            case StreamStopped(session=session):
                self.roster.set_tracks(session, ())
            case Quality(identity=identity, rtt_ms=rtt, fraction_lost=lost):
                who = self.roster.find(identity)
                if who is not None:
                    self._notice(who, rtt, lost, everywhere=False)

    def _notice(
        self, who: ParticipantState, rtt: float, lost: float | None, *, everywhere: bool
    ) -> None:
        notice = self._qualities.notice(who, rtt, self._office.monotonic(), lost)
        if notice is None:
            return
        to = quality.audience_of(who, self.roster.listed)
        if to:
            self.say(notice, to, everywhere=everywhere)
        own = self.connections.get(self._identities.get(who.identity, ""))
        if own is not None and not own.audience & to:
            own.send(notice)

    def _take_word(self, word: Word | None) -> None:
        match word:
            case words.Said(text=frame, audience=to, to=identity):
                if identity:
                    self._hand_over(identity, frame)
                else:
                    self._broadcaster.send(frame, to)
            case words.Chatted(message=said):
                self._post(said)
            case words.HandMoved(participant=participant, at=at):
                self.roster.raise_hand(participant, at)
            case words.Taken(session=session):
                self._taken(session)
            case words.Wanted():
                known = words.Known(self.roster.hands(), self.roster.tracks())
                self._office.say(self.media_id, known)
            case words.Known(hands=hands, tracks=tracks):
                self._learn(hands, tracks)

    def _learn(self, hands: dict[str, Millis], tracks: dict[str, tuple[str, ...]]) -> None:
        for participant, at in hands.items():
            self.roster.raise_hand(participant, at)
        for session, kinds in tracks.items():
            self.roster.set_tracks(session, kinds)

    def _take_order(self, message: Message) -> None:
        match message:
            case SessionOpened():
                self._opened(message)
            case SessionClosed(session=session, reason=reason):
                self.roster.close(session, reason)
                self.end_session(session, reason)
            case PublishingForbidden(identity=identity, forbidden=forbidden):
                self.roster.forbid(identity, forbidden=forbidden)
            case TokenRevoked(token_ids=token_ids, reason=reason):
                for connection in self._holders(set(token_ids)):
                    self.end_session(connection, reason)
            case RoomClosed(reason=reason):
                for session in [*self.connections, *self.parked]:
                    self.end_session(session, reason)

    def _holders(self, token_ids: set[str]) -> list[str]:
        connected = [
            session
            for session, each in self.connections.items()
            if each.grant.token_id in token_ids
        ]
        waiting = [
            session for session, each in self.parked.items() if each.grant.token_id in token_ids
        ]
        return connected + waiting

    def _taken(self, session: str) -> None:
        """Another replica has it: nothing is over but this connection."""
        self.parked.pop(session, None)
        connection = self.connections.get(session)
        if connection is not None:
            self.detach(connection)
            connection.close(signal.CLOSE_REPLACED, "connected elsewhere")

    def _post(self, message: signal.ChatMessage) -> None:
        self.history.add(message)
        self._broadcaster.send(frames.message(message), audience.CHAT)

    def _hand_over(self, identity: str, frame: bytes) -> bool:
        session = self._identities.get(identity)
        if session is None:
            return False
        self.connections[session].write(frame)
        return True
