"""Laws of a participant from Python."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from fake_api import good
from fake_signal import ADA, BOB, ME, FakeSignal, Peer, fake_signal, welcome

from levelchat.client import ParticipantJoined, Signalling, join
from levelchat.client.errors import ServerUnreachable
from levelchat.client.retrying import Retries
from levelchat.client.room_events import Closed
from levelchat.client.signal_session import Options
from levelchat.contract import signal


@pytest.fixture
async def server() -> AsyncIterator[FakeSignal]:
    async with fake_signal() as server:
        yield server


async def _end(peer: Peer, code: int = signal.CLOSE_ROOM_ENDED) -> None:
    await peer.close(code)


async def test_a_room_is_joined_heard_and_left(server: FakeSignal) -> None:
    """Events come in order until the room is over; the roster is as the events say."""

    async def play() -> None:
        peer = await server.welcomed(welcome(ADA))
        await peer.say(signal.Delta(joined=(BOB,), total=3))
        await peer.say(signal.RoomEnded(reason="host_ended"))
        await _end(peer)

    playing = asyncio.create_task(play())
    async with join(server.url, "t") as room:
        assert room.me == ME
        events = [event async for event in room]
        assert {each.identity for each in room.participants} == {"me", "ada", "bob"}
        assert room.total == 3
    await playing

    assert events == [
        ParticipantJoined(BOB),
        signal.RoomEnded(reason="host_ended"),
        Closed(signal.CLOSE_ROOM_ENDED),
    ]
    assert room.close_code == signal.CLOSE_ROOM_ENDED
    await room.closed()


Step = Callable[[Signalling], Awaitable[Any]]


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (lambda room: room.chat("hi"), signal.ChatSend(text="hi")),
        (lambda room: room.chat("hi", to="ada"), signal.ChatSend(text="hi", to="ada")),
        (lambda room: room.react("🎉"), signal.ReactionSend(emoji="🎉")),
        (lambda room: room.hand(raised=True), signal.Hand(raised=True)),
        (lambda room: room.kick("ada"), signal.Kick(identity="ada")),
        (lambda room: room.mute("ada", "audio"), signal.MuteRequest(identity="ada", kind="audio")),
        (
            lambda room: room.allow_publishing("ada", allowed=False),
            signal.AllowPublishing(identity="ada", allowed=False),
        ),
        (lambda room: room.signal("ada", {"a": 1}), signal.Signal(to="ada", data={"a": 1})),
        (lambda room: room.ping(), signal.Ping()),
    ],
)
async def test_each_command_is_the_protocols(
    server: FakeSignal, step: Step, expected: signal.ClientMessage
) -> None:
    """What a method sends is what the contract calls it, with a `ref`."""
    got: list[Any] = []

    async def play() -> None:
        peer = await server.welcomed(welcome())
        got.append(await peer.obey())
        await peer.hear()
        await _end(peer, signal.CLOSE_LEFT)

    playing = asyncio.create_task(play())
    async with join(server.url, "t") as room:
        await step(room)
    await playing

    assert [type(each) for each in got] == [type(expected)]
    sent = {name: getattr(got[0], name) for name in got[0].__struct_fields__ if name != "ref"}
    assert sent == {name: getattr(expected, name) for name in sent}
    assert got[0].ref is not None


async def test_the_seeds_events_are_told(server: FakeSignal) -> None:
    """As the snippets of the contract's §7 are written."""
    heard: list[tuple[Any, ...]] = []

    async def play() -> None:
        peer = await server.welcomed(welcome())
        await peer.say(signal.Delta(joined=(ADA,), total=2))
        quality = signal.ConnectionQuality(id=ADA.id, identity="ada", rtt=20.0, fraction_lost=0.0)
        await peer.say(quality)
        await _end(peer)

    playing = asyncio.create_task(play())
    async with join(server.url, "t") as room:
        room.on("participant-joined", lambda who: heard.append(("joined", who.identity)))
        room.on("connection-quality", lambda name, q: heard.append((name, q.rtt, q.fraction_lost)))
        await room.closed()
    await playing

    assert heard == [("joined", "ada"), (ADA.id, 20.0, 0.0)]


async def test_a_lost_server_is_an_error_in_the_end(server: FakeSignal) -> None:
    """Who iterates is not told that all is well when the server cannot be reached any more."""
    options = Options(patience=0.05, waits=Retries(first=0.001, most=0.01))

    async def play() -> None:
        peer = await server.welcomed(welcome())
        server.refusals += [good({})] * 1000
        peer.cut()

    playing = asyncio.create_task(play())
    async with join(server.url, "t", options=options) as room:
        with pytest.raises(ServerUnreachable):
            async for _ in room:
                pass
        with pytest.raises(ServerUnreachable):
            await room.closed()
    await playing


async def test_the_users_own_error_comes_out_as_it_is(server: FakeSignal) -> None:
    """Not in a group, and the room is left."""

    async def play() -> object:
        peer = await server.welcomed(welcome())
        command = await peer.hear()
        await _end(peer, signal.CLOSE_LEFT)
        return command

    playing = asyncio.create_task(play())
    with pytest.raises(KeyError):
        async with join(server.url, "t"):
            raise KeyError("mine")

    assert isinstance(await playing, signal.Leave)
