"""People who log in to a workspace: made, let in, taken away.

Comes in: addresses, passwords, transactions of the system's. Goes out: users, and tokens for the
`lc_session` cookie, of which the store keeps hashes.
"""

import re
import secrets

import msgspec
from sqlalchemy.exc import IntegrityError

from rooms import credentials, ids
from rooms.errors import Flaw, InvalidRequest, LoginFailed, NameTaken, NotFound
from rooms.model import HOUR, Millis
from rooms.passwords import Passwords
from rooms.store import users
from rooms.store.tenants import Organisation
from rooms.store.transaction import Transaction, Transactions
from rooms.store.users import User

LOGIN_LASTS: Millis = 12 * HOUR

_EMAIL = re.compile(r"[^\s@]{1,64}@[^\s@]{1,190}")


class Login(msgspec.Struct, frozen=True):
    """Somebody who has just proved who they are."""

    user: User
    token: str
    """For the cookie; the store keeps a hash."""
    expires_at: Millis


class Accounts:
    """The use cases; *pepper* is `rooms.pepper`'s."""

    def __init__(self, passwords: Passwords, pepper: bytes) -> None:
        self._passwords = passwords
        self._pepper = pepper

    async def create_user(
        self, transactions: Transactions, org: Organisation, email: str, password: str
    ) -> User:
        """Raises `InvalidRequest`, and `NameTaken` when somebody has the address."""
        address = normalise(email)
        kept = await self._passwords.hash(password)
        async with transactions.writing(None) as tx:
            made = User(ids.new(ids.USER), org.id, address, tx.now, None)
            try:
                await users.insert_user(tx.db, made, kept)
            except IntegrityError as error:
                raise NameTaken(f"there is a user {address} already") from error
        return made

    async def log_in(self, transactions: Transactions, email: str, password: str) -> Login:
        """Raises `LoginFailed`, after the same work whether the address or the password is wrong.

        No transaction is open while the password is verified.
        """
        async with transactions.reading(None) as tx:
            found = await users.with_hash(tx.db, email.strip().lower())
        kept = None if found is None else found[1]
        if not await self._passwords.verify(kept, password) or found is None:
            raise LoginFailed("no user has this address and password")
        token = credentials.new_secret(secrets.token_bytes)
        async with transactions.writing(None) as tx:
            expires_at = tx.now + LOGIN_LASTS
            await users.insert_login(tx.db, self._hash(token), found[0], tx.now, expires_at)
        return Login(found[0], token, expires_at)

    async def find_login(self, tx: Transaction, token: str) -> User | None:
        """Whose cookie holds *token*; None when it is unknown, over, or taken back."""
        return await users.logged_in(tx.db, self._hash(token), tx.now)

    async def log_out(self, tx: Transaction, token: str) -> None:
        """The token is good no more; one that never was is no error."""
        await users.delete_login(tx.db, self._hash(token))

    def _hash(self, token: str) -> bytes:
        return credentials.keyed_hash(self._pepper, token)


async def revoke_user(tx: Transaction, named: str) -> User:
    """By id or address; whoever is logged in as this user is out."""
    found = await users.user(tx.db, named if "@" not in named else named.strip().lower())
    if found is None or found.revoked_at is not None:
        raise NotFound(f"there is no user {named!r}; `levelchat admin user list` shows them")
    await users.revoke_user(tx.db, found.id, tx.now)
    return found


def normalise(email: str) -> str:
    """*email* as it is kept; raises `InvalidRequest` when it cannot be one."""
    address = email.strip().lower()
    if not _EMAIL.fullmatch(address) or not address.isprintable():
        raise InvalidRequest([Flaw("email", "must be an e-mail address")])
    return address
