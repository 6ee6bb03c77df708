"""`levelchat admin org …`: who rooms belong to, and how much they may use."""

import json
from pathlib import Path

import click

from levelchat.commands import options
from rooms import quota, tenancy
from rooms.commands import output
from rooms.commands.desk import Desk, work
from rooms.store import tenants
from rooms.store.tenants import Organisation

_LIMITS = ", ".join(quota.Quota.__struct_fields__)
_quota_option = click.option(
    "--quota", "limits", multiple=True, metavar="LIMIT=N", help=f"Repeat; LIMIT: {_LIMITS}."
)


@click.group("org")
def command() -> None:
    """Organisations: rooms, keys and users of one are invisible to the others."""


@command.command("create")
@click.argument("name")
@_quota_option
@options.data
@options.config
@options.json_output
def create(
    name: str, limits: tuple[str, ...], data: str | None, file: Path | None, *, as_json: bool
) -> None:
    """Make the organisation NAME."""
    wanted = parse_limits(limits)

    async def make(desk: Desk) -> Organisation:
        async with desk.transactions.writing(None) as tx:
            return await desk.tenants.create_organisation(tx, name, wanted)

    made = work(data, file, make)
    output.done(row(made), as_json=as_json, sentence=f"{made.name} is {made.id}")


@command.command("list")
@options.data
@options.config
@options.json_output
def show(data: str | None, file: Path | None, *, as_json: bool) -> None:
    """Show all organisations."""

    async def look(desk: Desk) -> list[Organisation]:
        async with desk.transactions.reading(None) as tx:
            return await tenants.all_organisations(tx.db)

    rows = [row(each) for each in work(data, file, look)]
    output.show(rows, as_json=as_json, empty="there are no organisations")


@command.command("quota")
@click.argument("name")
@_quota_option
@options.data
@options.config
@options.json_output
def set_quota(
    name: str, limits: tuple[str, ...], data: str | None, file: Path | None, *, as_json: bool
) -> None:
    """Replace the limits of the organisation NAME; none given: it may use all there is."""
    wanted = parse_limits(limits)

    async def change(desk: Desk) -> Organisation:
        async with desk.transactions.writing(None) as tx:
            found = await tenancy.find_organisation(tx, name)
            await tenants.set_quota(tx.db, found.id, quota.encode(wanted))
            return await tenancy.find_organisation(tx, name)

    changed = work(data, file, change)
    output.done(row(changed), as_json=as_json, sentence=f"{changed.name}: {changed.quota}")


@command.command("revoke")
@click.argument("name")
@options.data
@options.config
@options.json_output
def revoke(name: str, data: str | None, file: Path | None, *, as_json: bool) -> None:
    """Stop the organisation NAME: its keys and users open nothing any more. Keeps its rows."""

    async def stop(desk: Desk) -> Organisation:
        async with desk.transactions.writing(None) as tx:
            return await tenancy.revoke_organisation(tx, name)

    stopped = work(data, file, stop)
    output.done({"id": stopped.id}, as_json=as_json, sentence=f"{stopped.name} is revoked")


def parse_limits(limits: tuple[str, ...]) -> quota.Quota:
    """`open_rooms=50` and its like; raises `InvalidRequest`."""
    wanted: dict[str, object] = {}
    for limit in limits:
        name, separator, number = limit.partition("=")
        try:
            wanted[name] = json.loads(number)
        except ValueError as error:
            raise click.BadParameter(f"{limit!r} must be LIMIT=NUMBER") from error
        if not separator:
            raise click.BadParameter(f"{limit!r} must be LIMIT=NUMBER")
    return quota.parse(json.dumps(wanted))


def row(organisation: Organisation) -> output.Row:
    """What is shown of one."""
    return {
        "id": organisation.id,
        "name": organisation.name,
        "quota": json.loads(organisation.quota),
        **output.times(organisation.created_at, organisation.revoked_at),
    }
