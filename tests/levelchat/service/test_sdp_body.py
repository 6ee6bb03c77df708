"""Laws of reading a body, over a bare socket."""

import asyncio

import pytest
import whip
from whip import ROOM, Ingest

from levelchat.service import sdp_body


async def talk(ingest: Ingest, head: str, *pieces: bytes) -> bytes:
    """The start of the answer to a request that is written by hand."""
    host, _, port = ingest.base.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        (
            f"POST /v1/whip/{ROOM} HTTP/1.1\r\nHost: x\r\nContent-Type: application/sdp\r\n"
            f"Authorization: Bearer {ingest.token()}\r\n{head}\r\n\r\n"
        ).encode()
    )
    for piece in pieces:
        writer.write(piece)
    async with asyncio.timeout(sdp_body.BODY_SECONDS + 3):
        status = await reader.readline()
    writer.close()
    return status


async def test_a_declared_size_is_believed() -> None:
    """A Content-Length beyond the limit is refused before a byte of the body came."""
    async with whip.running() as ingest:
        assert b" 413 " in await talk(ingest, "Content-Length: 1048576")


async def test_an_undeclared_size_is_counted() -> None:
    """Chunks are counted, and the first byte too many ends it."""
    chunk = b"8000\r\n" + b"v" * 0x8000 + b"\r\n"
    async with whip.running() as ingest:
        assert b" 413 " in await talk(ingest, "Transfer-Encoding: chunked", *[chunk] * 3)


@pytest.mark.timeout(20)
async def test_a_slow_body_has_a_deadline() -> None:
    """A body that stops coming is answered 408 within the deadline."""
    async with whip.running() as ingest:
        assert b" 408 " in await talk(ingest, "Content-Length: 1000", b"v=0\r\n")
