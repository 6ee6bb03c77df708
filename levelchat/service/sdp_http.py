"""What WHIP and WHEP share over HTTP (RFC 9725): media types, CORS, answers with SDP.

Comes in: texts and headers. Goes out: responses, and handlers whose refusals pages of any origin
can read. It decides nothing of sessions.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping

from aiohttp import web
from prometheus_client import Counter

from levelchat.contract import names
from levelchat.errors import LevelChatError
from levelchat.service.errors import RoomNotFound

SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"
"""RFC 8840 §9."""

CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Location, ETag, Link, Accept-Patch, Retry-After",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_ROOM = re.compile(names.ROOM)


def preflight(posted: str, patched: Iterable[str]) -> dict[str, str]:
    """Headers of the answer to OPTIONS, for a resource that takes such bodies."""
    return CORS | {
        "Access-Control-Allow-Methods": "OPTIONS, GET, POST, PATCH, DELETE",
        "Access-Control-Allow-Headers": "Authorization, Content-Type, If-Match",
        "Access-Control-Max-Age": "86400",
        # RFC 9725 §4.2: the response to OPTIONS SHOULD include Accept-Post.
        "Accept-Post": posted,
        "Accept-Patch": ", ".join(patched),
    }


def guarded(handler: Handler, refused: Counter) -> Handler:
    """*handler*, whose refusals are counted and readable by pages of any origin."""

    async def guard(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except LevelChatError as error:
            error.headers = error.headers | CORS
            refused.labels(error.code).inc()
            raise

    return guard


def response(
    status: int,
    text: str,
    content_type: str,
    headers: Mapping[str, str],
    links: Iterable[str] = (),
) -> web.Response:
    """SDP, or a part of it."""
    answer = web.Response(
        status=status, text=text, content_type=content_type, headers=CORS | dict(headers)
    )
    # The types' definitions know no charset parameter.
    answer.charset = None
    for link in links:
        answer.headers.add("Link", link)
    return answer


def room_of(request: web.Request) -> str:
    """The room in the path; raises `RoomNotFound`."""
    room: str = request.match_info["room"]
    if not _ROOM.fullmatch(room):
        raise RoomNotFound(
            "no room has that name: r_ and then 1 to 64 letters, digits, _ or - (r_demo)"
        )
    return room
