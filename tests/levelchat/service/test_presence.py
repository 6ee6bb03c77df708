"""Laws of levelchat.service.presence."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest

from levelchat.auth import errors as auth_errors
from levelchat.auth.capability import Capability
from levelchat.auth.errors import PublishForbidden, RoomOver
from levelchat.auth.revocation import Revocations
from levelchat.auth.token import Grant
from levelchat.bus.errors import Refused
from levelchat.bus.local import LocalBus
from levelchat.bus.messages import (
    Join,
    Joined,
    Left,
    Message,
    PublishingForbidden,
    RoomClosed,
    RoomOpened,
    Seen,
    Standing,
    TokenRevoked,
)
from levelchat.bus.seams import CONTROL, JOINS, PRESENCE, STANDING
from levelchat.clock import SystemClock
from levelchat.errors import EnvironmentFault, LevelChatError, PeerError
from levelchat.media.time import NANOSECOND
from levelchat.service import presence as module
from levelchat.service.presence import Presence

CLOCK = SystemClock()
UNTIL = CLOCK.wall_ns() // 1_000_000 + 3_600_000


class _Full(PeerError):
    code = "room_full"
    status = 409


def grant(identity: str = "ada", token_id: str = "t1", media_id: str = "r_1") -> Grant:  # noqa: S107 - an id
    return Grant(
        room="r_a",
        media_id=media_id,
        identity=identity,
        capabilities=frozenset({Capability.PUBLISH_CAMERA}),
        token_id=token_id,
        expires=CLOCK.wall_ns() // NANOSECOND + 60,
        meta={"seat": "4"},
    )


@dataclass
class Node:
    """A node's presence, and what a desk of rooms beside it heard."""

    bus: LocalBus
    presence: Presence
    revocations: Revocations
    joins: list[Join] = field(default_factory=list)
    reports: list[Message] = field(default_factory=list)
    answer: Joined | LevelChatError = field(
        default_factory=lambda: Joined(managed=True, participant="p_1")
    )

    async def open_desk(self) -> None:
        async def respond(message: Message) -> Message:
            assert isinstance(message, Join)
            self.joins.append(message)
            if isinstance(self.answer, LevelChatError):
                raise self.answer
            return self.answer

        await self.bus.respond(JOINS, respond)

    async def say(self, message: Message) -> None:
        self.bus.publish(CONTROL, message)
        await self.bus.settle(5)

    async def heard(self) -> list[Message]:
        await self.bus.settle(5)
        return self.reports


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    bus, revocations = LocalBus(), Revocations()
    here = Node(bus, Presence(bus, revocations, CLOCK, "n1"), revocations)
    await bus.subscribe(PRESENCE, here.reports.append)
    await here.presence.start()
    running = asyncio.create_task(bus.run())
    yield here
    running.cancel()
    await asyncio.wait([running])


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


async def test_a_join_tells_rooms_all_about_it(node: Node) -> None:
    """Whatever the token says travels; what rooms answers is known of the session."""
    await node.open_desk()

    place = await node.presence.join(grant(), "whip")

    assert (place.managed, place.participant) == (True, "p_1")
    [join] = node.joins
    assert (join.session, join.node, join.transport) == (place.session, "n1", "whip")
    assert (join.room, join.media_id, join.identity, join.token_id) == ("r_a", "r_1", "ada", "t1")
    assert (join.capabilities, join.meta) == (("publish:camera",), {"seat": "4"})
    assert node.presence.is_managed("r_1")


async def test_a_leave_is_said_once(node: Node) -> None:
    """However often the owner says it."""
    await node.open_desk()
    place = await node.presence.join(grant(), "hls")

    place.leave()
    place.leave("again")

    [left] = await node.heard()
    assert isinstance(left, Left)
    assert (left.session, left.media_id, left.reason) == (place.session, "r_1", "left")


async def test_a_leave_may_be_noticed_late(node: Node) -> None:
    """Its time is then when it was, not when it was noticed."""
    await node.open_desk()
    place = await node.presence.join(grant(), "hls")

    place.leave(at=place.joined_at + 5)

    [left] = await node.heard()
    assert isinstance(left, Left)
    assert left.at == place.joined_at + 5


async def test_a_refusal_is_the_rooms_own(node: Node) -> None:
    """Code and status reach who asked, and nothing is kept or said of the session."""
    await node.open_desk()
    node.answer = _Full("it takes 2")

    with pytest.raises(Refused) as caught:
        await node.presence.join(grant(), "whip")

    assert (caught.value.code, caught.value.status) == ("room_full", 409)
    node.presence.say_seen()
    assert await node.heard() == []


