"""`levelchat backup`: a consistent copy of the database, beside a running server."""

from pathlib import Path

import click

from levelchat.commands import options
from rooms.commands import output
from rooms.store import backup
from rooms.store.location import database_url


@click.command("backup")
@click.argument("target", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@options.data
@options.config
@options.json_output
def command(target: Path, data: str | None, file: Path | None, *, as_json: bool) -> None:
    """Copy the database to FILE while servers go on.

    Keep the folder `keys` of the data folder with it: without `keys/key-pepper` the API keys in
    the copy open nothing.

    To restore SQLite: stop the server, put FILE in the place of rooms.db in the data folder,
    delete rooms.db-wal and rooms.db-shm, start the server.

    To restore PostgreSQL: stop the servers, run `pg_restore --clean --if-exists --dbname URL
    FILE` as the same user, start the servers. In a new cluster first run
    `CREATE ROLE levelchat_tenant NOLOGIN`, and `GRANT levelchat_tenant TO` that user.
    """
    backup.backup(database_url(options.load(file, data=data)), target)
    size = target.stat().st_size
    output.done(
        {"file": str(target), "bytes": size},
        as_json=as_json,
        sentence=f"{target}: {size} bytes",
    )
