"""`levelchat admin project …`: what API keys open."""

from pathlib import Path

import click

from levelchat.commands import options
from rooms import tenancy
from rooms.commands import output
from rooms.commands.desk import Desk, work
from rooms.store import tenants
from rooms.store.tenants import Project
from rooms.store.transaction import Transaction


@click.group("project")
def command() -> None:
    """Projects: the rooms, keys and webhooks of one application."""


@command.command("create")
@click.argument("name")
@click.option("--org", required=True, help="The organisation's name or id.")
@options.data
@options.config
@options.json_output
def create(name: str, org: str, data: str | None, file: Path | None, *, as_json: bool) -> None:
    """Make the project NAME."""

    async def make(desk: Desk) -> Project:
        async with desk.transactions.writing(None) as tx:
            return await desk.tenants.create_project(
                tx, await tenancy.find_organisation(tx, org), name
            )

    made = work(data, file, make)
    output.done(row(made), as_json=as_json, sentence=f"{made.name} is {made.id}")


@command.command("list")
@click.option("--org", help="Of this organisation only.")
@options.data
@options.config
@options.json_output
def show(org: str | None, data: str | None, file: Path | None, *, as_json: bool) -> None:
    """Show projects."""

    async def look(desk: Desk) -> list[Project]:
        async with desk.transactions.reading(None) as tx:
            return await tenants.all_projects(tx.db, await org_id(tx, org))

    rows = [row(each) for each in work(data, file, look)]
    output.show(rows, as_json=as_json, empty="there are no projects")


@command.command("revoke")
@click.argument("name")
@click.option("--org", help="Where NAME is looked for, when several organisations have one.")
@options.data
@options.config
@options.json_output
def revoke(
    name: str, org: str | None, data: str | None, file: Path | None, *, as_json: bool
) -> None:
    """Stop the project NAME: its keys open nothing any more. Keeps its rows."""

    async def stop(desk: Desk) -> Project:
        async with desk.transactions.writing(None) as tx:
            whose = None if org is None else await tenancy.find_organisation(tx, org)
            return await tenancy.revoke_project(tx, whose, name)

    stopped = work(data, file, stop)
    output.done({"id": stopped.id}, as_json=as_json, sentence=f"{stopped.name} is revoked")


async def org_id(tx: Transaction, named: str | None) -> str | None:
    """The id of the organisation that was asked for; raises `NotFound`."""
    return None if named is None else (await tenancy.find_organisation(tx, named)).id


def row(project: Project) -> output.Row:
    """What is shown of one."""
    return {
        "id": project.id,
        "org": project.org_id,
        "name": project.name,
        **output.times(project.created_at, project.revoked_at),
    }
