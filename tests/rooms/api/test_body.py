"""Laws of rooms.api.body."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given, settings
from hypothesis import strategies as st

from levelchat.contract.rest import NewRoom, NewRoomToken
from levelchat.service import problem
from rooms.api import body
from rooms.api.body import MAX_DEPTH, Reader
from rooms.errors import InvalidRequest, MalformedBody

LIMIT = 1000
SECONDS = 0.2


def flaws(shape: type[msgspec.Struct], data: bytes) -> dict[str, str]:
    """What is wrong with *data*, by path."""
    with pytest.raises(InvalidRequest) as caught:
        Reader(shape).decode(data)
    return {flaw.path: flaw.message for flaw in caught.value.flaws}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b'{"id": "a"} x',
        b"\xef\xbb\xbf{}",
        b'{"external_id": "\xff"}',
        b'{"external_id": "\xed\xa0\x80"}',
        b'{"external_id": "\\ud800"}',
        b'{"external_id": "a\\u0000"}',
        b'{"external_id": "\\\\\\u0000"}',
        b'{"config": {"a": ' + b"[" * 20_000 + b"]" * 20_000 + b"}}",
        b'{"config": ' + b'{"a":' * MAX_DEPTH + b"1" + b"}" * MAX_DEPTH + b"}",
        b"[" * 60_000,
        b'"' + b'\\"' * 30_000,
    ],
)
def test_what_is_no_json_is_malformed(data: bytes) -> None:
    """Broken, unspeakable and abysmal bodies are refused, each with one sentence."""
    with pytest.raises(MalformedBody):
        Reader(NewRoom).decode(data)


def test_what_only_looks_dangerous_is_taken() -> None:
    """An escaped backslash before `u0000`, brackets in text, and nesting up to the limit pass."""
    read = Reader(NewRoom)
    deep = b"[" * (MAX_DEPTH - 2) + b"]" * (MAX_DEPTH - 2)

    assert read.decode(b'{"external_id": "\\\\u0000"}').external_id == "\\u0000"
    assert read.decode(b'{"external_id": "' + b"[" * 99 + b'"}').external_id == "[" * 99
    assert read.decode(b'{"config": {"a": ' + deep + b"}}").config


def test_every_flaw_is_named_with_its_path() -> None:
    """Unknown, missing and wrong values are all listed, not just the first."""
    data = b'{"room_id": "x", "capabilities": ["a", 1], "ttl": 0, "meta": {"k": 2}, "zz": 1}'
    found = flaws(NewRoomToken, data)

    assert list(found) == ["zz", "room_id", "identity", "capabilities.1", "meta", "ttl"]
    assert found["zz"].startswith("unknown; there are: room_id, ")
    assert (found["identity"], found["ttl"]) == ("required", "expected `int` >= 1")
    assert flaws(NewRoom, b"[]") == {"": "a JSON object is needed"}


def test_no_body_may_count_as_an_empty_object() -> None:
    """Where every field is optional, so is the body."""
    assert Reader(NewRoom, optional=True).decode(b"") == NewRoom()


@settings(max_examples=40, deadline=None)
@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda s: st.lists(s) | st.dictionaries(st.text(), s),
    )
)
def test_any_json_is_read_or_refused(value: object) -> None:
    """No JSON, whatever it holds, raises anything but our two errors."""
    with contextlib.suppress(InvalidRequest, MalformedBody):
        Reader(NewRoomToken).decode(msgspec.json.encode(value))


async def _echo(request: web.Request) -> web.Response:
    return web.Response(body=await body.read(request, LIMIT, SECONDS))


@pytest.fixture
async def server() -> AsyncIterator[TestServer]:
    application = web.Application(middlewares=[problem.middleware])
    application.add_routes([web.post("/", _echo)])
    async with TestServer(application) as running:
        yield running


async def talk(
    server: TestServer, head: str, *pieces: bytes, kind: str | None = "application/json"
) -> str:
    """The status line of the answer to a request written by hand."""
    reader, writer = await asyncio.open_connection(server.host, server.port)
    if kind:
        head += f"\r\nContent-Type: {kind}"
    head = f"POST / HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n"
    writer.write(head.encode() + b"".join(pieces))
    try:
        async with asyncio.timeout(10):
            return (await reader.readline()).decode()
    finally:
        writer.close()


async def test_a_declared_size_is_believed(server: TestServer) -> None:
    """10 MB are refused by their Content-Length, before one byte of them came."""
    assert " 413 " in await talk(server, "Content-Length: 10485760")


async def test_an_undeclared_size_is_counted(server: TestServer) -> None:
    """Chunks are counted, and the first byte too many ends it."""
    chunk = b"190\r\n" + b"v" * 400 + b"\r\n"

    assert " 413 " in await talk(server, "Transfer-Encoding: chunked", *[chunk] * 3)


async def test_a_slow_body_has_a_deadline(server: TestServer) -> None:
    """A body that stops coming is answered 408."""
    assert " 408 " in await talk(server, "Content-Length: 100", b"{")


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/json", 200),
        ("application/json; charset=UTF-8", 200),
        ("application/json; charset=latin-1", 415),
        ("text/plain", 415),
    ],
)
async def test_only_json_is_read(server: TestServer, kind: str, status: int) -> None:
    """The content type must be JSON, in UTF-8 if it says so."""
    line = await talk(server, "Content-Length: 2\r\nContent-Type: " + kind, b"{}", kind=None)

    assert f" {status} " in line
