"""One call of the REST API: a request, its deadline, and its retries.

Comes in: a method, a path and a body. Goes out: the typed answer, or an `ApiError`. Every call
may be retried, for every call that changes something carries an `Idempotency-Key` (rooms.md §4),
the same one in each try.
"""

import asyncio
import random
import secrets
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote

import aiohttp
import msgspec
from yarl import URL

from levelchat.client import api_errors, retrying
from levelchat.client.api_errors import Problem, Unintelligible
from levelchat.client.errors import ServerUnreachable
from levelchat.client.retrying import Retries
from levelchat.clock import Clock
from levelchat.errors import LevelChatError
from levelchat.media.time import NANOSECOND

CALL_SECONDS = 30.0
"""Of a whole call, with all its tries."""
TRY_SECONDS = 10.0
"""Of one try."""
CONNECTIONS = 100
MAX_ANSWER = 16 << 20
"""Bytes; the longest answer is a page of 100 rooms, some 100 KB."""

T = TypeVar("T")


class Caller:
    """Calls one server with one key. Use as a context manager."""

    def __init__(
        self,
        base: str,
        key: str,
        clock: Clock,
        *,
        seconds: float = CALL_SECONDS,
        retries: Retries | None = None,
    ) -> None:
        self.base = base.rstrip("/")
        self._key = key
        self._clock = clock
        self._seconds = seconds
        self._retries = retries or Retries()
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession(
            headers={"Authorization": f"Bearer {self._key}"},
            connector=aiohttp.TCPConnector(limit=CONNECTIONS),
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._http is not None:
            await self._http.close()
            self._http = None

    async def get(
        self, path: str, answer: type[T], query: Mapping[str, str | None] | None = None
    ) -> T:
        """The answer to a GET; parts of *query* that are None are left out."""
        url = self._url(path, query or {})
        return _decoded(await self._ask("GET", url), answer)

    async def post(
        self, path: str, body: msgspec.Struct, answer: type[T], idempotency_key: str | None = None
    ) -> T:
        """The answer to a POST of *body*, which happens once however often it is tried."""
        sent = await self._ask(
            "POST",
            self._url(path, {}),
            body=msgspec.json.encode(_said(body)),
            headers=_once(idempotency_key) | {"Content-Type": "application/json"},
        )
        return _decoded(sent, answer)

    async def delete(self, path: str, idempotency_key: str | None = None) -> None:
        """Returns when it is gone."""
        await self._ask("DELETE", self._url(path, {}), headers=_once(idempotency_key))

    async def delete_for(
        self, path: str, answer: type[T], idempotency_key: str | None = None
    ) -> T:
        """What is left of it."""
        url = self._url(path, {})
        return _decoded(await self._ask("DELETE", url, headers=_once(idempotency_key)), answer)

    async def _ask(
        self,
        method: str,
        url: URL,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        """The body of a good answer, within the deadline."""
        last: LevelChatError | None = None
        try:
            async with asyncio.timeout(self._seconds) as deadline:
                tried = 0
                while True:
                    try:
                        return await self._try(method, url, body, headers or {})
                    except (api_errors.ApiError, ServerUnreachable) as error:
                        last = error
                    tried += 1
                    await self._wait(last, tried, deadline)
        except TimeoutError:
            raise last or ServerUnreachable(
                f"{url.origin()} did not answer within {self._seconds:g} s; try again later"
            ) from None

    async def _wait(self, error: LevelChatError, tried: int, deadline: asyncio.Timeout) -> None:
        """Until the next try; raises *error* when there is none before the *deadline*."""
        wait = retrying.next_wait(
            error,
            tried,
            self._retries,
            now=self._clock.wall_ns() / NANOSECOND,
            chance=random.random(),  # noqa: S311 - jitter, not a secret
        )
        left = (deadline.when() or 0.0) - asyncio.get_running_loop().time()
        if wait is None or wait >= left:
            raise error
        await asyncio.sleep(wait)

    async def _try(
        self, method: str, url: URL, body: bytes | None, headers: Mapping[str, str]
    ) -> bytes:
        if self._http is None:
            raise RuntimeError("use it as a context manager: `async with LevelChat(…) as lc:`")
        try:
            async with (
                asyncio.timeout(TRY_SECONDS),
                self._http.request(
                    method, url, data=body, headers=headers, allow_redirects=False
                ) as response,
            ):
                answer = await _bounded(response)
        except (aiohttp.ClientError, OSError) as error:
            # TimeoutError is an OSError: a try that hangs counts as one that broke.
            raise ServerUnreachable(
                f"{url.origin()} gave no answer ({str(error) or type(error).__name__}); "
                "check the URL and that the server runs"
            ) from error
        if response.status >= 300:  # noqa: PLR2004 - the API never redirects
            raise api_errors.from_response(response.status, response.headers, answer)
        return answer

    def _url(self, path: str, query: Mapping[str, str | None]) -> URL:
        given = {name: value for name, value in query.items() if value is not None}
        return URL(self.base + path, encoded=True).with_query(given)


def segment(name: str) -> str:
    """*name* as one part of a path, whatever letters it has."""
    return quote(name, safe=":")


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MAX_ANSWER:
            raise Unintelligible(Problem(detail=f"an answer of more than {MAX_ANSWER} bytes"))
    return bytes(body)


def _decoded(body: bytes, answer: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=answer)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unintelligible(
            Problem(detail=f"this client does not understand it: {error}")
        ) from error


def _once(key: str | None) -> dict[str, str]:
    return {"Idempotency-Key": key or secrets.token_urlsafe(18)}


def _said(body: msgspec.Struct) -> dict[str, Any]:
    """Only what was given: null and left out mean the same."""
    return {
        name: value for name, value in msgspec.structs.asdict(body).items() if value is not None
    }
