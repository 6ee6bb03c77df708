"""Commands work on the server's database, beside it."""

import asyncio

import pytest
from shell import Shell
from stores import Databases, transaction

from rooms import pepper
from rooms.store.store import Store
from rooms.tenancy import Tenants


def test_a_running_server_takes_a_new_key_at_once(shell: Shell) -> None:
    """A key that a command makes while a server has the file open is good there."""
    shell.json("admin org list")

    async def serve() -> None:
        store = Store(f"sqlite:///{shell.data}/rooms.db")
        await store.open()
        made = await asyncio.to_thread(shell.json, "admin key create")
        async with transaction(store, now=2_000_000_000_000) as tx:
            who = await Tenants(pepper.load_or_create(shell.data)).authenticate(tx, made["key"])
        await store.close()
        assert (who.org_id, who.project_id, who.id) == ("org_default", "default", made["id"])

    asyncio.run(serve())


def test_the_settings_lead_to_the_database(
    databases: Databases, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `rooms.database` set, commands work there, and make no file."""

    async def use() -> None:
        async with databases.migrated("postgresql") as url:
            monkeypatch.setenv("LEVELCHAT_ROOMS__DATABASE", url)
            made = await asyncio.to_thread(shell.json, "admin org create acme")
            listed = await asyncio.to_thread(shell.json, "admin org list")
            assert listed[1] == made

    asyncio.run(use())
    assert [each.name for each in shell.data.iterdir()] == ["keys"]
