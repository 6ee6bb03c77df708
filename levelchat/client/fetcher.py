"""The viewer's requests: one GET each, timed, counted, and shown to the rule checker.

Comes in: a URL and what it is asked for. Goes out: the whole answer, whatever its status. It
retries nothing; whoever asks knows whether a second try makes sense.
"""

from collections.abc import Callable
from enum import StrEnum

import aiohttp
import msgspec

from levelchat.client.errors import ServerUnreachable, WatchRefused
from levelchat.client.report import Readings
from levelchat.client.rules.finding import Exchange
from levelchat.clock import Clock

REQUEST_SECONDS = 30
"""Of a whole request. A server may hold one for three target durations (§6.2.5.2); Apple's
authoring specification recommends 6 s of them."""

MAX_BODY = 64 << 20
"""Bytes. A 6 s segment at 20 Mbit/s has 15 MB."""

OK = 200
REFUSED = frozenset({401, 403, 409})
"""Statuses of who may not watch: another try with the same token ends alike."""


class Kind(StrEnum):
    """What is asked for."""

    MULTIVARIANT = "multivariant"
    PLAYLIST = "playlist"
    INIT = "init"
    PART = "part"
    HINT = "hint"
    SEGMENT = "segment"


class Fetcher:
    """Asks one server."""

    def __init__(
        self,
        *,
        session: aiohttp.ClientSession,
        clock: Clock,
        observe: Callable[[Exchange], None],
        readings: Readings,
        token: str = "",
    ) -> None:
        self._session = session
        self._clock = clock
        self._observe = observe
        self._readings = readings
        self._headers = {"Accept-Encoding": "gzip"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"

    async def get(self, url: str, kind: Kind) -> Exchange:
        """The answer; raises `ServerUnreachable` when there is none."""
        self._readings.count_request(kind)
        sent_ns = self._clock.now_ns()
        try:
            timeout = aiohttp.ClientTimeout(total=REQUEST_SECONDS)
            async with self._session.get(url, headers=self._headers, timeout=timeout) as response:
                body = await self._body(response)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            self._readings.count_error(f"{kind} unanswered")
            reason = str(error) or type(error).__name__
            raise ServerUnreachable(f"{url} cannot be fetched: {reason}") from error
        exchange = Exchange(
            sent_ns=sent_ns,
            received_ns=self._clock.now_ns(),
            url=url,
            status=response.status,
            headers={name.lower(): value for name, value in response.headers.items()},
            body=body,
        )
        self._readings.bytes += len(body)
        if exchange.status != OK:
            self._readings.count_error(f"{kind} {exchange.status}")
        self._observe(exchange)
        return exchange

    async def _body(self, response: aiohttp.ClientResponse) -> bytes:
        body = bytearray()
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > MAX_BODY:
                raise ValueError(f"more than {MAX_BODY} bytes")
        return bytes(body)


class _Problem(msgspec.Struct):
    detail: str = ""


def raise_if_refused(exchange: Exchange) -> None:
    """Raises `WatchRefused`, with the server's own sentence where it gave one (RFC 9457)."""
    if exchange.status not in REFUSED:
        return
    try:
        detail = msgspec.json.decode(exchange.body, type=_Problem).detail
    except (msgspec.DecodeError, UnicodeDecodeError):
        detail = ""
    raise WatchRefused(detail or f"{exchange.url} answers HTTP {exchange.status}")
