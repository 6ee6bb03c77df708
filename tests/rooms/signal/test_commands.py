"""What messages lead to, and which are refused why."""

import contextlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from levelchat.auth.errors import CapabilityMissing
from levelchat.contract import signal
from levelchat.contract.signal import Command
from levelchat.errors import LevelChatError
from rooms.errors import InvalidRequest, MalformedBody, NotFound, UnknownMessage
from rooms.model import RoomType
from rooms.signal import audience, commands
from rooms.signal.commands import Outcome, Scene, Speaker
from rooms.signal.roster import Presence, Roster

ALL = (
    "subscribe:all",
    "chat:send",
    "reactions:send",
    "hand:raise",
    "moderate:participants",
)


def _roster(*names: str) -> Roster:
    roster = Roster()
    for number, name in enumerate(names):
        roster.open(Presence(f"s_{number}", f"p_{name}", name, name, ALL, "signal", number))
    return roster


def _decide(
    command: Command,
    capabilities: tuple[str, ...] = ALL,
    room_type: RoomType = RoomType.MEETING,
    roster: Roster | None = None,
) -> Outcome:
    scene = Scene(roster or _roster("ada", "bob"), room_type, 1_000, "msg_1")
    return commands.decide(command, Speaker("p_ada", "ada", "Ada", capabilities), scene)


_NEEDS: list[tuple[Command, str]] = [
    (signal.ChatSend(text="hi"), "chat:send"),
    (signal.ReactionSend(emoji="👍"), "reactions:send"),
    (signal.Hand(raised=True), "hand:raise"),
    (signal.Hand(raised=False, identity="bob"), "moderate:participants"),
    (signal.Kick(identity="bob"), "moderate:participants"),
    (signal.MuteRequest(identity="bob", kind="audio"), "moderate:participants"),
    (signal.AllowPublishing(identity="bob", allowed=False), "moderate:participants"),
    (signal.RosterRequest(), "subscribe:all"),
]


@pytest.mark.parametrize(("command", "capability"), _NEEDS)
def test_each_command_needs_its_capability(command: Command, capability: str) -> None:
    """With it it is done; without it the refusal names it (rooms.md §5)."""
    assert isinstance(_decide(command, (capability,)), Outcome)
    without = tuple(each for each in ALL if each != capability)
    if capability == "subscribe:all":
        without = ("chat:send",)
    with pytest.raises(CapabilityMissing, match=capability):
        _decide(command, without)


def test_chat_to_all_is_kept_and_to_one_is_not() -> None:
    """A direct message goes to its addressee and back to its sender, and into no history."""
    said = signal.ChatMessage(id="msg_1", identity="ada", name="Ada", text="hi", at=1_000)
    assert _decide(signal.ChatSend(text="hi")) == commands.Post(said)

    direct = msgspec.structs.replace(said, to="bob")
    expected = commands.Tell("bob", direct, echo=True)
    assert _decide(signal.ChatSend(text="hi", to="bob")) == expected


def test_a_reaction_goes_to_who_sees() -> None:
    """And is kept nowhere."""
    said = signal.Reaction(identity="ada", emoji="👍", at=1_000)
    assert _decide(signal.ReactionSend(emoji="👍")) == commands.Broadcast(said, audience.PRESENCE)


def test_a_hand_goes_up_once() -> None:
    """Raised again it keeps its place in the queue; lowering needs no capability."""
    roster = _roster("ada", "bob")
    up = signal.Hand(raised=True)
    assert _decide(up, roster=roster) == commands.MoveHand("p_ada", 1_000)
    roster.raise_hand("p_ada", 500)
    assert _decide(up, roster=roster) == commands.Nothing()
    down = signal.Hand(raised=False)
    assert _decide(down, (), roster=roster) == commands.MoveHand("p_ada", None)


def test_another_hand_can_only_be_lowered() -> None:
    """By a moderator."""
    roster = _roster("ada", "bob")
    roster.raise_hand("p_bob", 500)
    lower = signal.Hand(raised=False, identity="bob")
    assert _decide(lower, roster=roster) == commands.MoveHand("p_bob", None)
    with pytest.raises(InvalidRequest):
        _decide(signal.Hand(raised=True, identity="bob"))


