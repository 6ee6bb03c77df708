"""The SDK and the server understand each other: a whole `levelchat serve`, and nothing pretended."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import roomsnode
from harness import start_server, stop

from levelchat.client import (
    LevelChat,
    NotFound,
    ParticipantJoined,
    ParticipantLeft,
    Retries,
    RoomEnded,
    RoomFull,
    api_errors,
    join,
)
from levelchat.client.room_events import Event
from levelchat.client.signalling import Signalling
from levelchat.contract import signal

ALL = ["subscribe:all", "chat:send", "reactions:send", "hand:raise"]


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A server's URL and an API key to it."""
    folder: Path = tmp_path_factory.mktemp("node")
    server = start_server(folder, **roomsnode.HOOKS, LEVELCHAT_SERVER__PLANES=roomsnode.ROOMS_ONLY)
    yield server.base, roomsnode.api_key(server)
    stop(server.process)


@pytest.fixture
async def lc(node: tuple[str, str]) -> AsyncIterator[LevelChat]:
    async with LevelChat(*node, retries=Retries(tries=1)) as lc:
        yield lc


async def _joined(lc: LevelChat, room_id: str, identity: str, *more: str) -> Signalling:
    token = await lc.rooms.token(room_id, identity, [*ALL, *more], name=identity.title())
    return join(token.urls.signal, token.token)


async def _all_until(room: Signalling, kind: type) -> list[Event]:
    """The events up to the next of that kind."""
    events: list[Event] = []
    async with asyncio.timeout(10):
        async for event in room:
            events.append(event)
            if isinstance(event, kind):
                return events
    raise AssertionError(f"the room was over before any {kind}")


async def _until(room: Signalling, kind: type) -> Event:
    """The next event of that kind."""
    return (await _all_until(room, kind))[-1]


async def test_a_rooms_whole_life(lc: LevelChat) -> None:
    """Made, found, listed, used, ended: each answer is one that the SDK understands."""
    made = await lc.rooms.create(
        type="broadcast", external_id="show", config={"max_participants": 5}
    )
    assert (made.type, made.state, made.config["max_participants"]) == ("live", "created", 5)
    assert await lc.rooms.get(made.id) == made
    assert await lc.rooms.get("ext:show") == made
    assert [each.id async for each in lc.rooms.list(external_id="show", page=1)] == [made.id]
    assert (await lc.rooms.usage(made.id)).viewer_hours == 0
    assert (await lc.usage()).recording_gb_stored == 0

    ended = await lc.rooms.end(made.id)
    assert (ended.state, ended.end_reason) == ("ended", "host_ended")
    assert await lc.rooms.end(made.id) == ended
    with pytest.raises(RoomEnded):
        await lc.rooms.token(made.id, "ada", ALL)


async def test_many_rooms_are_walked_page_by_page(lc: LevelChat) -> None:
    """Each once, the newest first."""
    made = [(await lc.rooms.create(external_id="series")).id for _ in range(5)]

    listed = [each.id async for each in lc.rooms.list(external_id="series", page=2)]

    assert listed == made[::-1]


async def test_a_key_of_ones_own_makes_a_call_once(lc: LevelChat) -> None:
    """The same key is the same room; with other wishes it is a conflict."""
    first = await lc.rooms.create(external_id="once", idempotency_key="order-1")

    assert await lc.rooms.create(external_id="once", idempotency_key="order-1") == first
    with pytest.raises(api_errors.IdempotencyConflict):
        await lc.rooms.create(external_id="twice", idempotency_key="order-1")


async def test_refusals_have_their_class(lc: LevelChat, node: tuple[str, str]) -> None:
    """Wrong values are named; what is not there, taken, or not allowed is its own class."""
    with pytest.raises(api_errors.Invalid) as invalid:
        await lc.rooms.create(type="party", config={"volume": 11})
    assert {flaw.path for flaw in invalid.value.errors} >= {"type"}
    assert invalid.value.request_id.startswith("req_")
    with pytest.raises(NotFound):
        await lc.rooms.get("r_nowhere")
    await lc.rooms.create(id="r_taken")
    with pytest.raises(api_errors.RoomExists):
        await lc.rooms.create(id="r_taken")
    async with LevelChat(node[0], "lc_pk_wrong.key") as stranger:
        with pytest.raises(api_errors.Unauthorised):
            await stranger.rooms.get("r_taken")


async def test_webhooks_are_managed(lc: LevelChat) -> None:
    """Made, listed without the secret, asked for deliveries, deleted."""
    made = await lc.webhooks.create("http://127.0.0.1:9999/hook", ["room.archived"])

    assert made.secret
    assert [each.id async for each in lc.webhooks.list()] == [made.id]
    assert [each async for each in lc.webhooks.deliveries(made.id)] == []
    assert await lc.webhooks.redeliver(made.id) == 0
    await lc.webhooks.delete(made.id)
    assert [each async for each in lc.webhooks.list()] == []


