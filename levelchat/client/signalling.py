"""A participant of a room, from Python: joins, hears, speaks, and comes back when it is cut off.

Comes in: a URL and a room token. Goes out: events, and the room as it stands.
"""

from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any, Literal, Self

from levelchat.client.listeners import Callback
from levelchat.client.room_events import Event
from levelchat.client.roster import Roster
from levelchat.client.signal_session import Options, Session, Token
from levelchat.clock import Clock, SystemClock
from levelchat.contract import signal
from levelchat.contract.signal import ChatMessage, ParticipantState


class Signalling:
    """Our place in a room: `async with join(url, token) as room: async for event in room: …`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def __aenter__(self) -> Self:
        await self._session.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._session.stop()

    def __aiter__(self) -> AsyncIterator[Event]:
        return self

    async def __anext__(self) -> Event:
        """The next event. Ends when we are out; raises when the server could not be reached."""
        event = await self._session.listeners.next()
        if event is not None:
            return event
        if self._session.failure is not None:
            raise self._session.failure
        raise StopAsyncIteration

    def on(self, name: str, callback: Callback) -> Callback:
        """Calls *callback* with each event of that name, such as `participant-joined`."""
        self._session.listeners.on(name, callback)
        return callback

    def off(self, name: str, callback: Callback) -> None:
        """Does not call it any more."""
        self._session.listeners.off(name, callback)

    @property
    def me(self) -> ParticipantState:
        """Ourselves, as the others see us."""
        if self.state.me is None:
            raise RuntimeError("use it as a context manager: `async with join(…) as room:`")
        return self.state.me

    @property
    def participants(self) -> list[ParticipantState]:
        """Who is there now, ourselves included."""
        return list(self.state.participants.values())

    @property
    def total(self) -> int:
        """How many are there; more than `participants` until all were asked for."""
        return self.state.total

    @property
    def history(self) -> list[ChatMessage]:
        """The last chat messages."""
        return list(self.state.chat)

    @property
    def state(self) -> Roster:
        """All that is known: `room`, `mode`, `ice_servers`, `urls`, …; to be read."""
        return self._session.roster

    @property
    def token(self) -> str:
        """The token in use; the server renews it in time."""
        return self._session.token

    @property
    def close_code(self) -> int | None:
        """Why we are out, once we are (`levelchat.contract.signal.CLOSE_…`)."""
        return self._session.close_code

    @property
    def dropped_events(self) -> int:
        """Events that were not read in time (`levelchat.client.listeners.KEPT`)."""
        return self._session.listeners.dropped

    async def closed(self) -> None:
        """Returns when we are out; raises if that is because the server cannot be reached."""
        await self._session.over.wait()
        if self._session.failure is not None:
            raise self._session.failure

    async def leave(self) -> None:
        """Leaves; the end of the `async with` block does it too."""
        await self._session.stop()

    async def chat(self, text: str, *, to: str = "") -> None:
        """Needs `chat:send`. To all, or to the identity *to*."""
        await self._session.command(signal.ChatSend(text=text, to=to))

    async def react(self, emoji: str) -> None:
        """Needs `reactions:send`."""
        await self._session.command(signal.ReactionSend(emoji=emoji))

    async def hand(self, *, raised: bool, identity: str = "") -> None:
        """Needs `hand:raise` to raise; a moderator can lower another's."""
        await self._session.command(signal.Hand(raised=raised, identity=identity))

    async def kick(self, identity: str) -> None:
        """Needs `moderate:participants`."""
        await self._session.command(signal.Kick(identity=identity))

    async def mute(self, identity: str, kind: Literal["audio", "video"]) -> None:
        """Needs `moderate:participants`. Asks; the other's client decides."""
        await self._session.command(signal.MuteRequest(identity=identity, kind=kind))

    async def allow_publishing(self, identity: str, *, allowed: bool) -> None:
        """Needs `moderate:participants`."""
        await self._session.command(signal.AllowPublishing(identity=identity, allowed=allowed))

    async def signal(self, to: str, data: dict[str, Any]) -> None:
        """In a `1to1` room: an offer, an answer or a candidate for the other one."""
        await self._session.command(signal.Signal(to=to, data=data))

    async def ping(self) -> None:
        """Returns when the server has answered."""
        await self._session.command(signal.Ping())


def join(
    url: str, token: Token, *, options: Options | None = None, clock: Clock | None = None
) -> Signalling:
    """A place in the token's room, taken by `async with`.

    *url* is the server's, or `urls.signal` of a room or token. *token* may be a function that
    fetches one: it is asked again when we have to join anew and the old one may have expired.
    """
    return Signalling(Session(url, token, clock or SystemClock(), options or Options()))
