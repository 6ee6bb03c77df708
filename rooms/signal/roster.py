"""Who is in one room, and what of it is news. Pure.

Comes in: sessions that open and close, hands, tracks, permissions, by the participant that they
belong to. Goes out: participants as others see them, in pages, and deltas. A participant is there
while any session of its is open. Viewers of HLS are counted and not listed: they come and go by
the thousand.
"""

from bisect import bisect_right, insort
from collections import OrderedDict

import msgspec

from levelchat.auth.capability import PUBLISH_AUDIO, PUBLISH_VIDEO
from levelchat.contract.signal import ROSTER_PAGE, Delta, ParticipantState
from rooms import admission
from rooms.model import LeaveReason, Millis, Session, Transport

REMEMBERED = 1000
"""Sessions that closed lately: what opened them may come in later."""
_FRONT, _REST = "0", "1"
"""Those who publish or moderate come first."""


class Presence(msgspec.Struct, frozen=True):
    """One open session, as far as others are concerned."""

    session: str
    participant: str
    identity: str
    name: str
    capabilities: tuple[str, ...]
    transport: str
    joined_at: Millis
    meta: dict[str, str] = {}


def presence(session: Session) -> Presence:
    """What the row says."""
    return Presence(
        session.id,
        session.participant_id,
        session.identity,
        session.name,
        session.capabilities,
        session.transport.value,
        session.joined_at,
        session.meta,
    )


class _Person:
    """One listed participant."""

    __slots__ = ("hand", "joined_at", "key", "sessions", "state", "tracks")

    def __init__(self) -> None:
        self.sessions: dict[str, Presence] = {}
        self.tracks: dict[str, tuple[str, ...]] = {}
        self.hand: Millis | None = None
        self.state: ParticipantState | None = None
        self.key = ""
        self.joined_at: Millis | None = None


