"""One delivery: whatever a receiver does, there is an outcome, and we are not hurt."""

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from receivers import receiving

from levelchat.client.certificate import generate
from rooms.webhooks.schedule import Outcome
from rooms.webhooks.sender import sending

BODY = b'{"id":"evt_1"}'
Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def _send(url: str, **how: object) -> Outcome:
    async with sending(**{"private": True, "seconds": 5.0} | how) as sender:
        return await sender.send(url, {"X-LC-Webhook-Id": "evt_1"}, BODY)


@asynccontextmanager
async def _server(behave: Behaviour, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A TCP server on loopback that is no receiver of ours."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await behave(reader, writer)
        except (ConnectionError, ssl.SSLError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def test_the_receiver_gets_body_and_headers() -> None:
    """As bytes, as JSON, from us."""
    async with receiving(status=202) as receiver:
        assert await _send(receiver.url) == Outcome(202, None)

    (got,) = receiver.got
    assert got.body == BODY
    assert got.headers["Content-Type"] == "application/json"
    assert got.headers["User-Agent"].startswith("LevelChat-Webhook/")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirections_are_not_followed(status: int) -> None:
    """They are failures."""
    async with receiving() as target, receiving(status=status) as receiver:
        receiver.headers["Location"] = target.url
        outcome = await _send(receiver.url)

    assert (outcome.status, target.got) == (status, [])
    assert "redirections" in (outcome.error or "")


async def test_cookies_are_not_kept() -> None:
    """One tenant's receiver must not mark what another's gets."""
    async with (
        receiving(headers={"Set-Cookie": "a=b"}) as receiver,
        sending(private=True, seconds=5.0) as sender,
    ):
        for _ in range(2):
            await sender.send(receiver.url, {}, BODY)

    assert all("Cookie" not in got.headers for got in receiver.got)


async def test_a_receiver_that_does_not_answer_is_left() -> None:
    """At the deadline."""
    async with receiving() as receiver:
        receiver.open.clear()
        outcome = await _send(receiver.url, seconds=0.2)

    assert outcome == Outcome(None, "no answer within 0.2 s")


async def test_an_answer_without_an_end_is_not_read() -> None:
    """Its status is all that counts."""

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 65_536)
            await writer.drain()

    async with _server(flood) as port:
        assert await _send(f"http://127.0.0.1:{port}/") == Outcome(200, None)


async def test_a_compressed_bomb_is_not_unpacked() -> None:
    """The body is not even looked at."""
    bomb = {"Content-Encoding": "gzip"}
    async with receiving(headers=bomb, body=b"not gzip at all") as receiver:
        assert await _send(receiver.url) == Outcome(200, None)


@pytest.mark.parametrize(
    "answer",
    [b"", b"\x00" * 100, b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200", b"HTTP/1.1 9x9 no\r\n\r\n"],
)
async def test_what_is_no_answer_is_a_failure(answer: bytes) -> None:
    """Nonsense and early ends."""

    async def nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()

    async with _server(nonsense) as port:
        outcome = await _send(f"http://127.0.0.1:{port}/")

    assert outcome.status is None
    assert "broke" in (outcome.error or "")


async def test_a_closed_port_is_a_failure_that_says_so() -> None:
    """Without the address: names of our own network are nobody's business."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        outcome = await _send(f"http://127.0.0.1:{taken.getsockname()[1]}/")

    assert outcome == Outcome(None, "cannot connect: Connection refused")


async def test_a_name_that_nobody_has_is_a_failure() -> None:
    """The reason is one that the webhook's owner can act on."""

    def nobody(_host: str, _port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    outcome = await _send("http://nobody.example/", lookup=nobody)

    assert outcome == Outcome(None, "the host's name has no address")


def _self_signed(folder: Path) -> ssl.SSLContext:
    certificate, key = generate(time.time_ns())
    (folder / "both.pem").write_bytes(certificate + key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "both.pem")
    return context


async def test_a_certificate_that_nobody_signed_is_refused(tmp_path: Path) -> None:
    """TLS is checked as browsers do."""

    async def nothing(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        """Says nothing."""

    async with _server(nothing, _self_signed(tmp_path)) as port:
        outcome = await _send(f"https://localhost:{port}/")

    assert outcome.status is None
    assert (outcome.error or "").startswith("TLS failed")


async def test_a_private_literal_is_refused_at_delivery_too() -> None:
    """The row may be older than the setting."""
    async with receiving() as receiver:
        outcome = await _send(receiver.url, private=False)

    assert "public address" in (outcome.error or "")
    assert receiver.got == []


async def test_a_name_that_moves_to_our_network_is_refused() -> None:
    """DNS rebinding: public when the webhook was made, loopback when it is delivered."""
    async with receiving() as receiver:
        port = receiver.url.split(":")[2].split("/")[0]
        outcome = await _send(
            f"http://rebinding.example:{port}/", private=False, lookup=lambda *_: ["127.0.0.1"]
        )

    assert outcome == Outcome(None, "the host's address is not public")
    assert receiver.got == []


async def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    """The name is looked up once: there is no second answer to connect to."""
    asked: list[str] = []

    def names(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

    async with receiving() as receiver:
        port = receiver.url.split(":")[2].split("/")[0]
        assert await _send(f"http://a.example:{port}/", lookup=names) == Outcome(200, None)

    assert asked == ["a.example"]
    assert receiver.got[0].headers["Host"] == f"a.example:{port}"
