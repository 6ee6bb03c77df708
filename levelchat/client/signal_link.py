"""One signalling WebSocket: opened, read message by message, written to, closed.

Comes in: an address and a token. Goes out: the server's messages, typed. It reconnects nothing;
`levelchat.client.signalling` does.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from http import HTTPStatus

import aiohttp
import msgspec
from yarl import URL

from levelchat.client import api_errors, reconnecting
from levelchat.client.errors import ServerUnreachable
from levelchat.contract import signal

OPEN_SECONDS = 10.0
"""From the first packet to `welcome`."""
SILENCE_SECONDS = 3 * signal.PING_SECONDS
"""Without so much as a ping, the server is gone."""
GOODBYE_SECONDS = 0.5
MAX_MESSAGE = 8 << 20
"""Bytes; `welcome` has 200 participants and 100 chat messages of 8 KB."""
_MAX_PROBLEM = 65_536

ServerMessage = (
    signal.Welcome
    | signal.Delta
    | signal.Roster
    | signal.ChatMessage
    | signal.Reaction
    | signal.MuteAsked
    | signal.ConnectionQuality
    | signal.Signalled
    | signal.TokenRenewed
    | signal.Kicked
    | signal.RoomEnded
    | signal.Moved
    | signal.Pong
    | signal.Done
    | signal.Error
)
_decoder: msgspec.json.Decoder[ServerMessage] = msgspec.json.Decoder(ServerMessage)
_encode = msgspec.json.Encoder().encode


class Link:
    """An open connection; made by `open_link`."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self.unknown = 0
        """Messages of a newer server that this client does not know."""

    @property
    def close_code(self) -> int | None:
        """What the server closed it with; None if it was simply gone, or is open."""
        code = self._socket.close_code
        return None if code == aiohttp.WSCloseCode.ABNORMAL_CLOSURE else code

    async def receive(self) -> ServerMessage | None:
        """The next message; None when the connection is over."""
        while True:
            try:
                frame = await self._socket.receive()
            except (TimeoutError, aiohttp.ClientError, OSError):
                return None
            if frame.type is not aiohttp.WSMsgType.TEXT:
                return None
            try:
                return _decoder.decode(frame.data)
            except msgspec.ValidationError:
                self.unknown += 1
            except msgspec.DecodeError:
                return None

    async def send(self, command: signal.Command) -> None:
        """Raises `ServerUnreachable` when the connection is over."""
        try:
            await self._socket.send_str(_encode(command).decode())
        except (aiohttp.ClientError, OSError) as error:
            raise ServerUnreachable("the connection to the room broke; try again") from error

    async def close(self, code: int) -> None:
        """Returns when it is closed; a server that does not answer is not waited for."""
        with suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_SECONDS):
                await self._socket.close(code=code)


def session() -> aiohttp.ClientSession:
    """What `open_link` opens connections with: a refusal becomes an `ApiError`."""
    return aiohttp.ClientSession(middlewares=(_refusals,), cookie_jar=aiohttp.DummyCookieJar())


async def open_link(
    http: aiohttp.ClientSession, url: URL, *, token: str, resume: str = ""
) -> tuple[Link, signal.Welcome]:
    """Joins, or goes on with *resume*. Raises `ApiError` or `ServerUnreachable`."""
    try:
        async with asyncio.timeout(OPEN_SECONDS):
            socket = await http.ws_connect(
                url.update_query(resume=resume) if resume else url,
                # The token stays out of the URL, which proxies write into their logs.
                protocols=(signal.PROTOCOL, signal.TOKEN_PROTOCOL + token),
                timeout=aiohttp.ClientWSTimeout(ws_receive=SILENCE_SECONDS),
                max_msg_size=MAX_MESSAGE,
            )
            link = Link(socket)
            return link, await _welcome(link)
    except (aiohttp.ClientError, OSError) as error:
        raise ServerUnreachable(
            f"no signalling at {url} ({str(error) or type(error).__name__}); "
            "check the URL and that the server runs"
        ) from error


async def _welcome(link: Link) -> signal.Welcome:
    message = None
    try:
        message = await link.receive()
    finally:
        if not isinstance(message, signal.Welcome):
            await link.close(signal.CLOSE_GOING_AWAY)
    if isinstance(message, signal.Welcome):
        return message
    if isinstance(message, signal.Error):
        raise api_errors.from_code(message.code, message.message)
    if link.close_code is None:
        raise ServerUnreachable("the server ended the connection without a word; try again")
    raise api_errors.from_code(*reconnecting.close_reason(link.close_code))


async def _refusals(
    request: aiohttp.ClientRequest,
    handler: Callable[[aiohttp.ClientRequest], Awaitable[aiohttp.ClientResponse]],
) -> aiohttp.ClientResponse:
    """A handshake that is answered with a problem raises it; aiohttp alone would lose it."""
    response = await handler(request)
    if response.status == HTTPStatus.SWITCHING_PROTOCOLS:
        return response
    async with response:
        body = await response.content.read(_MAX_PROBLEM)
    if response.status < HTTPStatus.BAD_REQUEST:
        raise ServerUnreachable(f"there is a server at {request.url}, but no signalling")
    raise api_errors.from_response(response.status, response.headers, body)