class Roster:
    """One room's."""

    def __init__(self) -> None:
        self._people: dict[str, _Person] = {}
        self._identities: dict[str, str] = {}
        """The participant of each listed identity."""
        self._sessions: dict[str, str] = {}
        """The participant of each open session, those of HLS included."""
        self._watching: dict[str, set[str]] = {}
        """Sessions of HLS by participant."""
        self._viewers: set[str] = set()
        """Participants who do nothing but watch HLS."""
        self._order: list[str] = []
        """Keys of listed participants, sorted: ids sort by joining."""
        self._forbidden: set[str] = set()
        self._closed: OrderedDict[str, str] = OrderedDict()
        """Why sessions closed, of the last ones."""
        self._joined: dict[str, None] = {}
        self._changed: dict[str, None] = {}
        self._left: dict[str, dict[str, str]] = {}
        self._gone: dict[str, ParticipantState] = {}
        self._told_total = 0

    @property
    def total(self) -> int:
        """Everybody, viewers of HLS included."""
        return len(self._people) + len(self._viewers)

    @property
    def listed(self) -> int:
        """Without those who only watch HLS."""
        return len(self._people)

    @property
    def sessions(self) -> frozenset[str]:
        """Every open session."""
        return frozenset(self._sessions)

    def has_session(self, session: str) -> bool:
        """Whether it is open."""
        return session in self._sessions

    def open(self, new: Presence, *, heard: bool = True) -> bool:
        """A session opened; again is the same. True unless it is known to be closed already.

        *heard* is false when nobody said so on the bus: what closed it may have come before.
        """
        if new.session in self._sessions:
            return True
        if new.session in self._closed:
            if not heard:
                return False
            del self._closed[new.session]
        self._sessions[new.session] = new.participant
        if new.transport == Transport.HLS.value:
            self._watching.setdefault(new.participant, set()).add(new.session)
            self._count(new.participant)
            return True
        person = self._people.get(new.participant)
        if person is None:
            person = self._people[new.participant] = _Person()
            self._note_joined(new.participant)
            self._count(new.participant)
        person.sessions[new.session] = new
        self._identities[new.identity] = new.participant
        self._refresh(new.participant)
        return True

    def close(self, session: str, reason: str) -> None:
        """A session closed; an unknown one is remembered, should it open late."""
        participant = self._sessions.pop(session, None)
        self._closed[session] = reason
        if len(self._closed) > REMEMBERED:
            self._closed.popitem(last=False)
        if participant is None:
            return
        watching = self._watching.get(participant)
        if watching is not None:
            watching.discard(session)
            if not watching:
                del self._watching[participant]
                self._count(participant)
        person = self._people.get(participant)
        if person is None or person.sessions.pop(session, None) is None:
            return
        person.tracks.pop(session, None)
        if person.sessions:
            self._refresh(participant)
        else:
            self._remove(participant, person, reason)

    def reason(self, session: str) -> str:
        """Why it closed; empty if that was long ago or never."""
        return self._closed.get(session, "")

    def reset(self, present: list[Presence], reason: str = LeaveReason.LOST.value) -> None:
        """The store says who is there: what was missed is caught up with."""
        there = {each.session for each in present}
        for session in [each for each in self._sessions if each not in there]:
            self.close(session, reason)
        for each in present:
            self.open(each)

    def raise_hand(self, participant: str, at: Millis | None) -> bool:
        """Raises it, or with None lowers it. False if nothing changes."""
        person = self._people.get(participant)
        if person is None or (person.hand is None) is (at is None):
            return False
        person.hand = at
        self._refresh(participant)
        return True

    def set_tracks(self, session: str, kinds: tuple[str, ...] | None) -> None:
        """What a publisher's session carries; None: what its capabilities let one expect."""
        person = self._people.get(self._sessions.get(session, ""))
        if person is None or session not in person.sessions:
            return
        before = person.tracks.get(session)
        if before == kinds:
            return
        if kinds is None:
            del person.tracks[session]
        else:
            person.tracks[session] = kinds
        self._refresh(self._sessions[session])

    def forbid(self, identity: str, *, forbidden: bool) -> None:
        """Whether *identity* may not publish, whatever its token says."""
        if (identity in self._forbidden) is forbidden:
            return
        (self._forbidden.add if forbidden else self._forbidden.discard)(identity)
        if identity in self._identities:
            self._refresh(self._identities[identity])

    def allow_all_but(self, identities: set[str]) -> None:
        """The store says who may not publish."""
        for identity in self._forbidden - identities:
            self.forbid(identity, forbidden=False)
        for identity in identities:
            self.forbid(identity, forbidden=True)

    def find(self, identity: str) -> ParticipantState | None:
        """The listed participant of that identity."""
        return self.state(self._identities.get(identity, ""))

    def state(self, participant: str) -> ParticipantState | None:
        """The listed participant of that id."""
        person = self._people.get(participant)
        return None if person is None else person.state

    def find_session(self, session: str) -> Presence | None:
        """An open session of a listed participant."""
        person = self._people.get(self._sessions.get(session, ""))
        return None if person is None else person.sessions.get(session)

    def signal_session(self, participant: str) -> str | None:
        """Its newest signalling session: the one that holds the place."""
        person = self._people.get(participant)
        if person is None:
            return None
        mine = [
            (each.joined_at, each.session)
            for each in person.sessions.values()
            if each.transport == Transport.SIGNAL.value
        ]
        return max(mine)[1] if mine else None

    def hands(self) -> dict[str, Millis]:
        """Raised hands by participant."""
        return {key: each.hand for key, each in self._people.items() if each.hand is not None}

    def tracks(self) -> dict[str, tuple[str, ...]]:
        """Known kinds of tracks by session."""
        return {
            session: kinds
            for person in self._people.values()
            for session, kinds in person.tracks.items()
        }

    def page(
        self, cursor: str = "", limit: int = ROSTER_PAGE
    ) -> tuple[tuple[ParticipantState, ...], str]:
        """At most *limit* participants after *cursor*, and the next cursor; empty at the end."""
        start = bisect_right(self._order, cursor)
        keys = self._order[start : start + limit]
        states = tuple(state for key in keys if (state := self._people[key[1:]].state) is not None)
        return states, keys[-1] if start + limit < len(self._order) else ""

    @property
    def has_news(self) -> bool:
        """Whether `take_delta` would tell of anybody."""
        return bool(self._joined or self._changed or self._left)

    @property
    def is_stale(self) -> bool:
        """Whether there is news, if only of how many are there."""
        return self.has_news or self.total != self._told_total

    def take_delta(self) -> Delta | None:
        """What happened since the last one; None if nothing did.

        Applied in order (joined, changed, left) to the roster of any moment since the last one,
        it gives the roster of now.
        """
        total = self.total
        if not self.is_stale:
            return None
        delta = Delta(
            joined=tuple(self._told(each) for each in self._joined),
            changed=tuple(self._told(each) for each in self._changed if each not in self._joined),
            left=tuple(self._left.values()),
            total=total,
        )
        self._joined, self._changed, self._left, self._gone = {}, {}, {}, {}
        self._told_total = total
        return delta

    def _told(self, participant: str) -> ParticipantState:
        state = self.state(participant) or self._gone.get(participant)
        return state or ParticipantState(id=participant, identity="")

    def _note_joined(self, participant: str) -> None:
        # Who left and is back at once has merely changed.
        if self._left.pop(participant, None) is None:
            self._joined[participant] = None
        else:
            self._changed[participant] = None

    def _count(self, participant: str) -> None:
        watches = participant in self._watching and participant not in self._people
        (self._viewers.add if watches else self._viewers.discard)(participant)

    def _remove(self, participant: str, person: _Person, reason: str) -> None:
        state = person.state
        del self._people[participant]
        self._count(participant)
        self._unlist(person.key)
        self._changed.pop(participant, None)
        if state is None:
            return
        if self._identities.get(state.identity) == participant:
            del self._identities[state.identity]
        if participant in self._joined:
            # Somebody who joined meanwhile was told of it: so it joins and leaves for all.
            self._gone[participant] = state
        self._left[participant] = {
            "id": participant,
            "identity": state.identity,
            "reason": reason,
        }

    def _refresh(self, participant: str) -> None:
        person = self._people[participant]
        newest = max(person.sessions.values(), key=lambda each: (each.joined_at, each.session))
        held = {each for session in person.sessions.values() for each in session.capabilities}
        role = admission.flags(held)
        key = (_REST if role.viewer else _FRONT) + participant
        if key != person.key:
            self._unlist(person.key)
            insort(self._order, key)
            person.key = key
        first = min(each.joined_at for each in person.sessions.values())
        person.joined_at = first if person.joined_at is None else min(first, person.joined_at)
        state = ParticipantState(
            id=participant,
            identity=newest.identity,
            name=newest.name,
            capabilities=tuple(sorted(held)),
            transports=tuple(sorted({each.transport for each in person.sessions.values()})),
            tracks=_tracks(person),
            hand=person.hand,
            publishing_forbidden=newest.identity in self._forbidden,
            joined_at=person.joined_at,
            meta=newest.meta or None,
        )
        if person.state is not None and state != person.state:
            self._changed[participant] = None
        person.state = state

    def _unlist(self, key: str) -> None:
        at = bisect_right(self._order, key) - 1
        if at >= 0 and self._order[at] == key:
            del self._order[at]


def _tracks(person: _Person) -> tuple[str, ...]:
    kinds: set[str] = set()
    for session in person.sessions.values():
        if session.transport == Transport.WHIP.value:
            known = person.tracks.get(session.session)
            kinds.update(_expected(session.capabilities) if known is None else known)
    return tuple(sorted(kinds))


def _expected(capabilities: tuple[str, ...]) -> set[str]:
    """What a publisher of whom no tracks were reported probably sends."""
    audio = {"audio"} if not PUBLISH_AUDIO.isdisjoint(capabilities) else set()
    video = {"video"} if not PUBLISH_VIDEO.isdisjoint(capabilities) else set()
    return audio | video
