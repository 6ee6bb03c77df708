"""Who presents what, by the store: keys and logins by its rows, room tokens by their signature.

Comes in: what callers present. Goes out: principals, or why they are none.
"""

import re

from levelchat.auth.token import Grant
from levelchat.auth.verifier import TokenVerifier
from levelchat.clock import Clock
from levelchat.contract.rest import Account
from levelchat.media.time import NANOSECOND
from rooms.accounts import LOGIN_LASTS, Accounts
from rooms.api.seams import Visit
from rooms.errors import KeyInvalid, NotFound
from rooms.model import SECOND, Principal
from rooms.store import rooms as room_rows
from rooms.store import tenants as tenant_rows
from rooms.store.transaction import Transaction, Transactions
from rooms.store.users import User
from rooms.tenancy import Tenants

# What `rooms.credentials.new_secret` makes; anything else is not worth a question.
_COOKIE = re.compile(r"[A-Za-z0-9_-]{43}")
_PROJECT = re.compile(r"[\x20-\x7e]{1,128}")


class StoredIdentities:
    """Asks the store, in transactions of the system's: whose it is, is what is asked."""

    def __init__(
        self,
        transactions: Transactions,
        tenants: Tenants,
        accounts: Accounts,
        verifier: TokenVerifier,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._tenants = tenants
        self._accounts = accounts
        self._verifier = verifier
        self._clock = clock

    async def of_key(self, presented: str) -> Principal:
        """Raises `KeyInvalid`."""
        async with self._transactions.reading(None) as tx:
            return await self._tenants.authenticate(tx, presented)

    def verify(self, token: str) -> Grant:
        """What a room token says; raises `TokenInvalid`, `TokenRevoked` or `RoomOver`."""
        return self._verifier.verify(token, now=self._clock.wall_ns() // NANOSECOND)

    async def of_token(self, grant: Grant) -> Principal:
        """Its holder, in its room only; raises `NotFound` when there is no such room."""
        async with self._transactions.reading(None) as tx:
            room = await room_rows.by_media_id(tx.db, grant.media_id)
        if room is None or room.project_id != grant.project:
            raise NotFound("there is no such room")
        return Principal(room.org_id, room.project_id, "token", grant.identity, room.media_id)

    async def log_in(self, email: str, password: str) -> tuple[str, Visit]:
        """Raises `LoginFailed`."""
        login = await self._accounts.log_in(self._transactions, email, password)
        async with self._transactions.reading(None) as tx:
            return login.token, await _visit(tx, login.user, None)

    async def of_login(self, cookie: str, project: str | None) -> Visit:
        """Raises `KeyInvalid`, also for a *project* that is not the organisation's."""
        if not _COOKIE.fullmatch(cookie):
            raise KeyInvalid("this is no login's cookie; log in again")
        async with self._transactions.reading(None) as tx:
            user = await self._accounts.find_login(tx, cookie)
            if user is None:
                raise KeyInvalid("the login is over; log in again")
            return await _visit(tx, user, project)

    async def log_out(self, cookie: str) -> None:
        """A cookie that is worth nothing already is no error."""
        async with self._transactions.writing(None) as tx:
            await self._accounts.log_out(tx, cookie)


async def _visit(tx: Transaction, user: User, project: str | None) -> Visit:
    """*project* by id or name; without one, the organisation's first."""
    if project is None:
        found = await tenant_rows.all_projects(tx.db, user.org_id)
    elif _PROJECT.fullmatch(project):
        found = await tenant_rows.find_projects(tx.db, user.org_id, project)
    else:
        found = []
    good = [each for each in found if each.revoked_at is None]
    if not good:
        raise KeyInvalid("the organisation has no such project")
    who = Principal(user.org_id, good[0].id, "user", user.id)
    account = Account(
        user_id=user.id, email=user.email, organisation=user.org_id, project=good[0].id
    )
    return Visit(who, account, LOGIN_LASTS // SECOND)
