"""Reads the bodies of WHIP's and WHEP's requests.

Comes in: a request. Goes out: its body, or an error after at most `MAX_BODY` bytes and
`BODY_SECONDS`. It never holds more than that.
"""

import asyncio

from aiohttp import web

from levelchat.rtc.errors import MalformedSdp
from levelchat.service.errors import BodyTooLarge, BodyTooSlow, WrongContentType

MAX_BODY = 65_536
"""Bytes. Chromium's offer of one audio and one video track has 6,000, of eight of each 40,000."""
BODY_SECONDS = 5.0
"""For all of it; on the slowest line that carries a broadcast it takes half a second."""


async def read_sdp(request: web.Request, content_type: str) -> str:
    """The body as text, which must be of *content_type*."""
    # RFC 9725 §4.2: an endpoint MUST reject another content type with 415.
    if request.content_type != content_type:
        raise WrongContentType(
            f"the body is of type {content_type}, not {request.content_type[:60]}"
        )
    try:
        return (await read_body(request)).decode()
    except UnicodeDecodeError as error:
        raise MalformedSdp("the body is not text in UTF-8") from error


async def read_body(request: web.Request) -> bytes:
    """All of it."""
    if (request.content_length or 0) > MAX_BODY:
        raise _too_large()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _read(request)
    except TimeoutError as error:
        raise BodyTooSlow(
            f"the body must be here within {BODY_SECONDS:.0f} s", headers={"Connection": "close"}
        ) from error


async def _read(request: web.Request) -> bytes:
    body = bytearray()
    while piece := await request.content.readany():
        body += piece
        if len(body) > MAX_BODY:
            raise _too_large()
    return bytes(body)


def _too_large() -> BodyTooLarge:
    return BodyTooLarge(
        f"the body of this request has at most {MAX_BODY} bytes", headers={"Connection": "close"}
    )
