"""Rows of organisations, projects and keys."""

import pytest
from sqlalchemy.exc import IntegrityError
from stores import NOW, make_tenant

from rooms.store import tenants
from rooms.store.store import Store
from rooms.store.tenants import KeyRow, Organisation, Project


async def test_what_is_written_is_read(store: Store) -> None:
    """An organisation, a project and a key come back as they went in, without the hash."""
    organisation = Organisation("org_1", "one", '{"open_rooms":1}', NOW, None)
    project = Project("prj_1", "org_1", "main", NOW, None)
    key = KeyRow("k" * 16, "org_1", "prj_1", "web", NOW, NOW + 1, None)
    async with store.writing(None) as db:
        await tenants.insert_organisation(db, organisation)
        await tenants.insert_project(db, project)
        await tenants.insert_key(db, key, b"hash")

    async with store.reading(None) as db:
        assert await tenants.all_organisations(db) == [organisation]
        assert await tenants.all_projects(db, "org_1") == [project]
        assert await tenants.all_projects(db, "org_2") == []
        assert await tenants.all_keys(db) == [key]
        assert await tenants.all_keys(db, org_id="org_1", project_id="prj_1") == [key]
        assert await tenants.all_keys(db, project_id="prj_2") == []
        assert await tenants.key(db, key.id) == key
        assert await tenants.key(db, "none") is None


async def test_a_proof_says_whether_anything_is_revoked(store: Store) -> None:
    """A key is as revoked as its project and its organisation are."""
    tenant = await make_tenant(store, "one")
    async with store.writing(None) as db:
        before = await tenants.proof(db, tenant.key_id)
        await tenants.revoke_organisation(db, tenant.org_id, NOW)
        after = await tenants.proof(db, tenant.key_id)

    assert before is not None
    assert after is not None
    assert (before.revoked, after.revoked) == (False, True)
    assert len(before.secret_hash) == 32


async def test_a_quota_is_changed(store: Store) -> None:
    """The new limits replace the old ones."""
    tenant = await make_tenant(store, "one")
    async with store.writing(None) as db:
        await tenants.set_quota(db, tenant.org_id, '{"open_rooms":2}')
        changed = await tenants.organisation(db, tenant.org_id)

    assert changed is not None
    assert changed.quota == '{"open_rooms":2}'


async def test_a_project_needs_its_organisation(store: Store) -> None:
    """A project of an organisation that does not exist is refused by the database."""
    with pytest.raises(IntegrityError):
        async with store.writing(None) as db:
            await tenants.insert_project(db, Project("prj_1", "org_none", "main", NOW, None))
