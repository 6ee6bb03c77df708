"""The whole REST API over a real store, for two tenants, as an HTTP server in this process."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import argon2
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
from levelchat.media.time import NANOSECOND
from levelchat.service import problem
from rooms.accounts import Accounts
from rooms.api.api import RoomsApi
from rooms.api.identities import StoredIdentities
from rooms.minting import Minting
from rooms.model import Principal, Room
from rooms.passwords import Passwords
from rooms.settings import RoomsSettings
from rooms.store.store import Store
from rooms.store.tenants import Organisation, Project
from rooms.tenancy import Tenants
from rooms.webhooks.endpoints import Endpoints
from rooms.webhooks.secrets import SecretBox

PASSWORD = "correct horse"
_HASHER = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@dataclass
class ApiKit:
    """A running API, its two tenants and their keys."""

    kit: Kit
    other: Kit
    api: RoomsApi
    identities: StoredIdentities
    accounts: Accounts
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

    async def new_user(self, email: str, who: Principal) -> None:
        """Somebody of a tenant, with `PASSWORD`."""
        org = Organisation(who.org_id, "", "{}", 0, None)
        await self.accounts.create_user(self.kit.transactions, org, email, PASSWORD)

    async def log_in(self, email: str = "ada@ours.example") -> str:
        """The value of the cookie."""
        body = {"email": email, "password": PASSWORD}
        answer = await self.call("POST", "/v1/auth/login", body, key=None)
        assert answer.status == 200, await answer.text()
        return answer.cookies["lc_session"].value


@contextlib.asynccontextmanager
async def running(
    store: Store, keys: TokenKeys, settings: RoomsSettings | None = None
) -> AsyncIterator[ApiKit]:
    """The API of two tenants, `ours` and `theirs`."""
    kit = Kit(store, await settle_in(store, "ours"))
    other = Kit(store, await settle_in(store, "theirs"), bus=kit.bus)
    clock, tenants, minter = SystemClock(), Tenants(b"pepper"), Minter(keys)
    accounts = Accounts(Passwords(_HASHER), b"pepper")
    identities = StoredIdentities(kit.transactions, tenants, accounts, TokenVerifier(keys), clock)
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
        made = ApiKit(kit, other, api, identities, accounts, tenants, client, minter)
        made.key = await made.new_key(kit.who)
        made.other_key = await made.new_key(other.who)
        await made.new_user("ada@ours.example", kit.who)
        yield made
