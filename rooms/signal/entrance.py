"""Takes people in: those who join, those who are back, those who come from another replica.

Comes in: wishes. Goes out: places in loaded rooms, or the error that is answered. A ticket of this
process needs neither the store nor a token; one of another replica needs the token.
"""

import asyncio
from collections.abc import Mapping

import msgspec

from levelchat.auth.token import Grant
from levelchat.bus.messages import Join
from levelchat.errors import LevelChatError
from rooms import ids
from rooms.entering import Attended
from rooms.errors import NotFound
from rooms.model import SECOND, LeaveReason, Millis, Session, Transport
from rooms.signal import resume, words
from rooms.signal.departures import Departures
from rooms.signal.door import Wish
from rooms.signal.hub import Hub
from rooms.signal.live import LiveRoom
from rooms.signal.resume import Tickets
from rooms.signal.roster import Presence, presence
from rooms.signal.seams import Surroundings
from rooms.store import sessions as session_rows

ELSEWHERE_MS = 45 * SECOND
"""Since a session was last seen, for it to go on at another replica: 30 s to resume, and what its
own replica took to say that it saw it."""


class Place(msgspec.Struct, frozen=True):
    """Somebody is in: `live` is held open until `Hub.leave`."""

    live: LiveRoom
    presence: Presence
    grant: Grant
    base: str
    resumed: bool
    publish_forbidden: bool | None = None
    """None: as the roster says."""


class Entrance:
    """One for a process."""

    def __init__(
        self,
        surroundings: Surroundings,
        hub: Hub,
        tickets: Tickets,
        departures: Departures,
        sessions: Mapping[str, LiveRoom],
    ) -> None:
        self._surroundings = surroundings
        self._hub = hub
        self._tickets = tickets
        self._departures = departures
        self._sessions = sessions

    async def take(self, wish: Wish) -> Place:
        """Raises what is answered to whoever may not come in."""
        session = self._redeem(wish.ticket)
        if session is not None:
            place = self._go_on(session, wish)
            if place is not None:
                return place
        if wish.grant is None:
            raise wish.refusal or _void()
        session = await self._of_elsewhere(wish.ticket, wish.grant)
        if session is None:
            return await self._join(ids.new(ids.SESSION), wish.grant, wish.base, resumed=False)
        place = await self._join(session, wish.grant, wish.base, resumed=True)
        self._hub.say(place.grant.media_id, words.Taken(session))
        return place

    def _redeem(self, ticket: str) -> str | None:
        return self._tickets.redeem(ticket, self._surroundings.monotonic()) if ticket else None

    def _go_on(self, session: str, wish: Wish) -> Place | None:
        live = self._sessions.get(session)
        held = None if live is None else live.holder(session)
        if live is None or held is None:
            return None
        known = live.roster.find_session(session)
        if known is None:
            return None
        grant = held.grant
        if wish.grant is not None and wish.grant.token_id == grant.token_id:
            grant = wish.grant
        self._surroundings.verifier.revocations.check(grant, self._surroundings.seconds())
        live.entering += 1
        return Place(live, known, grant, wish.base, resumed=True)

    async def _of_elsewhere(self, ticket: str, grant: Grant) -> str | None:
        """The session that the ticket names, if this token's holder was in it just now."""
        if not ticket:
            return None
        session, _ = resume.split(ticket)
        async with self._surroundings.transactions.reading(None) as tx:
            row = (await session_rows.by_ids(tx.db, [session])).get(session)
            now = tx.now
        return session if row is not None and _goes_on(row, grant, now) else None

    async def _join(self, session: str, grant: Grant, base: str, *, resumed: bool) -> Place:
        now = self._surroundings.transactions.now()
        try:
            attended = await self._surroundings.attendance.join(
                _join(session, self._surroundings.node, grant, now)
            )
            live = await self._hub.enter(attended.room)
        except asyncio.CancelledError:
            # Whether it came in before its client went away is not known.
            self._departures.add(session, grant.media_id, now, LeaveReason.LOST)
            raise
        except LevelChatError as error:
            if error.status >= _SERVER_FAULT:
                self._departures.add(session, grant.media_id, now, LeaveReason.LOST)
            raise
        return _place(live, attended, grant, base, resumed=resumed)


_SERVER_FAULT = 500


def _void() -> NotFound:
    return NotFound("this ticket is good no more; join with a room token")


def _goes_on(row: Session, grant: Grant, now: Millis) -> bool:
    same = (row.media_id, row.identity, row.token_id, row.transport) == (
        grant.media_id,
        grant.identity,
        grant.token_id,
        Transport.SIGNAL,
    )
    ended = row.left_at is not None and row.reason != LeaveReason.LOST.value
    last = row.seen_at if row.left_at is None else row.left_at
    return same and not ended and now - last <= ELSEWHERE_MS


def _join(session: str, node: str, grant: Grant, now: Millis) -> Join:
    return Join(
        session=session,
        node=node,
        transport=Transport.SIGNAL.value,
        project=grant.project,
        room=grant.room,
        media_id=grant.media_id,
        identity=grant.identity,
        name=grant.name,
        capabilities=tuple(sorted(grant.capabilities)),
        token_id=grant.token_id,
        at=now,
        meta=grant.meta,
    )


def _place(live: LiveRoom, attended: Attended, grant: Grant, base: str, *, resumed: bool) -> Place:
    return Place(
        live,
        presence(attended.session),
        grant,
        base,
        resumed,
        attended.publish_forbidden,
    )
