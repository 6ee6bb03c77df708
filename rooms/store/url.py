"""The URL of a database, read.

Comes in: `sqlite:///path/rooms.db` or `postgresql://user:password@host:port/name`. Goes out: a
file or a server; `SettingsError` for anything else. Pure.
"""

from pathlib import Path

import msgspec
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from levelchat.service.settings import SettingsError


class DatabaseUrl(msgspec.Struct, frozen=True):
    """Where the database is."""

    parsed: URL
    file: Path | None
    """SQLite's; None for PostgreSQL."""

    @classmethod
    def parse(cls, url: str) -> "DatabaseUrl":
        """Raises `SettingsError` when *url* is none that the store can open."""
        try:
            parsed = make_url(url)
        except (ArgumentError, ValueError) as error:
            raise _bad_url() from error
        if parsed.drivername == "sqlite" and parsed.database not in {None, "", ":memory:"}:
            return cls(parsed, Path(str(parsed.database)))
        if parsed.drivername in {"postgresql", "postgres"} and parsed.database:
            return cls(parsed, None)
        raise _bad_url()


def _bad_url() -> SettingsError:
    # The URL may hold a password: it is not repeated.
    return SettingsError(
        "settings, section [rooms]: database must be a URL such as sqlite:///path/rooms.db or "
        "postgresql://user:password@host/name"
    )
