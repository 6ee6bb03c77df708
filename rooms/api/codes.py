"""`/r/{code}`: a room by its short code, as a page for people and as JSON for programs.

Comes in: calls of who belongs to an organisation. Goes out: that organisation's room. A code of
another is the same 404 as one that never was: the one query names the organisation.
"""

import html

from aiohttp import hdrs, web

from levelchat.contract.rest import RoomView
from rooms import creation
from rooms.api.pages import POLICY, document, prefers_html
from rooms.api.rooms import TAG, RoomCalls
from rooms.api.route import Call, Route
from rooms.errors import NotFound


class CodeCalls:
    """Calls by short code."""

    def __init__(self, rooms: RoomCalls) -> None:
        self._rooms = rooms

    def routes(self) -> list[Route]:
        """What is called."""
        return [
            Route(
                "GET",
                "/r/{code}",
                self._show,
                "Find a room by its short code",
                TAG,
                "A page for browsers, the room for programs.",
                response=RoomView,
                html=True,
                errors=(NotFound,),
            )
        ]

    async def _show(self, call: Call) -> RoomView | web.Response:
        code = call.path["code"].lower().replace("-", "")
        room = await creation.find_by_code(call.tx, call.who, code)
        view = self._rooms.view(room, call)
        if not prefers_html(call.request.headers.get(hdrs.ACCEPT, "")):
            return view
        return web.Response(
            text=page(view),
            content_type="text/html",
            headers={"Content-Security-Policy": POLICY, hdrs.VARY: hdrs.ACCEPT},
        )


def page(view: RoomView) -> str:
    """The room for people."""
    name = html.escape(view.external_id or view.id)
    watch, state = html.escape(view.urls.watch, quote=True), html.escape(view.state)
    over = view.state in ("ended", "archived")
    way = "<p>It is over.</p>" if over else f'<p><a class="button" href="{watch}">Watch</a></p>'
    return document(
        f"Room {name}",
        f"<h1>{name}</h1><p>A {html.escape(view.type)} room, {state}. Its code is "
        f"<code>{html.escape(view.short_code)}</code>.</p>{way}",
    )
