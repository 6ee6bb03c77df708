"""Organisations, projects and keys."""

import pytest
from stores import NOW, PEPPER, Tenant, make_tenant, transaction

from levelchat.bus.messages import KeyRevoked
from rooms import quota, tenancy
from rooms.errors import InvalidRequest, KeyInvalid, NameTaken, NotFound
from rooms.model import HOUR, Principal
from rooms.store.store import Store
from rooms.store.tables import api_keys
from rooms.store.transaction import Transaction
from rooms.tenancy import Tenants

TENANTS = Tenants(PEPPER)


async def _principal(store: Store, key: str, now: int = NOW) -> Principal:
    async with transaction(store, now=now) as tx:
        return await TENANTS.authenticate(tx, key)


async def _refusal(store: Store, key: str, now: int = NOW) -> str:
    with pytest.raises(KeyInvalid) as caught:
        await _principal(store, key, now)
    return caught.value.detail


async def test_a_key_says_whose_it_is(store: Store) -> None:
    """The principal of a key is its organisation and project."""
    one, two = await make_tenant(store, "one"), await make_tenant(store, "two")

    assert await _principal(store, one.key) == Principal(
        one.org_id, one.project_id, "key", one.key_id, quota="{}"
    )
    assert (await _principal(store, two.key)).org_id == two.org_id


async def test_a_foreign_secret_opens_nothing(store: Store) -> None:
    """An unknown id and a wrong secret are refused with the same words."""
    tenant = await make_tenant(store, "one")
    unknown = tenant.key.replace(tenant.key_id, "0" * 16)
    wrong = tenant.key[:-1] + ("A" if tenant.key[-1] != "A" else "E")

    assert await _refusal(store, unknown) == await _refusal(store, wrong)


async def test_the_secret_is_not_kept(store: Store) -> None:
    """No column of a key's row holds its secret."""
    tenant = await make_tenant(store, "one")
    secret = tenant.key.partition(".")[2]

    async with store.reading(None) as db:
        row = (await db.execute(api_keys.select())).one()

    assert secret not in repr(row)


async def test_a_key_ends_when_it_expires(store: Store) -> None:
    """It is good until `expires_at`, and not at it."""
    async with transaction(store) as tx:
        org = await TENANTS.create_organisation(tx, "one")
        project = await TENANTS.create_project(tx, org, "main")
        made = await TENANTS.create_key(tx, project, expires_at=NOW + HOUR)

    await _principal(store, made.key, NOW + HOUR - 1)
    assert "expired" in await _refusal(store, made.key, NOW + HOUR)


async def test_rotation_overlaps(store: Store) -> None:
    """The new key is good at once, the old one until the overlap is over."""
    tenant = await make_tenant(store, "one")
    async with transaction(store) as tx:
        made = await TENANTS.rotate_key(tx, tenant.key_id, 2 * HOUR)

    new = await _principal(store, made.key)
    assert (new.org_id, new.project_id) == (tenant.org_id, tenant.project_id)
    await _principal(store, tenant.key, NOW + 2 * HOUR - 1)
    assert "expired" in await _refusal(store, tenant.key, NOW + 2 * HOUR)
    await _principal(store, made.key, NOW + 3 * HOUR)


async def test_rotation_does_not_prolong_a_key(store: Store) -> None:
    """A key that ends before the overlap does still ends then."""
    tenant = await make_tenant(store, "one")
    async with transaction(store) as tx:
        await TENANTS.rotate_key(tx, tenant.key_id, HOUR)
        await TENANTS.rotate_key(tx, tenant.key_id, 5 * HOUR)

    assert "expired" in await _refusal(store, tenant.key, NOW + HOUR)


@pytest.mark.parametrize("what", ["organisation", "project", "key"])
async def test_what_is_revoked_opens_nothing(store: Store, what: str) -> None:
    """A key stops working with its project, its organisation, or itself; others go on."""
    tenant, other = await make_tenant(store, "one"), await make_tenant(store, "two")
    async with transaction(store) as tx:
        await _revoke(tx, what, tenant)
        assert [type(message) for _, message in tx._said] == [KeyRevoked]

    assert "revoked" in await _refusal(store, tenant.key)
    await _principal(store, other.key)


async def _revoke(tx: Transaction, what: str, tenant: Tenant) -> None:
    if what == "organisation":
        await tenancy.revoke_organisation(tx, "one")
    elif what == "project":
        await tenancy.revoke_project(tx, None, tenant.project_id)
    else:
        await tenancy.revoke_key(tx, tenant.key_id)


async def test_names_are_unique_where_they_must_be(store: Store) -> None:
    """An organisation's name is unique on the installation, a project's in its organisation."""
    one, two = await make_tenant(store, "one"), await make_tenant(store, "two")
    assert one.project_id != two.project_id

    async with transaction(store) as tx:
        with pytest.raises(NameTaken, match="one"):
            await TENANTS.create_organisation(tx, "one")
    async with transaction(store) as tx:
        org = await tenancy.find_organisation(tx, "one")
        with pytest.raises(NameTaken, match="main"):
            await TENANTS.create_project(tx, org, "main")


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "a" * 101])
async def test_a_name_is_readable(store: Store, name: str) -> None:
    """Empty, unprintable and endless names are refused."""
    async with transaction(store) as tx:
        with pytest.raises(InvalidRequest):
            await TENANTS.create_organisation(tx, name)


async def test_things_are_found_by_id_and_by_name(store: Store) -> None:
    """A project's name that several organisations have needs the organisation."""
    one = await make_tenant(store, "one")
    await make_tenant(store, "two")

    async with transaction(store) as tx:
        org = await tenancy.find_organisation(tx, one.org_id)
        assert org == await tenancy.find_organisation(tx, "one")
        assert (await tenancy.find_project(tx, org, "main")).id == one.project_id
        assert (await tenancy.find_project(tx, None, one.project_id)).id == one.project_id
        with pytest.raises(NotFound, match="2 organisations"):
            await tenancy.find_project(tx, None, "main")
        with pytest.raises(NotFound, match="three"):
            await tenancy.find_organisation(tx, "three")
        with pytest.raises(NotFound, match="in one"):
            await tenancy.find_project(tx, org, "other")
        with pytest.raises(NotFound, match="key list"):
            await tenancy.revoke_key(tx, "0" * 16)


async def test_an_organisation_keeps_its_quota(store: Store) -> None:
    """What was given as quota is read back."""
    async with transaction(store) as tx:
        await TENANTS.create_organisation(tx, "one", quota.Quota(open_rooms=5))
        found = await tenancy.find_organisation(tx, "one")

    assert quota.parse(found.quota) == quota.Quota(open_rooms=5)


async def test_the_first_start_makes_the_default_project(store: Store) -> None:
    """Its key is given once; its project is the audience of tokens minted offline."""
    async with transaction(store) as tx:
        made = await TENANTS.ensure_default(tx)
    async with transaction(store) as tx:
        again = await TENANTS.ensure_default(tx)

    assert made is not None
    assert again is None
    principal = await _principal(store, made.key)
    assert (principal.org_id, principal.project_id) == ("org_default", "default")
