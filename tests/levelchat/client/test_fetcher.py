"""Laws of the viewer's requests."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from levelchat.client.errors import ServerUnreachable, WatchRefused
from levelchat.client.fetcher import Fetcher, Kind, raise_if_refused
from levelchat.client.report import Readings
from levelchat.client.rules.finding import Exchange
from levelchat.clock import SystemClock


async def _echo(request: web.Request) -> web.Response:
    response = web.Response(text=request.headers.get("Authorization", "nobody"))
    response.enable_compression(web.ContentCoding.gzip)
    return response


async def _cut(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "100"})
    await response.prepare(request)
    await response.write(b"half")
    assert request.transport is not None
    request.transport.close()
    return response


@pytest.fixture
async def server() -> AsyncIterator[TestServer]:
    application = web.Application()
    application.add_routes([web.get("/echo", _echo), web.get("/cut", _cut)])
    async with TestServer(application) as running:
        yield running


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    async with ClientSession() as opened:
        yield opened


async def test_an_exchange_has_everything_rules_ask_for(
    server: TestServer, session: ClientSession
) -> None:
    """Times, status, headers as sent, and the body after decoding, shown before it is returned."""
    seen: list[Exchange] = []
    readings = Readings()
    fetcher = Fetcher(
        session=session,
        clock=SystemClock(),
        observe=seen.append,
        readings=readings,
        token="t",
    )
    exchange = await fetcher.get(str(server.make_url("/echo")), Kind.PART)

    assert seen == [exchange]
    assert exchange.body == b"Bearer t"
    assert exchange.headers["content-encoding"] == "gzip"
    assert exchange.received_ns >= exchange.sent_ns
    assert (readings.requests, readings.bytes) == ({"part": 1}, 8)


async def test_a_refusal_is_an_answer(server: TestServer, session: ClientSession) -> None:
    """An error status is counted and returned, not raised."""
    readings = Readings()
    fetcher = Fetcher(
        session=session, clock=SystemClock(), observe=lambda _: None, readings=readings
    )
    exchange = await fetcher.get(str(server.make_url("/none")), Kind.PART)

    assert exchange.status == 404
    assert readings.errors == {"part 404": 1}


async def test_an_answer_that_breaks_off_is_an_error(
    server: TestServer, session: ClientSession
) -> None:
    """A body that is cut is never taken for a whole one."""
    readings = Readings()
    fetcher = Fetcher(
        session=session, clock=SystemClock(), observe=lambda _: None, readings=readings
    )
    with pytest.raises(ServerUnreachable):
        await fetcher.get(str(server.make_url("/cut")), Kind.SEGMENT)

    assert readings.errors == {"segment unanswered": 1}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"detail": "the room has ended", "code": "room_ended"}', "the room has ended"),
        (b"<html>", "HTTP 409"),
        (b"{}", "HTTP 409"),
    ],
)
def test_who_may_not_watch_is_told_in_the_servers_words(body: bytes, said: str) -> None:
    """Where the server gives a sentence it is used; a status that may pass is no refusal."""
    refused = Exchange(0, 0, "http://x/live/r/index.m3u8", 409, {}, body)
    with pytest.raises(WatchRefused, match=said):
        raise_if_refused(refused)

    for status in (200, 404, 503):
        raise_if_refused(Exchange(0, 0, "http://x", status, {}, body))
