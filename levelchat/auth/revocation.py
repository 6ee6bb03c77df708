"""What is no longer allowed, though a good token says it is. Pure.

Comes in: what rooms says on the bus, and grants. Goes out: a refusal, or nothing. Every entry ends
when the last token that it concerns does, and there are at most `MAX_ENTRIES` of a kind.
"""

from typing import TypeVar

from levelchat.auth.errors import RoomOver, TokenRevoked
from levelchat.auth.token import Grant
from levelchat.bus import messages
from levelchat.bus.messages import Message, PublishingForbidden, RoomClosed, RoomOpened, Standing

MAX_ENTRIES = 100_000
"""Of each kind: a hundred rooms' ends a second for as long as tokens live, and more."""
_MILLIS = 1000

KeyT = TypeVar("KeyT")


class Revocations:
    """What is in force on this node."""

    def __init__(self) -> None:
        self._closed: dict[str, int] = {}
        self._revoked: dict[str, int] = {}
        self._forbidden: dict[tuple[str, str], int] = {}
        self.dropped = 0
        """Entries that fell out before their time, because there were too many."""

    def take(self, message: Message, now: int) -> None:
        """Notes what *message* puts in force or lifts; *now* is in seconds."""
        if isinstance(message, RoomClosed):
            self._note(self._closed, message.media_id, message.until, now)
        elif isinstance(message, RoomOpened):
            self._closed.pop(message.media_id, None)
        elif isinstance(message, messages.TokenRevoked):
            for token_id in message.token_ids:
                self.revoke(token_id, message.until, now)
        elif isinstance(message, PublishingForbidden):
            self._take_forbidden(message, now)
        elif isinstance(message, Standing):
            # It is all that is in force: the word that allowed it again may have been lost.
            self._forbidden.clear()
            items: tuple[Message, ...] = (*message.closed, *message.revoked, *message.forbidden)
            for item in items:
                self.take(item, now)

    def revoke(self, token_id: str, until: int, now: int) -> None:
        """The token of that id is no good until *until* (milliseconds)."""
        self._note(self._revoked, token_id, until, now)

    def check(self, grant: Grant, now: int) -> None:
        """Raises `TokenRevoked` or `RoomOver`."""
        self.check_token(grant, now)
        self.check_room(grant, now)

    def check_token(self, grant: Grant, now: int) -> None:
        """Raises `TokenRevoked`; whether the room has ended is another question."""
        if self._holds(self._revoked, grant.token_id, now):
            raise TokenRevoked("this token was revoked; ask for another")

    def check_room(self, grant: Grant, now: int) -> None:
        """Raises `RoomOver`."""
        if self.is_over(grant.media_id, now):
            raise RoomOver("the room has ended; create another to go on")

    def is_over(self, media_id: str, now: int) -> bool:
        """Whether the room has ended."""
        return self._holds(self._closed, media_id, now)

    def publishing_forbidden(self, media_id: str, identity: str, now: int) -> bool:
        """Whether a moderator forbade it."""
        return self._holds(self._forbidden, (media_id, identity), now)

    def _take_forbidden(self, message: PublishingForbidden, now: int) -> None:
        who = message.media_id, message.identity
        if message.forbidden:
            self._note(self._forbidden, who, message.until, now)
        else:
            self._forbidden.pop(who, None)

    def _holds(self, entries: dict[KeyT, int], key: KeyT, now: int) -> bool:
        until = entries.get(key)
        return until is not None and now * _MILLIS < until

    def _note(self, entries: dict[KeyT, int], key: KeyT, until: int, now: int) -> None:
        if until <= now * _MILLIS:
            return
        # Put last, so that the first are those noted longest ago.
        entries[key] = max(entries.pop(key, 0), until)
        if len(entries) <= MAX_ENTRIES:
            return
        for over in [key for key, end in entries.items() if end <= now * _MILLIS]:
            del entries[over]
        while len(entries) > MAX_ENTRIES * 9 // 10:
            # A tenth at a time, so that a flood does not look through all for each one.
            del entries[next(iter(entries))]
            self.dropped += 1
