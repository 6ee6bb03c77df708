"""`levelchat admin key …`: what programs prove themselves with."""

from pathlib import Path

import click

from levelchat.commands import options
from rooms import tenancy
from rooms.commands import output
from rooms.commands.desk import Desk, work
from rooms.model import DAY, HOUR
from rooms.store import tenants
from rooms.store.tenants import KeyRow
from rooms.tenancy import NewKey
from rooms.views import maybe_instant


@click.group("key")
def command() -> None:
    """API keys: each opens one project. Its secret is shown once, when it is made."""


@command.command("create")
@click.option("--org", default="default", show_default=True, help="Name or id.")
@click.option("--project", default="default", show_default=True, help="Name or id.")
@click.option("--name", default="", help="What it is for.")
@click.option("--expires-in", metavar="DAYS", type=click.FloatRange(0, min_open=True))
@options.data
@options.config
@options.json_output
def create(
    org: str,
    project: str,
    name: str,
    expires_in: float | None,
    data: str | None,
    file: Path | None,
    *,
    as_json: bool,
) -> None:
    """Make a key."""

    async def make(desk: Desk) -> NewKey:
        async with desk.transactions.writing(None) as tx:
            found = await tenancy.find_project(
                tx, await tenancy.find_organisation(tx, org), project
            )
            expires_at = None if expires_in is None else tx.now + int(expires_in * DAY)
            return await desk.tenants.create_key(tx, found, name, expires_at)

    _show_new(work(data, file, make), as_json=as_json)


@command.command("rotate")
@click.argument("key_id", metavar="ID")
@click.option(
    "--overlap",
    metavar="HOURS",
    default=24.0,
    show_default=True,
    type=click.FloatRange(0),
    help="How long the old key goes on.",
)
@options.data
@options.config
@options.json_output
def rotate(
    key_id: str, overlap: float, data: str | None, file: Path | None, *, as_json: bool
) -> None:
    """Make a new key in place of the key ID, which goes on for a while."""

    async def make(desk: Desk) -> NewKey:
        async with desk.transactions.writing(None) as tx:
            return await desk.tenants.rotate_key(tx, key_id, int(overlap * HOUR))

    _show_new(work(data, file, make), as_json=as_json)


@command.command("list")
@click.option("--org", help="Of this organisation only.")
@click.option("--project", help="Of this project only.")
@options.data
@options.config
@options.json_output
def show(
    org: str | None, project: str | None, data: str | None, file: Path | None, *, as_json: bool
) -> None:
    """Show keys, without their secrets."""

    async def look(desk: Desk) -> list[KeyRow]:
        async with desk.transactions.reading(None) as tx:
            whose = None if org is None else await tenancy.find_organisation(tx, org)
            found = None if project is None else await tenancy.find_project(tx, whose, project)
            return await tenants.all_keys(
                tx.db,
                org_id=None if whose is None else whose.id,
                project_id=None if found is None else found.id,
            )

    rows = [row(each) for each in work(data, file, look)]
    output.show(rows, as_json=as_json, empty="there are no API keys")


@command.command("revoke")
@click.argument("key_id", metavar="ID")
@options.data
@options.config
@options.json_output
def revoke(key_id: str, data: str | None, file: Path | None, *, as_json: bool) -> None:
    """Stop the key ID within seconds."""

    async def stop(desk: Desk) -> KeyRow:
        async with desk.transactions.writing(None) as tx:
            return await tenancy.revoke_key(tx, key_id)

    stopped = work(data, file, stop)
    output.done({"id": stopped.id}, as_json=as_json, sentence=f"{stopped.id} is revoked")


def row(key: KeyRow) -> output.Row:
    """What is shown of one."""
    return {
        "id": key.id,
        "project": key.project_id,
        "name": key.name,
        "expires_at": maybe_instant(key.expires_at),
        **output.times(key.created_at, key.revoked_at),
    }


def _show_new(made: NewKey, *, as_json: bool) -> None:
    output.done({"key": made.key, **row(made.row)}, as_json=as_json, sentence=made.key)