async def test_two_meet_talk_and_part(lc: LevelChat) -> None:
    """Presence, chat, reactions and hands reach the other; the roster follows."""
    room = await lc.tokens.create("r_meeting", "ada", ALL)
    async with join(room.urls.signal, room.token) as ada:
        async with await _joined(lc, "r_meeting", "bob") as bob:
            joined = await _until(ada, ParticipantJoined)
            assert isinstance(joined, ParticipantJoined)
            assert (joined.participant.identity, ada.total) == ("bob", 2)
            assert {each.identity for each in bob.participants} == {"ada", "bob"}
            await bob.chat("hello")
            said = await _until(ada, signal.ChatMessage)
            assert isinstance(said, signal.ChatMessage)
            assert (said.identity, said.name, said.text) == ("bob", "Bob", "hello")
            await ada.react("🎉")
            assert isinstance(await _until(bob, signal.Reaction), signal.Reaction)
            await ada.hand(raised=True)
            await ada.ping()
        left = await _until(ada, ParticipantLeft)
        assert isinstance(left, ParticipantLeft)
        assert (left.participant.identity, left.reason) == ("bob", "left")
        async with await _joined(lc, "r_meeting", "carol") as carol:
            assert [each.text for each in carol.history] == ["hello"]


async def test_a_command_that_the_token_does_not_allow_is_refused(lc: LevelChat) -> None:
    """With the capability that is missing; the connection stays."""
    await lc.rooms.create(id="r_strict")
    async with await _joined(lc, "r_strict", "ada") as ada:
        with pytest.raises(api_errors.Forbidden, match="moderate:participants"):
            await ada.kick("bob")
        await ada.ping()


async def test_moderators_put_people_out(lc: LevelChat) -> None:
    """Over the WebSocket and over REST; who is out hears why, and its token is void."""
    await lc.rooms.create(id="r_moderated")
    async with await _joined(lc, "r_moderated", "host", "moderate:participants") as host:
        bob = await lc.rooms.token("r_moderated", "bob", ALL)
        async with join(bob.urls.signal, bob.token) as room:
            await host.kick("bob")
            kicked = await _until(room, signal.Kicked)
            await room.closed()
            assert room.close_code == signal.CLOSE_KICKED
        assert kicked == signal.Kicked(reason="kicked")
        with pytest.raises(api_errors.ApiError):
            await join(bob.urls.signal, bob.token).__aenter__()
        async with await _joined(lc, "r_moderated", "carol") as carol:
            await lc.rooms.kick("r_moderated", "carol")
            await carol.closed()
        people = {each.identity: each async for each in lc.rooms.participants("r_moderated")}
        assert (people["host"].host, people["bob"].reason) == (True, "kicked")


async def test_the_end_of_a_room_is_heard(lc: LevelChat) -> None:
    """Everybody is told why, and nobody comes back."""
    await lc.rooms.create(id="r_over")
    async with await _joined(lc, "r_over", "ada") as ada:
        await lc.rooms.end("r_over")
        ended = await _until(ada, signal.RoomEnded)
        await ada.closed()
        with pytest.raises(RoomEnded):
            await ada.chat("still there?")

    assert ended == signal.RoomEnded(reason="host_ended")
    assert ada.close_code == signal.CLOSE_ROOM_ENDED


async def test_a_full_room_says_so(lc: LevelChat) -> None:
    """The third in a room for two."""
    await lc.rooms.create(id="r_two", type="1to1")
    async with await _joined(lc, "r_two", "ada") as ada, await _joined(lc, "r_two", "bob") as bob:
        assert ada.state.mode == "p2p"
        await ada.signal("bob", {"sdp": "offer"})
        signalled = await _until(bob, signal.Signalled)
        assert isinstance(signalled, signal.Signalled)
        assert (signalled.identity, signalled.data) == ("ada", {"sdp": "offer"})
        with pytest.raises(RoomFull):
            await (await _joined(lc, "r_two", "carol")).__aenter__()


async def test_a_broken_connection_is_resumed(lc: LevelChat) -> None:
    """The others never see it: no leave, no join, and what was said meanwhile is heard."""
    await lc.rooms.create(id="r_tunnel")
    async with (
        await _joined(lc, "r_tunnel", "ada") as ada,
        await _joined(lc, "r_tunnel", "bob") as bob,
    ):
        await _until(ada, ParticipantJoined)
        before = bob.me.id
        link = bob._session._link
        assert link is not None
        link._socket._response.close()
        await ada.chat("are you there?")
        said = await _until(bob, signal.ChatMessage)
        assert isinstance(said, signal.ChatMessage)
        assert (said.text, bob.me.id) == ("are you there?", before)
        await bob.leave()
        assert [type(event) for event in await _all_until(ada, ParticipantLeft)] == [
            signal.ChatMessage,
            ParticipantLeft,
        ]
