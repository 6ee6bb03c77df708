"""Sends one delivery and says what came of it.

Comes in: a URL, headers, a body. Goes out: an outcome; nothing that a receiver does raises. It
follows no redirection, keeps no cookie or connection, and reads little of what is answered.
"""

import asyncio
import contextlib
import os
import socket
import ssl
from collections.abc import AsyncIterator

import aiohttp

from levelchat import __version__
from rooms.webhooks.guard import UnfitUrl, check_url
from rooms.webhooks.resolver import AddressRefused, GuardedResolver, Lookup, look_up
from rooms.webhooks.schedule import Outcome, answered, unanswered

MAX_ANSWER = 4096
"""Bytes of an answer's body that are read; they are not kept."""
ANSWER_SECONDS = 1.0
"""For those bytes; the status alone counts."""
AGENT = f"LevelChat-Webhook/{__version__}"


class Sender:
    """*seconds* is the deadline of one delivery, from name to status."""

    def __init__(self, session: aiohttp.ClientSession, *, private: bool, seconds: float) -> None:
        self._session = session
        self._private = private
        self._seconds = seconds

    async def send(self, url: str, headers: dict[str, str], body: bytes) -> Outcome:
        """Posts *body*; an outcome whatever happens."""
        try:
            async with asyncio.timeout(self._seconds):
                return answered(await self._post(url, headers, body))
        except TimeoutError:
            return unanswered(f"no answer within {self._seconds:g} s")
        except UnfitUrl as error:
            return unanswered(f"the URL {error}")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return unanswered(_reason(error))

    async def _post(self, url: str, headers: dict[str, str], body: bytes) -> int:
        request = self._session.post(
            check_url(url, private=self._private),
            data=body,
            headers=headers | {"Content-Type": "application/json"},
            allow_redirects=False,
        )
        async with request as response:
            with contextlib.suppress(TimeoutError, aiohttp.ClientError):
                async with asyncio.timeout(ANSWER_SECONDS):
                    await response.content.read(MAX_ANSWER)
            return response.status


@contextlib.asynccontextmanager
async def sending(
    *, private: bool, seconds: float, lookup: Lookup = look_up
) -> AsyncIterator[Sender]:
    """A sender, for as long as the block lasts; with *private*, every address will do."""
    resolver = GuardedResolver(private=private, lookup=lookup)
    connector = aiohttp.TCPConnector(
        resolver=resolver,
        socket_factory=resolver.socket,
        use_dns_cache=False,
        force_close=True,
        limit=0,
    )
    session = aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None),
        auto_decompress=False,
        read_bufsize=MAX_ANSWER,
        headers={"User-Agent": AGENT},
    )
    try:
        async with session:
            yield Sender(session, private=private, seconds=seconds)
    finally:
        await resolver.close()


def _reason(error: Exception) -> str:
    """One sentence without addresses: names of our own network are nobody's business."""
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    match cause:
        case AddressRefused():
            return str(cause)
        case socket.gaierror():
            return "the host's name has no address"
        case ssl.SSLError() | ssl.CertificateError():
            return f"TLS failed: {getattr(cause, 'verify_message', '') or cause.reason}"
        case OSError(errno=int(number)) if isinstance(error, aiohttp.ClientConnectorError):
            return f"cannot connect: {os.strerror(number)}"
        case _:
            return f"the connection broke ({type(cause).__name__})"
