"""Laws of a place that is held through broken connections."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from fake_api import bad
from fake_signal import ADA, BOB, FakeSignal, Peer, fake_signal, welcome

from levelchat.client import api_errors, signal_session
from levelchat.client.errors import ServerUnreachable
from levelchat.client.retrying import Retries
from levelchat.client.room_events import Closed, ParticipantLeft, Reconnected, Reconnecting
from levelchat.client.signal_session import Options, Session
from levelchat.clock import SystemClock
from levelchat.contract import signal

QUICK = Options(waits=Retries(tries=1_000_000, first=0.001, most=0.01))


@pytest.fixture
async def server() -> AsyncIterator[FakeSignal]:
    async with fake_signal() as server:
        yield server


@pytest.fixture
async def sessions(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[Session]]:
    monkeypatch.setattr(signal_session, "LEAVE_SECONDS", 0.01)
    started: list[Session] = []
    yield started
    await asyncio.gather(*(session.stop() for session in started))


async def _start(
    server: FakeSignal,
    sessions: list[Session],
    message: signal.Welcome | None = None,
    options: Options = QUICK,
) -> tuple[Session, Peer]:
    session = Session(server.url, "t1", SystemClock(), options)
    starting = asyncio.create_task(session.start())
    peer = await server.welcomed(message or welcome(ADA))
    await starting
    sessions.append(session)
    return session, peer


async def test_a_command_is_answered(server: FakeSignal, sessions: list[Session]) -> None:
    """By its own answer, whatever the order of the answers."""
    session, peer = await _start(server, sessions)
    first = asyncio.create_task(session.command(signal.ChatSend(text="a")))
    second = asyncio.create_task(session.command(signal.Kick(identity="ada")))
    one, two = await peer.hear(), await peer.hear()

    await peer.say(signal.Error(code="capability_missing", message="no", ref=two.ref))
    with pytest.raises(api_errors.Forbidden, match="no"):
        await second
    await peer.say(signal.Done(ref=one.ref))
    await first


async def test_a_command_has_a_deadline(
    server: FakeSignal, sessions: list[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that does not answer is not waited for for ever; what was asked is forgotten."""
    monkeypatch.setattr(signal_session, "COMMAND_SECONDS", 0.05)
    session, _ = await _start(server, sessions)

    with pytest.raises(ServerUnreachable, match="within"):
        await session.command(signal.ChatSend(text="a"))
    assert session._answers == {}


