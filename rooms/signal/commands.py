"""What a participant's message leads to. Pure.

Comes in: bytes; commands, who gave them, who is in the room. Goes out: outcomes as values, or the
`LevelChatError` that the participant is told. Whoever carries an outcome out checks nothing more.
"""

from collections.abc import Callable, Collection
from typing import Any

import msgspec

from levelchat.contract import signal
from levelchat.contract.signal import Command, ParticipantState
from levelchat.errors import PeerError
from rooms import admission
from rooms.admission import Action
from rooms.errors import Flaw, InvalidRequest, MalformedBody, NotFound, UnknownMessage
from rooms.model import Millis, RoomType
from rooms.signal import audience, chat
from rooms.signal.roster import Roster


class Speaker(msgspec.Struct, frozen=True):
    """Who gave a command."""

    participant: str
    identity: str
    name: str
    capabilities: Collection[str]


class Scene(msgspec.Struct, frozen=True):
    """Where and when it was given."""

    roster: Roster
    room_type: RoomType
    now: Millis
    message_id: str
    """For a chat message that comes of it."""


class Outcome(msgspec.Struct, frozen=True):
    """What is to be done; afterwards the participant is told `done`."""


class Nothing(Outcome, frozen=True):
    """It was so already."""


class Answer(Outcome, frozen=True):
    """Tell the participant this instead of `done`."""

    message: signal.ServerMessage


class Broadcast(Outcome, frozen=True):
    """Tell all of an audience."""

    message: signal.ServerMessage
    audience: int


class Post(Outcome, frozen=True):
    """Keep it, and tell all."""

    message: signal.ChatMessage


class Tell(Outcome, frozen=True):
    """Tell one, and with *echo* the participant as well."""

    identity: str
    message: signal.ServerMessage
    echo: bool = False


class MoveHand(Outcome, frozen=True):
    """Raise a participant's hand at an instant, or (None) lower it."""

    participant: str
    at: Millis | None


class PutOut(Outcome, frozen=True):
    """Kick an identity."""

    identity: str


class Permit(Outcome, frozen=True):
    """Let an identity publish, or not."""

    identity: str
    allowed: bool


class Bye(Outcome, frozen=True):
    """The participant leaves."""


class _Loose(msgspec.Struct, frozen=True):
    """A message of which nothing is known but that it is one."""

    type: Any
    ref: Any = None


_decoder: msgspec.json.Decoder[Command] = msgspec.json.Decoder(Command)
_loose = msgspec.json.Decoder(_Loose)
_TYPES = frozenset(each.__struct_config__.tag for each in Command.__args__)
_MAX_REF = 128


def parse(data: bytes) -> Command:
    """The command; raises `MalformedBody` for what is no message at all, and `UnknownMessage` or
    `InvalidRequest` for one that is refused.
    """
    try:
        return _decoder.decode(data)
    except msgspec.ValidationError as error:
        loose = _read_loosely(data)
        if loose.type not in _TYPES:
            raise UnknownMessage("there is no such type of message") from error
        raise InvalidRequest([Flaw("", str(error))]) from error
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise MalformedBody("a message is one JSON object in UTF-8 with a `type`") from error


def ref_of(data: bytes) -> str | int | None:
    """The `ref` of a message that `parse` refused."""
    try:
        ref = _read_loosely(data).ref
    except PeerError:
        return None
    return ref if isinstance(ref, int) or (isinstance(ref, str) and len(ref) <= _MAX_REF) else None


def _read_loosely(data: bytes) -> _Loose:
    try:
        loose = _loose.decode(data)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise MalformedBody("a message is one JSON object in UTF-8 with a `type`") from error
    if not isinstance(loose.type, str):
        raise MalformedBody("a message's `type` is a string")
    return loose


def decide(command: Command, who: Speaker, scene: Scene) -> Outcome:
    """What *command* leads to; raises the error that *who* is told."""
    return _HANDLERS[type(command)](command, who, scene)


def _ping(command: signal.Ping, _: Speaker, scene: Scene) -> Outcome:
    return Answer(signal.Pong(at=scene.now, ref=command.ref))


