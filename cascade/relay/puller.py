"""Asks a node above for a session, over HTTP.

Comes in: the parent, the session. Goes out: a connected link, or `PullFailed`; what the parent
says when its link is silent. Every wait has a deadline, every body a bound.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

import aiohttp
import structlog

from cascade.relay.errors import PullFailed
from cascade.relay.health import Report
from cascade.relay.link import Link, Parent
from cascade.relay.records import NodeRecord
from levelchat.clock import Clock
from levelchat.errors import LevelChatError
from levelchat.media.time import NANOSECOND
from levelchat.rtc.endpoint import RtcEndpoint

FEEDS = "/v1/feeds"
PULL_SECONDS = 2.0
"""From the first request to the last packet of DTLS."""
END_SECONDS = 2.0
MAX_OFFER = 262_144
"""Bytes; an m-line has about 1,000 and a session 31 at most."""
MAX_WORD = 4096
SDP = "application/sdp"

Ready = Callable[[Link], None]
Mint = Callable[[str, int], str]
"""A token that says this node's name, from now (seconds) on: `NodeTokens.mint`."""

_log = structlog.get_logger("relay")


class Puller:
    """Of one node, *me*."""

    def __init__(
        self, me: str, endpoint: RtcEndpoint, clock: Clock, http: aiohttp.ClientSession, mint: Mint
    ) -> None:
        self._me = me
        self._endpoint = endpoint
        self._clock = clock
        self._http = http
        self._mint = mint

    async def pull(
        self, record: NodeRecord, path: tuple[str, ...], room: str, session: str, ready: Ready
    ) -> Link:
        """*session* from the node of *record*; *ready* is `Link.on_ready`. Raises `PullFailed`."""
        link = Link(Parent(record.node, path), self._endpoint, self._clock)
        link.on_ready = ready
        try:
            async with asyncio.timeout(PULL_SECONDS):
                await self._shake_hands(link, f"{record.url}{FEEDS}/{room}/{session}")
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError, LevelChatError) as error:
            if link.is_connected:
                # Only the answer to our answer is missing, and it has come by the peer.
                return link
            link.close("it could not be made")
            why = getattr(error, "detail", "") or f"{type(error).__name__} {error}"
            raise PullFailed(f"{record.node} does not give {session}: {why}") from error
        except BaseException:
            link.close("it was given up")
            raise
        return link

    async def ask(self, link: Link, timeout_seconds: float) -> Report:
        """For how long the parent has had nothing to send; it does not say if it does not answer,
        or knows nothing of the link.
        """
        try:
            async with asyncio.timeout(timeout_seconds):
                async with self._http.get(
                    link.resource, headers=self._headers(), allow_redirects=False
                ) as answer:
                    said = json.loads(await _read(answer, HTTPStatus.OK, MAX_WORD))
        except aiohttp.ClientConnectorError as error:
            return Report(is_gone=isinstance(error.os_error, ConnectionRefusedError))
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError, LevelChatError):
            return Report()
        silence = said.get("silence_ms") if isinstance(said, dict) else None
        return Report(silence if isinstance(silence, int) else None)

    async def end(self, link: Link) -> None:
        """Tells the parent, should it not have heard the peer's goodbye; never raises."""
        if not link.resource:
            return
        try:
            async with asyncio.timeout(END_SECONDS):
                async with self._http.delete(
                    link.resource, headers=self._headers(), allow_redirects=False
                ):
                    pass
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError, LevelChatError) as error:
            _log.debug("a parent was not told", node=link.parent.node, error=str(error))

    async def _shake_hands(self, link: Link, url: str) -> None:
        async with self._http.post(url, headers=self._headers(), allow_redirects=False) as answer:
            offer = await _read(answer, HTTPStatus.CREATED, MAX_OFFER)
            link.resource = _resource(url, answer.headers)
        text = link.begin(offer)
        async with self._http.patch(
            link.resource,
            data=text,
            headers=self._headers() | {"Content-Type": SDP},
            allow_redirects=False,
        ) as answer:
            await _read(answer, HTTPStatus.NO_CONTENT, MAX_WORD)
        await link.connected()

    def _headers(self) -> dict[str, str]:
        token = self._mint(self._me, self._clock.wall_ns() // NANOSECOND)
        return {"Authorization": f"Bearer {token}"}


def _resource(url: str, headers: Mapping[str, str]) -> str:
    resource = urljoin(url, headers.get("Location", ""))
    # The token goes there too: nowhere but to the node that it was meant for.
    if urlsplit(resource)[:2] != urlsplit(url)[:2] or resource == url:
        raise PullFailed("the answer's Location is not a feed of the same node")
    return resource


async def _read(answer: aiohttp.ClientResponse, status: int, most: int) -> str:
    body = bytearray()
    async for piece in answer.content.iter_any():
        body += piece
        if len(body) > most:
            raise PullFailed("the answer is too long")
    if answer.status != status:
        raise PullFailed(f"status {answer.status}: {bytes(body[:200]).decode(errors='replace')}")
    return body.decode()
