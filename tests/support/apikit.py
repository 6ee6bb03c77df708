"""The whole REST API over a real store, for two tenants, as an HTTP server in this process."""

import contextlib
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import msgspec
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from roomkit import Kit, settle_in

from levelchat.auth.capability import Capability
from levelchat.auth.keys import TokenKeys
from levelchat.auth.token import Minter
from levelchat.auth.verifier import TokenVerifier
from levelchat.bus.seams import CONTROL
from levelchat.clock import SystemClock
from levelchat.contract.rest import Account
from levelchat.media.time import NANOSECOND
from levelchat.service import problem
from rooms import ids
from rooms.api.api import RoomsApi
from rooms.api.identities import StoredIdentities
from rooms.api.seams import Visit
from rooms.errors import KeyInvalid, LoginFailed
from rooms.minting import Minting
from rooms.model import Principal, Room
from rooms.settings import RoomsSettings
from rooms.store.store import Store
from rooms.store.tenants import Project
from rooms.tenancy import Tenants
from rooms.webhooks.endpoints import Endpoints
from rooms.webhooks.secrets import SecretBox

PASSWORD = "correct horse"


class Identities(StoredIdentities):
    """With logins of one user a tenant, which the store need not know."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.users: dict[str, Visit] = {}
        self.logins: dict[str, Visit] = {}

    async def log_in(self, email: str, password: str) -> tuple[str, Visit]:
        if email not in self.users or password != PASSWORD:
            raise LoginFailed("no user has this address and password")
        cookie = secrets.token_urlsafe(8)
        self.logins[cookie] = self.users[email]
        return cookie, self.users[email]

    async def of_login(self, cookie: str, project: str | None) -> Visit:
        if cookie not in self.logins or project not in (None, self.logins[cookie].account.project):
            raise KeyInvalid("the login is over")
        return self.logins[cookie]

    async def log_out(self, cookie: str) -> None:
        self.logins.pop(cookie, None)


@dataclass
class ApiKit:
    """A running API, its two tenants and their keys."""

    kit: Kit
    other: Kit
    api: RoomsApi
    identities: Identities
    tenants: Tenants
    client: TestClient[web.Request, web.Application]
    minter: Minter
    key: str = ""
    other_key: str = ""

    async def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        key: str | None = "",
        **headers: str,
    ) -> ClientResponse:
        """A call with the first tenant's key; None: with none."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if key is not None:
            sent["Authorization"] = f"Bearer {key or self.key}"
        data = None
        if body is not None:
            data = body if isinstance(body, bytes) else msgspec.json.encode(body)
            sent.setdefault("Content-Type", "application/json")
        return await self.client.request(
            method, path, data=data, headers=sent, allow_redirects=False
        )

    async def json(self, method: str, path: str, body: object = None, **more: Any) -> Any:
        """The JSON of a good answer."""
        answer = await self.call(method, path, body, **more)
        assert answer.status < 300, await answer.text()
        return await answer.json() if answer.status != 204 else None

    async def problem(self, method: str, path: str, body: object = None, **more: Any) -> Any:
        """The problem document of a refusal."""
        answer = await self.call(method, path, body, **more)
        assert answer.content_type == "application/problem+json", await answer.text()
        found = await answer.json(content_type=None)
        assert found["status"] == answer.status
        assert answer.headers["X-Request-Id"] == found["request_id"]
        return found

    def token(self, room: Room, identity: str, *capabilities: str) -> str:
        """A room token."""
        return self.minter.mint(
            room=room.id,
            media_id=room.media_id,
            project=room.project_id,
            identity=identity,
            capabilities=[Capability(each) for each in capabilities],
            now=SystemClock().wall_ns() // NANOSECOND,
        )

    async def new_key(self, who: Principal) -> str:
        """One more API key of a tenant."""
        async with self.kit.transactions.writing(None) as tx:
            project = Project(who.project_id, who.org_id, "", tx.now, None)
            return (await self.tenants.create_key(tx, project)).key

    def new_user(self, email: str, who: Principal) -> None:
        """Somebody of a tenant, with `PASSWORD`."""
        user = Principal(who.org_id, who.project_id, "user", ids.new(ids.USER))
        account = Account(
            user_id=user.id, email=email, organisation=who.org_id, project=who.project_id
        )
        self.identities.users[email] = Visit(user, account, seconds=3600)


@contextlib.asynccontextmanager
async def running(
    store: Store, keys: TokenKeys, settings: RoomsSettings | None = None
) -> AsyncIterator[ApiKit]:
    """The API of two tenants, `ours` and `theirs`."""
    kit = Kit(store, await settle_in(store, "ours"))
    other = Kit(store, await settle_in(store, "theirs"), bus=kit.bus)
    clock, tenants, minter = SystemClock(), Tenants(b"pepper"), Minter(keys)
    identities = Identities(kit.transactions, tenants, TokenVerifier(keys), clock)
    minting = Minting(kit.transactions, minter, kit.bus, clock)
    await minting.start()
    api = RoomsApi(
        transactions=kit.transactions,
        minting=minting,
        identities=identities,
        hooks=Endpoints(SecretBox(bytes(32)), lambda _due: None, private=False),
        settings=settings or RoomsSettings(),
        clock=clock,
        place=lambda _room: "",
    )
    await kit.bus.subscribe(CONTROL, api.on_control)
    application = web.Application(middlewares=[problem.middleware])
    application.add_routes(api.routes())
    async with TestClient(TestServer(application)) as client:
        made = ApiKit(kit, other, api, identities, tenants, client, minter)
        made.key = await made.new_key(kit.who)
        made.other_key = await made.new_key(other.who)
        made.new_user("ada@ours.example", kit.who)
        yield made
