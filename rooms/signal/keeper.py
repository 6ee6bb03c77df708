"""Keeps the connections of a process and the sessions behind them, from welcome to the end.

Comes in: places that were taken, connections that end, ticks. Goes out: welcomes, pings, sessions
that wait to be resumed, sessions that are over.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable

from levelchat.contract import signal
from rooms.model import SECOND, LeaveReason, Millis
from rooms.signal import farewell, frames, turn
from rooms.signal.commands import Speaker
from rooms.signal.connection import Connection
from rooms.signal.departures import Departures
from rooms.signal.entrance import Place
from rooms.signal.live import LiveRoom, Parked
from rooms.signal.renewals import renew_at
from rooms.signal.resume import RESUME_MS, Tickets
from rooms.signal.seams import Surroundings
from rooms.signal.watch import Watch
from rooms.signal.welcome import Links, welcome

SEEN_MS = (signal.PING_SECONDS + 1) * SECOND
"""Who was heard so lately is here: a pong comes every 15 s."""


class Keeper:
    """One for a process."""

    def __init__(
        self,
        surroundings: Surroundings,
        tickets: Tickets,
        departures: Departures,
        emptied: Callable[[LiveRoom], None],
    ) -> None:
        self._surroundings = surroundings
        self._tickets = tickets
        self._departures = departures
        self._watch: Watch[Connection] = Watch()
        self._parked: OrderedDict[str, Parked] = OrderedDict()
        self._emptied = emptied
        self.sessions: dict[str, LiveRoom] = {}
        """The room of every session that is connected here, or waits to be resumed."""

    def connections(self) -> list[Connection]:
        """Those that are open."""
        return self._watch.all()

    def attach(self, place: Place, transport: asyncio.Transport, ticket: str) -> Connection:
        """A connection that was welcomed, or, if its session ended meanwhile, closed."""
        live, now = place.live, self._surroundings.monotonic()
        connection = Connection(
            session=place.presence.session,
            speaker=Speaker(
                place.presence.participant,
                place.grant.identity,
                place.presence.name,
                place.grant.capabilities,
            ),
            grant=place.grant,
            room=live,
            transport=transport,
            base=place.base,
            now=now,
            chats_per_second=self._surroundings.settings.chat_messages_per_second,
            metrics=self._surroundings.metrics,
        )
        connection.renew_at = renew_at(place.grant)
        is_over = self._is_over(place)
        self._watch.add(connection)
        if is_over is not None:
            self._turn_away(connection, is_over)
            return connection
        self.sessions[connection.session] = live
        live.attach(connection)
        self._welcome(connection, place, self._tickets.issue(connection.session, ticket))
        live.changed()
        return connection

    def missed(self, place: Place) -> None:
        """The client went away while it was let in; who was back waits to be resumed again."""
        session = place.presence.session
        if place.live.holder(session) is None:
            self.over_at(session, place.live, self._surroundings.monotonic(), LeaveReason.LOST)

    def ended(self, connection: Connection) -> None:
        """Its connection is gone; the session waits, or is over."""
        self._watch.remove(connection)
        live, session = connection.room, connection.session
        if not live.detach(connection):
            if live.holder(session) is None:
                self._forget(session)
            return
        reason = farewell.session_ends(
            connection.code, connection.peer_code, moved=connection.moved
        )
        if not live.roster.has_session(session):
            self._forget(session)
        elif reason is None:
            self._park(connection)
        else:
            self.over_at(session, live, connection.heard, reason)

    def closing(self, connection: Connection) -> None:
        """It was told goodbye."""
        self._watch.closing(connection, self._surroundings.monotonic())

    def over(self, parked: Parked, reason: LeaveReason) -> None:
        """It waits to be resumed no more."""
        self._parked.pop(parked.session, None)
        self.over_at(parked.session, parked.room, parked.heard, reason)

    def over_at(self, session: str, live: LiveRoom, heard: Millis, reason: LeaveReason) -> None:
        """A session is over; it left when it was last heard (monotonic)."""
        self._forget(session)
        ago = self._surroundings.monotonic() - heard
        at = self._surroundings.transactions.now() - max(0, ago)
        self._departures.add(session, live.media_id, at, reason)

    def tick(self) -> list[Connection]:
        """To be called every second; gives those that were pinged."""
        now = self._surroundings.monotonic()
        due = self._watch.tick(now)
        for connection in due.lost:
            connection.close(signal.CLOSE_LOST, "no sign of life")
            connection.transport.abort()
        for connection in due.cut:
            connection.transport.abort()
        ping = frames.ping(now)
        for connection in due.ping:
            connection.pinged = now
            connection.write(ping)
        self._end_parked(now)
        return due.ping

    def seen(self) -> list[str]:
        """The sessions that are here: those whose clients were heard lately."""
        since = self._surroundings.monotonic() - SEEN_MS
        connected = [each.session for each in self._watch.all() if each.heard >= since]
        waiting = [
            each.session
            for each in self._parked.values()
            if each.heard >= since and each.room.parked.get(each.session) is each
        ]
        return connected + waiting

    def _is_over(self, place: Place) -> str | None:
        """Why the session ended while its client was on the way; None if it did not."""
        live, own = place.live, place.presence
        if place.resumed and live.roster.has_session(own.session):
            pass
        elif not live.roster.open(own, heard=False):
            return live.roster.reason(own.session)
        if place.publish_forbidden is not None:
            live.roster.forbid(own.identity, forbidden=place.publish_forbidden)
        newest = live.roster.signal_session(own.participant)
        if newest is None:
            return LeaveReason.LOST.value
        return None if newest == own.session else LeaveReason.REPLACED.value

    def _turn_away(self, connection: Connection, reason: str) -> None:
        live, session = connection.room, connection.session
        message, code = farewell.of(reason)
        if message is not None:
            connection.send(message)
        connection.close(code, reason)
        if reason == LeaveReason.REPLACED.value and live.holder(session) is None:
            self.over_at(session, live, connection.heard, LeaveReason.REPLACED)

    def _welcome(self, connection: Connection, place: Place, ticket: str) -> None:
        live, settings = place.live, self._surroundings.settings
        me = live.roster.state(connection.speaker.participant)
        if me is None:
            raise RuntimeError("who was let in is not in the roster")
        links = Links(
            place.base,
            self._surroundings.media_base(live.room),
            turn.ice_servers(
                settings.ice_servers,
                settings.turn_secret,
                place.grant.identity,
                self._surroundings.seconds(),
            ),
            ticket,
        )
        if place.resumed:
            self._surroundings.metrics.resumed.inc()
        connection.send(
            welcome(
                live.room,
                me,
                live.roster,
                live.history,
                links,
                audiences=connection.audience,
                resumed=place.resumed,
            )
        )

    def _park(self, connection: Connection) -> None:
        now = self._surroundings.monotonic()
        live, session = connection.room, connection.session
        self._tickets.broken(session, now)
        parked = Parked(session, connection.grant, live, connection.heard, now + RESUME_MS)
        live.parked[session] = parked
        self._parked.pop(session, None)
        self._parked[session] = parked
        if len(self._parked) > self._surroundings.settings.max_signal_connections:
            self._end_first_parked()

    def _end_parked(self, now: Millis) -> None:
        while self._parked and next(iter(self._parked.values())).until <= now:
            self._end_first_parked()

    def _end_first_parked(self) -> None:
        session, parked = self._parked.popitem(last=False)
        live = parked.room
        if live.parked.get(session) is parked:
            del live.parked[session]
            self.over_at(session, live, parked.heard, LeaveReason.LOST)
        elif live.holder(session) is None:
            self._forget(session)
        self._emptied(live)

    def _forget(self, session: str) -> None:
        self._tickets.forget(session)
        self.sessions.pop(session, None)
