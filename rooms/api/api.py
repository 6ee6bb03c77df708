"""The REST API of rooms, whole: its routes, its document, its page.

Comes in: use cases. Goes out: aiohttp routes.
"""

from collections import defaultdict

import msgspec
from aiohttp import hdrs, web

from levelchat import __version__
from levelchat.bus.messages import Message
from levelchat.clock import Clock
from rooms.api import later, manual, openapi, participants, usage
from rooms.api.codes import CodeCalls
from rooms.api.door import Door, preflight
from rooms.api.gate import Gate
from rooms.api.logins import LoginCalls
from rooms.api.pages import POLICY
from rooms.api.rooms import RoomCalls
from rooms.api.route import Route
from rooms.api.seams import Hooks, Identities, Place
from rooms.api.tokens import TokenCalls
from rooms.api.webhooks import WebhookCalls
from rooms.minting import Minting
from rooms.settings import RoomsSettings
from rooms.store.transaction import Transactions

DOCUMENT_SECONDS = 300
_PUBLIC = {
    hdrs.CACHE_CONTROL: f"public, max-age={DOCUMENT_SECONDS}",
    "X-Content-Type-Options": "nosniff",
}


class RoomsApi:
    """Everything under `/v1` that is about rooms, `/r/{code}`, and the API's documentation."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        minting: Minting,
        identities: Identities,
        hooks: Hooks,
        settings: RoomsSettings,
        clock: Clock,
        place: Place,
    ) -> None:
        self._gate = Gate(identities, settings, clock)
        self._door = Door(self._gate, transactions, settings)
        rooms = RoomCalls(place)
        self.calls: list[Route] = [
            *rooms.routes(),
            *TokenCalls(minting, place).routes(),
            *participants.routes(),
            *usage.routes(),
            *WebhookCalls(hooks).routes(),
            *LoginCalls(self._gate, identities, settings).routes(),
            *CodeCalls(rooms).routes(),
            *later.routes(),
        ]
        self.document = openapi.document(self.calls, __version__)

    def on_control(self, message: Message) -> None:
        """Hears of keys that were revoked, on the bus."""
        self._gate.on_control(message)

    def routes(self) -> list[web.RouteDef]:
        """What the server serves."""
        # Those of one path stand together: aiohttp then makes one resource of them, which knows
        # all methods that it allows.
        by_path: dict[str, list[Route]] = defaultdict(list)
        for call in self.calls:
            by_path[call.path].append(call)
        found: list[web.RouteDef] = []
        for path, calls in by_path.items():
            found += [web.route(call.method, path, self._door.open(call)) for call in calls]
            if any(call.public for call in calls):
                found.append(web.options(path, preflight))
        return [*found, *self._documentation()]

    def _documentation(self) -> list[web.RouteDef]:
        """Both rendered once."""
        document = msgspec.json.encode(self.document)
        page = manual.page(self.document).encode()
        policy = {"Content-Security-Policy": POLICY}

        async def show_document(_request: web.Request) -> web.Response:
            return web.Response(body=document, content_type="application/json", headers=_PUBLIC)

        async def show_page(_request: web.Request) -> web.Response:
            return web.Response(
                body=page, content_type="text/html", charset="utf-8", headers=_PUBLIC | policy
            )

        return [web.get("/v1/openapi.json", show_document), web.get("/docs", show_page)]
