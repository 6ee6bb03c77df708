"""`levelchat migrate`: makes or upgrades the tables."""

import asyncio
from pathlib import Path

import click
import msgspec

from levelchat.commands import options
from rooms.commands import output
from rooms.store import migrate
from rooms.store.location import database_url


@click.command("migrate")
@options.data
@options.config
@options.json_output
def command(data: str | None, file: Path | None, *, as_json: bool) -> None:
    """Bring the database to what this version needs.

    `levelchat serve` does so by itself when it starts. Run it first, and once, where several
    servers share a database: stop the old ones, migrate, start the new ones.
    """
    done = asyncio.run(migrate.ensure(database_url(options.load(file, data=data))))
    if done.before == done.after:
        sentence = f"the database is at revision {done.after} already"
    else:
        sentence = f"the database is at revision {done.after} now"
    output.done(msgspec.to_builtins(done), as_json=as_json, sentence=sentence)
