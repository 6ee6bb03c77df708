"""Who knocks: what a request for a WebSocket asks for, and with what right.

Comes in: a request's query and headers. Goes out: a wish with a verified grant, a ticket, or both;
or the error that is answered before anything is upgraded.
"""

import msgspec
from aiohttp import web

from levelchat.auth.errors import TokenInvalid, TokenMissing
from levelchat.auth.token import Grant
from levelchat.auth.verifier import TokenVerifier
from levelchat.contract.signal import PROTOCOL, TOKEN_PROTOCOL
from levelchat.errors import LevelChatError, PeerError

MAX_TICKET = 128


class Wish(msgspec.Struct, frozen=True):
    """Somebody wants to be in a room."""

    grant: Grant | None
    ticket: str
    refusal: LevelChatError | None
    """Why the token is no good, for one who has a ticket that turns out to be none."""
    base: str
    """The URL by which we were reached."""


def read(request: web.Request, verifier: TokenVerifier, now: int, public_url: str) -> Wish:
    """Raises `TokenMissing`, `TokenInvalid`, `TokenRevoked` or `RoomOver`."""
    offered = _protocols(request)
    token = _token(request, offered)
    ticket = request.query.get("resume", "")
    if not token and not ticket:
        raise TokenMissing(
            "send a room token: `?token=…`, or the subprotocols `levelchat.v1, token.<token>`"
        )
    if len(ticket) > MAX_TICKET:
        raise TokenInvalid("that is no ticket; join with the token")
    if offered and PROTOCOL not in offered:
        raise PeerError(f"this server speaks the subprotocol {PROTOCOL}; offer it")
    grant, refusal = None, None
    if token:
        try:
            grant = verifier.verify(token, now=now)
        except TokenInvalid as error:
            # An expired token is no obstacle for who was here a moment ago.
            if not ticket:
                raise
            refusal = error
    base = public_url.rstrip("/") or f"{request.scheme}://{request.host}"
    return Wish(grant, ticket, refusal, base)


def _protocols(request: web.Request) -> list[str]:
    headers = request.headers.getall("Sec-WebSocket-Protocol", [])
    return [each.strip() for header in headers for each in header.split(",") if each.strip()]


def _token(request: web.Request, offered: list[str]) -> str:
    for protocol in offered:
        if protocol.startswith(TOKEN_PROTOCOL):
            return protocol.removeprefix(TOKEN_PROTOCOL)
    return request.query.get("token", "")
