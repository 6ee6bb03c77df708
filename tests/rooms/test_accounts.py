"""People who log in."""

import argon2
import pytest
from stores import NOW, PEPPER, make_tenant, transaction, transactions

from rooms import accounts, tenancy
from rooms.accounts import LOGIN_LASTS, Accounts
from rooms.errors import InvalidRequest, LoginFailed, NameTaken, NotFound
from rooms.passwords import Passwords
from rooms.store import users
from rooms.store.store import Store
from rooms.store.tables import logins
from rooms.store.users import User

PASSWORD = "correct horse"


@pytest.fixture
def people() -> Accounts:
    return Accounts(
        Passwords(argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)), PEPPER
    )


async def _user(store: Store, people: Accounts, email: str = "Ann@Example.org") -> User:
    await make_tenant(store, "one")
    async with transaction(store) as tx:
        org = await tenancy.find_organisation(tx, "one")
    return await people.create_user(transactions(store), org, email, PASSWORD)


async def _found(store: Store, people: Accounts, token: str, now: int = NOW) -> User | None:
    async with transaction(store, now=now) as tx:
        return await people.find_login(tx, token)


async def test_a_login_is_found_until_it_expires(store: Store, people: Accounts) -> None:
    """The cookie's token says who it is, for twelve hours."""
    ann = await _user(store, people)
    login = await people.log_in(transactions(store), " ANN@example.ORG ", PASSWORD)

    assert ann.email == "ann@example.org"
    assert await _found(store, people, login.token) == ann
    assert await _found(store, people, login.token, NOW + LOGIN_LASTS - 1) == ann
    assert await _found(store, people, login.token, NOW + LOGIN_LASTS) is None
    assert await _found(store, people, "another token") is None


async def test_the_token_is_not_kept(store: Store, people: Accounts) -> None:
    """The row of a login holds a keyed hash."""
    await _user(store, people)
    login = await people.log_in(transactions(store), "ann@example.org", PASSWORD)

    async with store.reading(None) as db:
        row = (await db.execute(logins.select())).one()
    assert login.token not in repr(row)


async def test_address_and_password_are_refused_alike(store: Store, people: Accounts) -> None:
    """Nobody learns which addresses have users."""
    await _user(store, people)

    said = set()
    for email, password in (("ann@example.org", "wrong horse"), ("bob@example.org", PASSWORD)):
        with pytest.raises(LoginFailed) as caught:
            await people.log_in(transactions(store), email, password)
        said.add(caught.value.detail)
    assert len(said) == 1


async def test_who_logs_out_is_out(store: Store, people: Accounts) -> None:
    """The token is good no more; doing it twice is no error."""
    await _user(store, people)
    login = await people.log_in(transactions(store), "ann@example.org", PASSWORD)

    for _ in range(2):
        async with transaction(store) as tx:
            await people.log_out(tx, login.token)
    assert await _found(store, people, login.token) is None


@pytest.mark.parametrize("whole", ["user", "organisation"])
async def test_who_is_revoked_is_out(store: Store, people: Accounts, whole: str) -> None:
    """Neither an old login nor a new one works, of a user or of all in the organisation."""
    await _user(store, people)
    login = await people.log_in(transactions(store), "ann@example.org", PASSWORD)

    async with transaction(store) as tx:
        if whole == "user":
            await accounts.revoke_user(tx, "Ann@example.org")
        else:
            await tenancy.revoke_organisation(tx, "one")

    assert await _found(store, people, login.token) is None
    with pytest.raises(LoginFailed):
        await people.log_in(transactions(store), "ann@example.org", PASSWORD)


async def test_an_address_has_one_user(store: Store, people: Accounts) -> None:
    """Whatever its letters' case, and in whichever organisation."""
    await _user(store, people)
    await make_tenant(store, "two")
    async with transaction(store) as tx:
        org = await tenancy.find_organisation(tx, "two")

    with pytest.raises(NameTaken, match=r"ann@example\.org"):
        await people.create_user(transactions(store), org, "ANN@EXAMPLE.ORG", PASSWORD)


@pytest.mark.parametrize(
    "email", ["", "ann", "@", "a@", "@b", "a b@c", "a@b\x00", "a@" + "b" * 200]
)
def test_what_is_no_address_is_refused(email: str) -> None:
    """An address has something on both sides of one @."""
    with pytest.raises(InvalidRequest, match="e-mail"):
        accounts.normalise(email)


async def test_revoking_nobody_is_said(store: Store, people: Accounts) -> None:
    """An unknown user, or one revoked before, is named."""
    ann = await _user(store, people)
    async with transaction(store) as tx:
        await accounts.revoke_user(tx, ann.id)
    for named in (ann.id, "bob@example.org"):
        async with transaction(store) as tx:
            with pytest.raises(NotFound, match="user list"):
                await accounts.revoke_user(tx, named)


async def test_logins_that_are_over_are_forgotten(store: Store, people: Accounts) -> None:
    """Pruning leaves those that are still good."""
    await _user(store, people)
    await people.log_in(transactions(store), "ann@example.org", PASSWORD)

    async with store.writing(None) as db:
        assert await users.prune_logins(db, NOW + LOGIN_LASTS - 1) == 0
        assert await users.prune_logins(db, NOW + LOGIN_LASTS) == 1
