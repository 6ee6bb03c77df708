"""Organisations, projects and API keys: made, changed hands, taken away, and checked.

Comes in: transactions of the system's, names, the pepper. Goes out: values, and a new key's
secret, once.
"""

import secrets

import msgspec
from sqlalchemy.exc import IntegrityError

from levelchat.auth.token import DEFAULT_PROJECT
from levelchat.bus.messages import KeyRevoked
from rooms import credentials, ids, quota
from rooms.errors import Flaw, InvalidRequest, KeyInvalid, NameTaken, NotFound
from rooms.model import Millis, Principal
from rooms.store import tenants
from rooms.store.tenants import KeyRow, Organisation, Project
from rooms.store.transaction import Transaction

DEFAULT_ORGANISATION = "org_default"
DEFAULT_NAME = "default"
NAME_LENGTH = 100


class NewKey(msgspec.Struct, frozen=True):
    """A key that was just made: the only time that its secret is seen."""

    key: str
    row: KeyRow


class Tenants:
    """The use cases; *pepper* is `rooms.pepper`'s."""

    def __init__(self, pepper: bytes) -> None:
        self._pepper = pepper

    async def authenticate(self, tx: Transaction, text: str) -> Principal:
        """Whose key *text* is; raises `KeyInvalid`, after the same work whatever is wrong."""
        key = credentials.parse_key(text)
        found = await tenants.proof(tx.db, key.id)
        stored = None if found is None else found.secret_hash
        if not credentials.proves(self._pepper, key.secret, stored) or found is None:
            raise KeyInvalid("this API key is unknown, or its secret is another")
        if found.revoked:
            raise KeyInvalid("this API key was revoked; use another")
        if found.expires_at is not None and found.expires_at <= tx.now:
            raise KeyInvalid("this API key has expired; use the one it was rotated to")
        return Principal(found.org_id, found.project_id, "key", key.id, quota=found.quota)

    async def create_organisation(
        self, tx: Transaction, name: str, limits: quota.Quota | None = None
    ) -> Organisation:
        """Raises `NameTaken`."""
        _check_name(name)
        made = Organisation(
            ids.new(ids.ORGANISATION), name, quota.encode(limits or quota.Quota()), tx.now, None
        )
        try:
            await tenants.insert_organisation(tx.db, made)
        except IntegrityError as error:
            raise NameTaken(f"there is an organisation called {name!r} already") from error
        return made

    async def create_project(self, tx: Transaction, org: Organisation, name: str) -> Project:
        """Raises `NameTaken`."""
        _check_name(name)
        made = Project(ids.new(ids.PROJECT), org.id, name, tx.now, None)
        try:
            await tenants.insert_project(tx.db, made)
        except IntegrityError as error:
            raise NameTaken(f"{org.name} has a project called {name!r} already") from error
        return made

    async def create_key(
        self, tx: Transaction, project: Project, name: str = "", expires_at: Millis | None = None
    ) -> NewKey:
        """A key to the whole of *project*."""
        key = credentials.new_key(secrets.choice, secrets.token_bytes)
        row = KeyRow(key.id, project.org_id, project.id, name, tx.now, expires_at, None)
        await tenants.insert_key(tx.db, row, credentials.keyed_hash(self._pepper, key.secret))
        return NewKey(key.text, row)

    async def rotate_key(self, tx: Transaction, key_id: str, overlap: Millis) -> NewKey:
        """A new key to the same project; the old one goes on for *overlap*."""
        old = await _valid_key(tx, key_id)
        ends = tx.now + overlap
        if old.expires_at is None or ends < old.expires_at:
            await tenants.expire_key(tx.db, old.id, ends)
            tx.say(KeyRevoked(old.id))
        project = Project(old.project_id, old.org_id, "", tx.now, None)
        return await self.create_key(tx, project, old.name)

    async def ensure_default(self, tx: Transaction) -> NewKey | None:
        """Makes the default organisation, project and key on an installation's first start.

        Returns the key then; None on every later start.
        """
        if await tenants.organisation(tx.db, DEFAULT_ORGANISATION) is not None:
            return None
        organisation = Organisation(DEFAULT_ORGANISATION, DEFAULT_NAME, "{}", tx.now, None)
        project = Project(DEFAULT_PROJECT, organisation.id, DEFAULT_NAME, tx.now, None)
        try:
            async with tx.db.begin_nested():
                await tenants.insert_organisation(tx.db, organisation)
                await tenants.insert_project(tx.db, project)
        except IntegrityError:  # another replica starts, too, and was faster
            return None
        return await self.create_key(tx, project, DEFAULT_NAME)


async def find_organisation(tx: Transaction, named: str) -> Organisation:
    """By id or name; raises `NotFound`."""
    found = await tenants.organisation(tx.db, named)
    if found is None or found.revoked_at is not None:
        raise NotFound(f"there is no organisation {named!r}")
    return found


async def find_project(tx: Transaction, org: Organisation | None, named: str) -> Project:
    """By id or name; raises `NotFound`."""
    found = await tenants.find_projects(tx.db, None if org is None else org.id, named)
    valid = [project for project in found if project.revoked_at is None]
    if not valid:
        raise NotFound(f"there is no project {named!r}" + (f" in {org.name}" if org else ""))
    if len(valid) > 1:
        raise NotFound(f"{len(valid)} organisations have a project {named!r}; say which (--org)")
    return valid[0]


async def revoke_organisation(tx: Transaction, named: str) -> Organisation:
    """Everything of it stops working; nothing is deleted."""
    found = await find_organisation(tx, named)
    await tenants.revoke_organisation(tx.db, found.id, tx.now)
    tx.say(KeyRevoked(found.id))
    return found


async def revoke_project(tx: Transaction, org: Organisation | None, named: str) -> Project:
    """Its keys stop working; nothing is deleted."""
    found = await find_project(tx, org, named)
    await tenants.revoke_project(tx.db, found.id, tx.now)
    tx.say(KeyRevoked(found.id))
    return found


async def revoke_key(tx: Transaction, key_id: str) -> KeyRow:
    """It stops working at once."""
    found = await _valid_key(tx, key_id)
    await tenants.revoke_key(tx.db, found.id, tx.now)
    tx.say(KeyRevoked(found.id))
    return found


async def _valid_key(tx: Transaction, key_id: str) -> KeyRow:
    found = await tenants.key(tx.db, key_id.removeprefix(credentials.KEY_PREFIX))
    if found is None or found.revoked_at is not None:
        raise NotFound(f"there is no API key {key_id!r}; `levelchat admin key list` shows them")
    return found


def _check_name(name: str) -> None:
    if not name.strip() or len(name) > NAME_LENGTH or not name.isprintable():
        raise InvalidRequest([Flaw("name", f"takes 1 to {NAME_LENGTH} printable characters")])
