"""Consistent copies of the database, while servers go on.

Comes in: the URL and a file to make. Goes out: the file, whole or not at all.
"""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from rooms.errors import BackupFailed
from rooms.store.url import DatabaseUrl

PAGES_AT_ONCE = 1000
"""Between two of which writers get their turn."""
BUSY_SECONDS = 30.0


def backup(url: str, target: Path) -> None:
    """Writes *target*; raises `BackupFailed`, and leaves nothing behind then."""
    location = DatabaseUrl.parse(url)
    if target.exists():
        raise BackupFailed(f"{target} exists already; name another file")
    # Made readable by its owner only: it holds hashes and encrypted secrets.
    draft = target.with_name(f".{target.name}.part")
    try:
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        raise BackupFailed(f"{target} cannot be written: {error.strerror}") from error
    try:
        if location.file is not None:
            _copy_file(location.file, draft)
        else:
            _dump_server(location, draft)
        draft.rename(target)
    finally:
        draft.unlink(missing_ok=True)


def _copy_file(file: Path, target: Path) -> None:
    if not file.exists():
        raise BackupFailed(f"there is no database {file} yet")
    try:
        with (
            closing(sqlite3.connect(file, timeout=BUSY_SECONDS)) as source,
            closing(sqlite3.connect(target)) as copy,
        ):
            # In one read transaction: writers do not make the copy start again.
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_master").fetchone()
            source.backup(copy, pages=PAGES_AT_ONCE)
            copy.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        raise BackupFailed(f"the database could not be copied: {error}") from error


def _dump_server(location: DatabaseUrl, target: Path) -> None:
    program = shutil.which("pg_dump")
    if program is None:
        raise BackupFailed(
            "pg_dump is not on the PATH: install PostgreSQL's client programs, of the server's "
            "version or newer"
        )
    url = location.parsed.set(drivername="postgresql")
    # The password goes by the environment: arguments are seen by every user of the machine.
    environment = dict(os.environ)
    if url.password:
        environment["PGPASSWORD"] = url.password
    done = subprocess.run(  # noqa: S603 - PostgreSQL's own program
        [
            *(program, "--format=custom", f"--file={target}"),
            *("--dbname", url.set(password=None).render_as_string()),
        ],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no reason was given"]
        raise BackupFailed(f"pg_dump failed: {last[0]}")
