"""`levelchat admin user …`: who logs in to the Console and to Meet."""

import sys
from pathlib import Path

import click

from levelchat.commands import options
from rooms import accounts, tenancy
from rooms.commands import output
from rooms.commands.desk import Desk, work
from rooms.commands.projects import org_id
from rooms.store import users
from rooms.store.users import User


@click.group("user")
def command() -> None:
    """Users: people who log in to one organisation's workspace."""


@command.command("create")
@click.argument("email")
@click.option("--org", required=True, help="The organisation's name or id.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@options.data
@options.config
@options.json_output
def create(
    email: str,
    org: str,
    data: str | None,
    file: Path | None,
    *,
    password_stdin: bool,
    as_json: bool,
) -> None:
    """Make the user EMAIL."""
    accounts.normalise(email)
    password = _password(from_stdin=password_stdin)

    async def make(desk: Desk) -> User:
        async with desk.transactions.reading(None) as tx:
            found = await tenancy.find_organisation(tx, org)
        return await desk.accounts.create_user(desk.transactions, found, email, password)

    made = work(data, file, make)
    output.done(row(made), as_json=as_json, sentence=f"{made.email} is {made.id}")


@command.command("list")
@click.option("--org", help="Of this organisation only.")
@options.data
@options.config
@options.json_output
def show(org: str | None, data: str | None, file: Path | None, *, as_json: bool) -> None:
    """Show users."""

    async def look(desk: Desk) -> list[User]:
        async with desk.transactions.reading(None) as tx:
            return await users.all_users(tx.db, await org_id(tx, org))

    rows = [row(each) for each in work(data, file, look)]
    output.show(rows, as_json=as_json, empty="there are no users")


@command.command("revoke")
@click.argument("email")
@options.data
@options.config
@options.json_output
def revoke(email: str, data: str | None, file: Path | None, *, as_json: bool) -> None:
    """Stop the user EMAIL (or id): whoever is logged in as this user is out."""

    async def stop(desk: Desk) -> User:
        async with desk.transactions.writing(None) as tx:
            return await accounts.revoke_user(tx, email)

    stopped = work(data, file, stop)
    output.done({"id": stopped.id}, as_json=as_json, sentence=f"{stopped.email} is revoked")


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    prompted: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return prompted


def row(user: User) -> output.Row:
    """What is shown of one."""
    return {
        "id": user.id,
        "org": user.org_id,
        "email": user.email,
        **output.times(user.created_at, user.revoked_at),
    }