def _leave(_: signal.Leave, __: Speaker, ___: Scene) -> Outcome:
    return Bye()


def _chat(command: signal.ChatSend, who: Speaker, scene: Scene) -> Outcome:
    admission.require(who.capabilities, Action.CHAT)
    chat.check_text(command.text)
    said = signal.ChatMessage(
        id=scene.message_id,
        identity=who.identity,
        name=who.name,
        text=command.text,
        at=scene.now,
        to=command.to,
    )
    if not command.to:
        return Post(said)
    _present(scene, command.to)
    return Tell(command.to, said, echo=command.to != who.identity)


def _react(command: signal.ReactionSend, who: Speaker, scene: Scene) -> Outcome:
    admission.require(who.capabilities, Action.REACT)
    chat.check_emoji(command.emoji)
    said = signal.Reaction(identity=who.identity, emoji=command.emoji, at=scene.now)
    return Broadcast(said, audience.PRESENCE)


def _hand(command: signal.Hand, who: Speaker, scene: Scene) -> Outcome:
    if command.identity and command.identity != who.identity:
        admission.require(who.capabilities, Action.MODERATE)
        if command.raised:
            raise InvalidRequest([Flaw("raised", "another's hand can only be lowered")])
        return _moved(_present(scene, command.identity), None)
    if command.raised:
        admission.require(who.capabilities, Action.RAISE_HAND)
    return _moved(_present(scene, who.identity), scene.now if command.raised else None)


def _moved(participant: ParticipantState, at: Millis | None) -> Outcome:
    # A hand that is raised again keeps its place in the queue.
    if (participant.hand is None) is (at is None):
        return Nothing()
    return MoveHand(participant.id, at)


def _page(command: signal.RosterRequest, who: Speaker, scene: Scene) -> Outcome:
    # rooms.md §5: "A publisher without any `subscribe:*` sees nobody."
    if not audience.of(who.capabilities) & audience.PRESENCE:
        admission.require(who.capabilities, Action.SUBSCRIBE)
    participants, cursor = scene.roster.page(command.cursor)
    total = scene.roster.total
    return Answer(
        signal.Roster(participants=participants, total=total, cursor=cursor, ref=command.ref)
    )


def _relay(command: signal.Signal, who: Speaker, scene: Scene) -> Outcome:
    # rooms.md §3: 1to1 is the "peer-to-peer fast path for two"; others go by the server.
    if scene.room_type is not RoomType.ONE_TO_ONE:
        raise InvalidRequest([Flaw("type", "only rooms of type 1to1 pass signals on")])
    if command.to == who.identity:
        raise InvalidRequest([Flaw("to", "name the other participant")])
    _present(scene, command.to)
    return Tell(command.to, signal.Signalled(identity=who.identity, data=command.data))


def _mute(command: signal.MuteRequest, who: Speaker, scene: Scene) -> Outcome:
    admission.require(who.capabilities, Action.MODERATE)
    _present(scene, command.identity)
    return Tell(command.identity, signal.MuteAsked(by=who.identity, kind=command.kind))


def _permit(command: signal.AllowPublishing, who: Speaker, _: Scene) -> Outcome:
    admission.require(who.capabilities, Action.MODERATE)
    return Permit(command.identity, command.allowed)


def _kick(command: signal.Kick, who: Speaker, _: Scene) -> Outcome:
    admission.require(who.capabilities, Action.MODERATE)
    return PutOut(command.identity)


def _present(scene: Scene, identity: str) -> ParticipantState:
    found = scene.roster.find(identity)
    if found is None:
        raise NotFound(f"nobody called {identity!r} is in the room now")
    return found


_HANDLERS: dict[type[Command], Callable[[Any, Speaker, Scene], Outcome]] = {
    signal.Ping: _ping,
    signal.Leave: _leave,
    signal.ChatSend: _chat,
    signal.ReactionSend: _react,
    signal.Hand: _hand,
    signal.RosterRequest: _page,
    signal.Signal: _relay,
    signal.MuteRequest: _mute,
    signal.AllowPublishing: _permit,
    signal.Kick: _kick,
}
