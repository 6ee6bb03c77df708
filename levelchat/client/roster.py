"""Who is in the room, as the messages of the server tell it. Pure.

Comes in: messages. Goes out: events, and the room as it stands after each. A second `welcome`
(after a broken connection) is compared with what was known: what happened meanwhile is told as if
it had been heard.
"""

from collections import deque
from collections.abc import Iterable
from typing import Any, cast

from levelchat.client.room_events import (
    Event,
    ParticipantChanged,
    ParticipantJoined,
    ParticipantLeft,
    Reconnected,
)
from levelchat.contract import signal
from levelchat.contract.signal import ChatMessage, ParticipantState

MOST = 25_000
"""Participants that are kept; rooms.md §3 has no larger room."""


class Roster:
    """One room, seen by one participant."""

    def __init__(self, most: int = MOST) -> None:
        self.me: ParticipantState | None = None
        self.room: dict[str, Any] = {}
        """`{id, type, state, config}`."""
        self.mode = ""
        self.participants: dict[str, ParticipantState] = {}
        """By id, oneself included."""
        self.total = 0
        """How many are there; more than `participants` while not all were asked for."""
        self.unlisted = 0
        """How often somebody was not kept because there were too many."""
        self.cursor = ""
        """For the next page of participants; empty when there is none."""
        self.chat: deque[ChatMessage] = deque(maxlen=signal.HISTORY)
        self.ice_servers: tuple[signal.IceServer, ...] = ()
        self.urls: dict[str, str] = {}
        self.resume = ""
        self._most = most
        self._unsure: dict[str, ParticipantState] = {}
        """Known before the connection broke, and not seen since."""
        self._was_whole = False

    @property
    def whole(self) -> bool:
        """Whether `participants` are all there are."""
        return not self.cursor and self.total <= len(self.participants)

    def receive(self, message: signal.ServerMessage) -> list[Event]:
        """What *message* means for the participant."""
        match message:
            case signal.Welcome():
                return self._welcome(message)
            case signal.Roster():
                return self._page(message.participants, message.total, message.cursor)
            case signal.Delta():
                return self._delta(message)
            case ChatMessage():
                self.chat.append(message)
                return [message]
            case signal.Done() | signal.Pong():
                return []
            case _:
                return [cast("Event", message)]

    def forget_unseen(self) -> None:
        """Nobody will ask for the other pages: who is not on this one is not known any more."""
        self._unsure.clear()

    def _welcome(self, welcome: signal.Welcome) -> list[Event]:
        again = self.me is not None
        self._was_whole = again and self.whole
        self._unsure, self.participants = self.participants, {}
        self.me, self.room, self.mode = welcome.participant, welcome.room, welcome.mode
        self.ice_servers, self.urls = welcome.ice_servers, welcome.urls
        self.resume = welcome.resume
        self._unsure.pop(self.me.id, None)
        self.participants[self.me.id] = self.me
        page = self._page(welcome.participants, welcome.total, welcome.cursor)
        missed = self._missed(welcome.chat)
        self.chat.extend(missed)
        if not again:
            return []
        return [Reconnected(welcome.resumed), *page, *missed]

    def _page(
        self, participants: Iterable[ParticipantState], total: int, cursor: str
    ) -> list[Event]:
        self.total, self.cursor = total, cursor
        events: list[Event] = []
        for participant in participants:
            # Who is new on a first look was there all the time: that is no event.
            events += self._put(participant, announce=self._was_whole)
        return events if cursor else [*events, *self._gone()]

    def _gone(self) -> list[Event]:
        """All pages were seen: who was on none went while the connection was broken."""
        gone, self._unsure = self._unsure, {}
        return [ParticipantLeft(participant, "") for participant in gone.values()]

    def _delta(self, delta: signal.Delta) -> list[Event]:
        self.total = delta.total
        events: list[Event] = []
        for participant in delta.joined:
            events += self._put(participant, announce=True)
        for participant in delta.changed:
            events += self._put(participant, announce=False)
        for gone in delta.left:
            events += self._drop(gone)
        return events

    def _put(self, participant: ParticipantState, *, announce: bool) -> list[Event]:
        mine = self.me is not None and participant.id == self.me.id
        if mine:
            self.me = participant
        before = self.participants.get(participant.id) or self._unsure.pop(participant.id, None)
        if before is None and len(self.participants) >= self._most:
            self.unlisted += 1
        else:
            self.participants[participant.id] = participant
        if before is not None:
            return [] if before == participant else [ParticipantChanged(before, participant)]
        return [ParticipantJoined(participant)] if announce and not mine else []

    def _drop(self, gone: dict[str, str]) -> list[Event]:
        name = gone.get("id", "")
        known = self.participants.pop(name, None) or self._unsure.pop(name, None)
        participant = known or ParticipantState(id=name, identity=gone.get("identity", ""))
        return [ParticipantLeft(participant, gone.get("reason", ""))]

    def _missed(self, history: tuple[ChatMessage, ...]) -> list[ChatMessage]:
        """Of *history*, what came after the last that was heard."""
        heard = {message.id for message in self.chat}
        last = max((at for at, each in enumerate(history) if each.id in heard), default=-1)
        return list(history[last + 1 :])
