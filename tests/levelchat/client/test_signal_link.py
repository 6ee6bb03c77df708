"""Laws of one signalling connection."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import pytest
from fake_api import bad
from fake_signal import FakeSignal, Peer, fake_signal, welcome

from levelchat.client import api_errors, reconnecting, signal_link
from levelchat.client.errors import ServerUnreachable
from levelchat.client.signal_link import Link
from levelchat.contract import signal

TOKEN = "a.b.c"


@pytest.fixture
async def server() -> AsyncIterator[FakeSignal]:
    async with fake_signal() as server:
        yield server


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with signal_link.session() as http:
        yield http


def _opening(
    http: aiohttp.ClientSession, server: FakeSignal, resume: str = ""
) -> "asyncio.Task[tuple[Link, signal.Welcome]]":
    url = reconnecting.signal_url(server.url)
    return asyncio.create_task(
        signal_link.open_link(http, url, token=TOKEN, resume=resume)  # type: ignore[arg-type]
    )


async def _open(http: aiohttp.ClientSession, server: FakeSignal) -> tuple[Link, Peer]:
    opening = _opening(http, server)
    peer = await server.welcomed(welcome())
    return (await opening)[0], peer


async def _part(link: Link, peer: Peer) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(link.close(signal.CLOSE_GOING_AWAY))
        group.create_task(peer.hear())


async def test_the_token_stays_out_of_the_url(
    http: aiohttp.ClientSession, server: FakeSignal
) -> None:
    """It goes as a subprotocol; only the resume id is in the query."""
    opening = _opening(http, server, "again")
    peer = await server.welcomed(welcome())

    link, message = await opening
    assert message == welcome()
    assert peer.protocols == f"levelchat.v1,token.{TOKEN}"
    assert (peer.path, peer.resume) == ("/v1/signal", "again")
    await _part(link, peer)


async def test_messages_are_typed(http: aiohttp.ClientSession, server: FakeSignal) -> None:
    """Both ways; what a newer server says in addition is passed over and counted."""
    link, peer = await _open(http, server)
    await peer.say({"type": "of_next_year"})
    await peer.say(signal.Pong(at=7))
    await link.send(signal.Ping(ref=1))

    assert await link.receive() == signal.Pong(at=7)
    assert link.unknown == 1
    assert await peer.hear() == signal.Ping(ref=1)
    await _part(link, peer)


async def test_a_refused_handshake_is_its_problem(
    http: aiohttp.ClientSession, server: FakeSignal
) -> None:
    """The class, code and sentence of the problem document come through."""
    server.refusals.append(bad(409, "room_full"))

    with pytest.raises(api_errors.RoomFull, match="detail of room_full"):
        await _opening(http, server)


@pytest.mark.parametrize(
    ("play", "expected"),
    [
        (lambda peer: peer.say(signal.Error(code="room_ended", message="x")), "room_ended"),
        (lambda peer: peer.close(signal.CLOSE_ROOM_ENDED), "room_ended"),
        (lambda peer: peer.close(signal.CLOSE_UNAUTHORISED), "token_invalid"),
    ],
)
async def test_a_refusal_after_the_handshake_is_one_too(
    http: aiohttp.ClientSession,
    server: FakeSignal,
    play: Callable[[Peer], Awaitable[None]],
    expected: str,
) -> None:
    """Browsers cannot read a refused handshake, so servers may refuse behind it."""
    opening = _opening(http, server)
    await play(await server.peer())

    with pytest.raises(api_errors.ApiError) as raised:
        await opening
    assert raised.value.code == expected


async def test_a_server_that_never_welcomes_is_given_up(
    http: aiohttp.ClientSession, server: FakeSignal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Opening has a deadline, the handshake and the welcome together."""
    monkeypatch.setattr(signal_link, "OPEN_SECONDS", 0.1)

    with pytest.raises(ServerUnreachable):
        await _opening(http, server)


async def test_nobody_there_is_said(http: aiohttp.ClientSession) -> None:
    """With the address."""
    url = reconnecting.signal_url("http://127.0.0.1:1")

    with pytest.raises(ServerUnreachable, match=r"127\.0\.0\.1:1"):
        await signal_link.open_link(http, url, token=TOKEN)


async def test_the_end_has_a_code(http: aiohttp.ClientSession, server: FakeSignal) -> None:
    """The server's; none when the network is simply gone."""
    link, peer = await _open(http, server)
    await peer.close(signal.CLOSE_KICKED)
    assert await link.receive() is None
    assert link.close_code == signal.CLOSE_KICKED

    link, peer = await _open(http, server)
    peer.cut()
    assert await link.receive() is None
    assert link.close_code is None
    await link.close(1001)
    with pytest.raises(ServerUnreachable):
        await link.send(signal.Ping())


async def test_silence_is_an_end(
    http: aiohttp.ClientSession, server: FakeSignal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server of which not even a ping comes is gone."""
    monkeypatch.setattr(signal_link, "SILENCE_SECONDS", 0.1)
    link, peer = await _open(http, server)

    assert await link.receive() is None
    assert link.close_code is None
    await _part(link, peer)
