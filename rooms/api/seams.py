"""What the REST API needs of others."""

from collections.abc import Callable
from typing import Protocol

import msgspec

from levelchat.auth.token import Grant
from levelchat.contract.rest import Account, DeliveryPage, NewWebhook, NewWebhookView, WebhookPage
from rooms.model import Principal, Room
from rooms.store.transaction import Transaction


class Visit(msgspec.Struct, frozen=True):
    """A login: who it is, and how the API shows it."""

    who: Principal
    account: Account
    seconds: int = 0
    """How long the cookie is good for."""


class Identities(Protocol):
    """Who presents what: API keys, logins, room tokens."""

    async def of_key(self, presented: str) -> Principal:
        """Raises `KeyInvalid`."""

    async def of_login(self, cookie: str, project: str | None) -> Visit:
        """Raises `KeyInvalid`, also for a *project* that is not the organisation's."""

    async def of_token(self, grant: Grant) -> Principal:
        """The moderator who holds a good token; raises `NotFound` for one of no room."""

    def verify(self, token: str) -> Grant:
        """What a room token says; raises `TokenInvalid` or `TokenRevoked`."""

    async def log_in(self, email: str, password: str) -> tuple[str, Visit]:
        """The cookie's value, and who it is; raises `LoginFailed`."""

    async def log_out(self, cookie: str) -> None:
        """The cookie is worth nothing from now on."""


class Hooks(Protocol):
    """The webhooks of a project."""

    async def create(self, tx: Transaction, who: Principal, wanted: NewWebhook) -> NewWebhookView:
        """Raises `InvalidRequest`."""

    async def page(
        self, tx: Transaction, who: Principal, *, limit: int, cursor: str | None
    ) -> WebhookPage:
        """Newest first."""

    async def delete(self, tx: Transaction, who: Principal, webhook_id: str) -> None:
        """Raises `NotFound`."""

    async def deliveries(
        self, tx: Transaction, who: Principal, webhook_id: str, *, limit: int, cursor: str | None
    ) -> DeliveryPage:
        """Newest first. Raises `NotFound`."""

    async def redeliver(
        self, tx: Transaction, who: Principal, webhook_id: str, event_id: str | None
    ) -> int:
        """One event, or all dead ones; how many. Raises `NotFound`."""


Place = Callable[[Room], str]
"""The URL of the node that has a room's media; empty: the one that was asked."""
