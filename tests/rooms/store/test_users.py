"""Rows of users and logins."""

from stores import NOW, make_tenant

from rooms.store import users
from rooms.store.store import Store
from rooms.store.users import User


async def test_what_is_written_is_read(store: Store) -> None:
    """A user is found by id and by address, and never comes with the hash."""
    tenant = await make_tenant(store, "one")
    ann = User("usr_1", tenant.org_id, "ann@example.org", NOW, None)
    async with store.writing(None) as db:
        await users.insert_user(db, ann, "hash")

    async with store.reading(None) as db:
        assert await users.user(db, "usr_1") == ann
        assert await users.user(db, "ann@example.org") == ann
        assert await users.user(db, "bob@example.org") is None
        assert await users.with_hash(db, "ann@example.org") == (ann, "hash")
        assert await users.all_users(db) == [ann]
        assert await users.all_users(db, tenant.org_id) == [ann]
        assert await users.all_users(db, "org_2") == []


async def test_a_login_ends_with_its_user(store: Store) -> None:
    """Revoking a user deletes the logins."""
    tenant = await make_tenant(store, "one")
    ann = User("usr_1", tenant.org_id, "ann@example.org", NOW, None)
    async with store.writing(None) as db:
        await users.insert_user(db, ann, "hash")
        await users.insert_login(db, b"token", ann, NOW, NOW + 10)
        assert await users.logged_in(db, b"token", NOW) == ann
        assert await users.logged_in(db, b"token", NOW + 10) is None

        await users.revoke_user(db, ann.id, NOW)
        assert await users.logged_in(db, b"token", NOW) is None
        assert await users.with_hash(db, "ann@example.org") is None