async def test_commands_are_bounded(
    server: FakeSignal, sessions: list[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who sends faster than the server answers is told so."""
    monkeypatch.setattr(signal_session, "MAX_COMMANDS", 0)
    session, _ = await _start(server, sessions)

    with pytest.raises(ServerUnreachable, match="send no more"):
        await session.command(signal.ChatSend(text="a"))


async def test_a_broken_connection_is_resumed(server: FakeSignal, sessions: list[Session]) -> None:
    """With the resume id of the last welcome; what was missed is heard, commands wait."""
    session, peer = await _start(server, sessions, welcome(ADA, BOB, resume="one"))
    peer.cut()
    again = await server.peer()
    assert again.resume == "one"

    waiting = asyncio.create_task(session.command(signal.ChatSend(text="still here")))
    await again.say(welcome(ADA, resumed=True))
    assert (await again.obey()).text == "still here"

    await waiting
    assert [await session.listeners.next() for _ in range(3)] == [
        Reconnecting(None),
        Reconnected(resumed=True),
        ParticipantLeft(BOB, ""),
    ]


async def test_a_command_in_flight_is_not_sent_twice(
    server: FakeSignal, sessions: list[Session]
) -> None:
    """Whether it was carried out is not known: the caller decides."""
    session, peer = await _start(server, sessions)
    sending = asyncio.create_task(session.command(signal.ChatSend(text="a")))
    await peer.hear()
    peer.cut()

    with pytest.raises(ServerUnreachable, match="before the answer"):
        await sending


async def test_a_place_that_was_forgotten_is_taken_anew(
    server: FakeSignal, sessions: list[Session]
) -> None:
    """The resume id is refused: the token joins, without a resume id."""
    _, peer = await _start(server, sessions)
    server.refusals.append(bad(404, "not_found"))
    peer.cut()
    again = await server.welcomed(welcome())

    assert again.resume == ""


async def test_a_server_that_is_away_is_tried_until_it_is_back(
    server: FakeSignal, sessions: list[Session]
) -> None:
    """503 and the like mean later, not never."""
    session, peer = await _start(server, sessions)
    server.refusals += [bad(503, "store_unavailable"), bad(429, "too_many_requests")]
    peer.cut()
    again = await server.welcomed(welcome(ADA, resumed=True))

    assert again.resume == "again"
    assert not session.over.is_set()


async def test_patience_ends(server: FakeSignal, sessions: list[Session]) -> None:
    """Nobody comes back for ever: the last error is what remains."""
    impatient = Options(patience=0.05, waits=QUICK.waits)
    session, peer = await _start(server, sessions, options=impatient)
    server.refusals += [bad(503, "store_unavailable")] * 1000
    peer.cut()
    await session.over.wait()

    assert isinstance(session.failure, api_errors.Unavailable)
    with pytest.raises(api_errors.Unavailable):
        await session.command(signal.ChatSend(text="a"))


async def test_a_renewed_token_is_used(server: FakeSignal, sessions: list[Session]) -> None:
    """The one that the server sent last joins again."""
    _, peer = await _start(server, sessions, welcome(resume=""))
    await peer.say(signal.TokenRenewed(token="t2", expires_at=1))
    await peer.close(signal.CLOSE_GOING_AWAY)

    again = await server.welcomed(welcome())
    assert again.protocols.endswith("token.t2")


async def test_a_token_is_fetched_for_each_join(
    server: FakeSignal, sessions: list[Session]
) -> None:
    """Given a function, every join asks it; a resume does not."""
    tokens = iter(["first", "second"])

    async def fetch() -> str:
        return next(tokens)

    session = Session(server.url, fetch, SystemClock(), QUICK)
    starting = asyncio.create_task(session.start())
    peer = await server.welcomed(welcome())
    await starting
    sessions.append(session)
    peer.cut()
    resumed = await server.welcomed(welcome(resume=""))
    resumed.cut()
    joined = await server.welcomed(welcome())

    protocols = [each.protocols.rpartition(".")[2] for each in (peer, resumed, joined)]
    assert protocols == ["first", "first", "second"]


async def test_a_token_that_cannot_be_fetched_ends_it(
    server: FakeSignal, sessions: list[Session]
) -> None:
    """The function's own error comes out, as it is."""
    session, peer = await _start(server, sessions, welcome(resume=""))

    async def fetch() -> str:
        raise KeyError("vault")

    session._fetch = fetch
    peer.cut()
    await session.over.wait()

    assert isinstance(session.failure, KeyError)


async def test_moved_means_the_other_node(server: FakeSignal, sessions: list[Session]) -> None:
    """The connection is resumed at the other address."""
    async with fake_signal() as other:
        _, peer = await _start(server, sessions)
        await peer.say(signal.Moved(url=other.url))
        again = await other.welcomed(welcome(ADA, resumed=True))

    assert again.resume == "again"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (signal.Kicked(reason="kicked"), signal.CLOSE_KICKED),
        (signal.RoomEnded(reason="host_left"), signal.CLOSE_ROOM_ENDED),
    ],
)
async def test_out_is_out(
    server: FakeSignal, sessions: list[Session], message: object, code: int
) -> None:
    """The reason is the last that is heard, and nobody tries to come back."""
    session, peer = await _start(server, sessions)
    await peer.say(message)
    await peer.close(code)
    await session.over.wait()

    assert [await session.listeners.next() for _ in range(3)] == [message, Closed(code), None]
    assert (session.close_code, session.failure) == (code, None)
    with pytest.raises(api_errors.ApiError):
        await session.command(signal.ChatSend(text="a"))


async def test_the_whole_roster_is_asked_for(server: FakeSignal, sessions: list[Session]) -> None:
    """Page after page."""
    session, peer = await _start(server, sessions, welcome(total=3, cursor="1"))
    assert await peer.hear() == signal.RosterRequest(cursor="1")
    await peer.say(signal.Roster(participants=(ADA,), total=3, cursor="2"))
    assert await peer.hear() == signal.RosterRequest(cursor="2")
    await peer.say(signal.Roster(participants=(BOB,), total=3))
    pinging = asyncio.create_task(session.command(signal.Ping()))
    await peer.obey()
    await pinging

    assert session.roster.whole


async def test_the_whole_roster_need_not_be_asked_for(
    server: FakeSignal, sessions: list[Session]
) -> None:
    """Of thousands of viewers, a bot may want none."""
    first_page = Options(whole_roster=False, waits=QUICK.waits)
    session, peer = await _start(server, sessions, welcome(total=3, cursor="1"), first_page)
    pinging = asyncio.create_task(session.command(signal.Ping()))

    assert isinstance(await peer.obey(), signal.Ping)
    await pinging


async def test_who_goes_says_so(server: FakeSignal, sessions: list[Session]) -> None:
    """`leave` is sent; the place is free at once."""
    session, peer = await _start(server, sessions)
    stopping = asyncio.create_task(session.stop())

    assert isinstance(await peer.hear(), signal.Leave)
    await peer.close(signal.CLOSE_LEFT)
    await stopping
    assert session.close_code == signal.CLOSE_LEFT


async def test_a_refused_start_leaves_nothing(server: FakeSignal) -> None:
    """No connection and no task stays behind."""
    server.refusals.append(bad(409, "room_ended"))
    session = Session(server.url, "t1", SystemClock(), QUICK)

    with pytest.raises(api_errors.RoomEnded):
        await session.start()
    assert [task.get_name() for task in asyncio.all_tasks() if "room" in task.get_name()] == []