@pytest.mark.parametrize("fault", [None, EnvironmentFault("the database is away")])
async def test_without_rooms_a_token_is_enough(node: Node, fault: EnvironmentFault | None) -> None:
    """Nobody answers, or rooms has no store: who comes is admitted, and reported until they leave,
    so that rooms learns of it later.
    """
    if fault is not None:
        await node.open_desk()
        node.answer = fault

    place = await node.presence.join(grant(), "whip")
    node.presence.say_seen()
    node.presence.say_seen()
    place.leave()
    node.presence.say_seen()

    seen = [message for message in await node.heard() if isinstance(message, Seen)]
    assert [[each.session for each in report.sessions] for report in seen] == [[place.session]] * 2
    assert seen[0].sessions[0].at == place.joined_at


async def test_in_doubt_a_room_is_managed_until_rooms_can_say(node: Node) -> None:
    """Who joins while rooms is away joins a room whose watchers need a token; once rooms is back it
    is asked again, and a room that it knows nothing of is open.
    """
    presence = Presence(node.bus, node.revocations, CLOCK, "n2", expects_rooms=True)
    place = await presence.join(grant(), "whip")
    await presence.clear_doubts()
    assert presence.is_managed("r_1")

    await node.open_desk()
    node.answer = Joined(managed=False)
    await presence.clear_doubts()
    assert not presence.is_managed("r_1")
    assert [join.session for join in node.joins] == [place.session]
    assert not place.managed


async def test_a_refusal_ends_no_doubt(node: Node) -> None:
    """A room that rooms refuses somebody in is none that is open to all."""
    presence = Presence(node.bus, node.revocations, CLOCK, "n2", expects_rooms=True)
    await presence.join(grant(), "whip")
    await node.open_desk()
    node.answer = _Full("it takes 2")
    await presence.clear_doubts()

    assert presence.is_managed("r_1")