def test_moderation_is_carried_out_elsewhere() -> None:
    """A kick and a ban are rows; a request to mute is a message."""
    assert _decide(signal.Kick(identity="x")) == commands.PutOut("x")
    assert _decide(signal.AllowPublishing(identity="x", allowed=True)) == commands.Permit(
        "x", True
    )
    asked = signal.MuteAsked(by="ada", kind="video")
    assert _decide(signal.MuteRequest(identity="bob", kind="video")) == commands.Tell("bob", asked)


@pytest.mark.parametrize(
    "command",
    [
        signal.ChatSend(text="hi", to="eve"),
        signal.MuteRequest(identity="eve", kind="audio"),
        signal.Hand(raised=False, identity="eve"),
    ],
)
def test_who_is_not_there_is_not_found(command: Command) -> None:
    """The refusal says so, rather than nothing."""
    with pytest.raises(NotFound, match="eve"):
        _decide(command)


def test_signals_are_for_two() -> None:
    """Only in `1to1` rooms, and to the other one."""
    offer = signal.Signal(to="bob", data={"sdp": "v=0"})
    said = signal.Signalled(identity="ada", data={"sdp": "v=0"})
    assert _decide(offer, (), RoomType.ONE_TO_ONE) == commands.Tell("bob", said)
    with pytest.raises(InvalidRequest, match="1to1"):
        _decide(offer)
    with pytest.raises(InvalidRequest, match="other"):
        _decide(signal.Signal(to="ada", data={}), (), RoomType.ONE_TO_ONE)


def test_ping_leave_and_pages_are_answered() -> None:
    """With the `ref` that they came with, where the answer is not `done`."""
    assert _decide(signal.Ping(ref="a"), ()) == commands.Answer(signal.Pong(at=1_000, ref="a"))
    assert _decide(signal.Leave(), ()) == commands.Bye()
    page = _decide(signal.RosterRequest(ref=7))
    assert isinstance(page, commands.Answer)
    assert isinstance(page.message, signal.Roster)
    assert (page.message.total, page.message.ref, len(page.message.participants)) == (2, 7, 2)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", MalformedBody),
        (b"{", MalformedBody),
        (b"[1]", MalformedBody),
        (b"{}", MalformedBody),
        (b'{"type":7}', MalformedBody),
        (b'{"type":"ping","ref":"\xff"}', MalformedBody),
        (b'{"type":"signal","to":"a","data":{"x":' + b"[" * 8_000, MalformedBody),
        (b'{"type":"dance"}', UnknownMessage),
        (b'{"type":"dance","x":[1,2]}', UnknownMessage),
        (b'{"type":"chat"}', InvalidRequest),
        (b'{"type":"chat","text":7}', InvalidRequest),
        (b'{"type":"chat","text":"a","colour":"red"}', InvalidRequest),
        (b'{"type":"mute","identity":"a","kind":"smell"}', InvalidRequest),
    ],
)
def test_what_is_no_message_is_told_from_what_is_a_wrong_one(
    data: bytes, error: type[LevelChatError]
) -> None:
    """rooms.md §6: unknown type: "an error message, connection kept"; malformed: closed."""
    with pytest.raises(error):
        commands.parse(data)


def test_the_ref_of_a_refused_message_is_found() -> None:
    """So that its sender knows which one it was; nonsense is not echoed."""
    assert commands.ref_of(b'{"type":"dance","ref":"a"}') == "a"
    assert commands.ref_of(b'{"type":"chat","ref":7}') == 7
    assert commands.ref_of(b'{"type":"chat","ref":[7]}') is None
    assert commands.ref_of(b'{"type":"chat","ref":"%s"}' % (b"x" * 500)) is None
    assert commands.ref_of(b"{") is None


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_bytes_are_a_surprise(data: bytes) -> None:
    """Whatever comes is a command or a documented refusal."""
    with contextlib.suppress(MalformedBody, UnknownMessage, InvalidRequest):
        commands.parse(data)