async def test_rooms_that_are_slow_are_not_waited_for(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a deadline the token alone decides."""
    monkeypatch.setattr(module, "JOIN_SECONDS", 0.02)

    async def never(_message: Message) -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    await node.bus.respond(JOINS, never)

    assert (await node.presence.join(grant(), "whip")).managed


async def test_an_unmanaged_room_is_left_alone(node: Node) -> None:
    """Rooms said that it does not know it: nothing more is reported of it."""
    await node.open_desk()
    node.answer = Joined(managed=False)

    place = await node.presence.join(grant(), "whip")
    node.presence.say_seen()
    place.leave()

    assert await node.heard() == []
    assert not node.presence.is_managed("r_1")


async def test_a_crowd_is_reported_in_pieces(node: Node) -> None:
    """No message grows with the crowd, and everybody is in one."""
    for number in range(module.SEEN_SESSIONS + 1):
        await node.presence.join(grant(f"v{number}"), "hls")

    node.presence.say_seen()

    sizes = [len(item.sessions) for item in await node.heard() if isinstance(item, Seen)]
    assert sizes == [module.SEEN_SESSIONS, 1]


async def test_the_end_of_a_room_ends_its_sessions(node: Node) -> None:
    """Each owner hears the reason once; nobody comes in any more; other rooms go on."""
    ends: list[str] = []
    others: list[str] = []
    await node.presence.join(grant(), "whip", ends.append)
    await node.presence.join(grant("eve"), "hls", ends.append)
    await node.presence.join(grant(media_id="r_2"), "whip", others.append)

    closed = RoomClosed("r_1", "host_ended", 0, UNTIL)
    await node.say(closed)
    await node.say(closed)

    assert ends == ["host_ended", "host_ended"]
    assert others == []
    with pytest.raises(RoomOver):
        await node.presence.join(grant(), "whip")


async def test_a_kick_ends_all_of_them(node: Node) -> None:
    """Every session of the identity ends, by whatever token it came, and none comes back with
    the token it had.
    """
    ends: list[str] = []
    eve: list[str] = []
    await node.presence.join(grant(), "whip", ends.append)
    await node.presence.join(grant(token_id="t2"), "hls", ends.append)
    await node.presence.join(grant("eve", "t3"), "hls", eve.append)

    await node.say(TokenRevoked("r_1", "ada", ("t1",), "kicked", UNTIL))

    assert (ends, eve) == (["kicked", "kicked"], [])
    for token_id in ("t1", "t2"):
        with pytest.raises(auth_errors.TokenRevoked):
            await node.presence.join(grant(token_id=token_id), "whip")
    await node.presence.join(grant(token_id="t4"), "whip")


async def test_a_revoked_token_ends_its_own_sessions(node: Node) -> None:
    """Another token of the same identity goes on."""
    ends: list[str] = []
    stays: list[str] = []
    await node.presence.join(grant(), "whip", ends.append)
    await node.presence.join(grant(token_id="t2"), "whip", stays.append)

    await node.say(TokenRevoked("r_1", "ada", ("t1",), "room_full", UNTIL))

    assert (ends, stays) == (["room_full"], [])


async def test_publishing_is_forbidden_and_watching_is_not(node: Node) -> None:
    """Sessions that send media end and cannot come back until it is allowed again."""
    ends: list[str] = []
    watches: list[str] = []
    await node.presence.join(grant(), "whip", ends.append)
    await node.presence.join(grant(), "hls", watches.append)

    await node.say(PublishingForbidden("r_1", "ada", forbidden=True, until=UNTIL))

    assert (ends, watches) == (["publish_forbidden"], [])
    with pytest.raises(PublishForbidden):
        await node.presence.join(grant(), "whip")
    await node.presence.join(grant(), "hls")
    await node.say(PublishingForbidden("r_1", "ada", forbidden=False, until=UNTIL))
    await node.presence.join(grant(), "whip")


async def test_rooms_knows_best_who_may_publish(node: Node) -> None:
    """Its answer refuses a publisher of whom the node had heard nothing, and the seat is given
    back.
    """
    await node.open_desk()
    node.answer = Joined(managed=True, participant="p_1", publish_forbidden=True)

    with pytest.raises(PublishForbidden):
        await node.presence.join(grant(), "whip")

    [left] = await node.heard()
    assert isinstance(left, Left)
    assert left.session == node.joins[0].session
    assert (await node.presence.join(grant(), "hls")).participant == "p_1"


@pytest.mark.parametrize(
    ("word", "error"),
    [
        (RoomClosed("r_1", "empty", 0, UNTIL), RoomOver),
        (TokenRevoked("r_1", "ada", ("t1",), "kicked", UNTIL), auth_errors.TokenRevoked),
        (PublishingForbidden("r_1", "ada", forbidden=True, until=UNTIL), PublishForbidden),
    ],
)
async def test_an_end_that_comes_while_joining_is_heard(
    node: Node, word: Message, error: type[LevelChatError]
) -> None:
    """Between rooms' answer and the session's beginning nothing slips through."""

    async def answer(_message: Message) -> Message:
        node.bus.publish(CONTROL, word)
        await asyncio.sleep(0.05)
        return Joined(managed=True)

    await node.bus.respond(JOINS, answer)

    with pytest.raises(error):
        await node.presence.join(grant(), "whip")

    assert any(isinstance(message, Left) for message in await node.heard())


async def test_who_went_away_while_joining_has_left(node: Node) -> None:
    """A request that is cancelled gives back the seat that rooms may have given."""
    began = asyncio.Event()

    async def slow(_message: Message) -> Message:
        began.set()
        await asyncio.sleep(0.05)
        return Joined(managed=True)

    await node.bus.respond(JOINS, slow)
    joining = asyncio.create_task(node.presence.join(grant(), "whip"))
    await began.wait()
    joining.cancel()

    await until(lambda: any(isinstance(message, Left) for message in node.reports))
    with contextlib.suppress(asyncio.CancelledError):
        await joining


async def test_one_owners_fault_keeps_nobody_else(node: Node) -> None:
    """The others are ended all the same."""
    ends: list[str] = []

    def broken(_reason: str) -> None:
        raise RuntimeError("a defect")

    await node.presence.join(grant(), "whip", broken)
    await node.presence.join(grant("eve"), "whip", ends.append)
    await node.say(RoomClosed("r_1", "host_left", 0, UNTIL))

    assert ends == ["host_left"]


async def test_a_node_learns_what_is_in_force(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """At its start, and again when the bus was away, by asking until somebody answers."""
    monkeypatch.setattr(module, "STANDING_RETRY_SECONDS", 0.01)
    ends: list[str] = []
    await node.presence.join(grant(), "whip", ends.append)
    running = asyncio.create_task(node.presence.run())
    await asyncio.sleep(0.03)
    standing = Standing(opened=(RoomOpened("r_9"),))

    async def answer(_message: Message) -> Message:
        return standing

    await node.bus.respond(STANDING, answer)
    await until(lambda: node.presence.is_managed("r_9"))
    assert ends == []

    standing = Standing((RoomClosed("r_1", "empty", 0, UNTIL),))
    await asyncio.sleep(0.03)
    assert ends == []
    node.bus.connections += 1
    await until(lambda: ends)

    assert ends == ["empty"]
    running.cancel()
    await asyncio.wait([running])


async def test_presence_is_repeated(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without being asked, for as long as the session lasts."""
    monkeypatch.setattr(module, "SEEN_SECONDS", 0.01)
    await node.presence.join(grant(), "whip")
    running = asyncio.create_task(node.presence.run())

    await until(lambda: len(node.reports) >= 3)

    assert all(isinstance(message, Seen) for message in node.reports)
    running.cancel()
    await asyncio.wait([running])
