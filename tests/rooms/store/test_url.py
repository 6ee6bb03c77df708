"""URLs of databases."""

from pathlib import Path

import pytest

from levelchat.service.settings import SettingsError
from rooms.store.url import DatabaseUrl


def test_sqlite_is_a_file() -> None:
    """Three slashes lead to a relative path, four to an absolute one."""
    assert DatabaseUrl.parse("sqlite:///data/rooms.db").file == Path("data/rooms.db")
    assert DatabaseUrl.parse("sqlite:////srv/rooms.db").file == Path("/srv/rooms.db")


def test_postgresql_is_a_server() -> None:
    """Both spellings are known; user, password, host and port are optional."""
    for url in ("postgresql://u:p@h:5433/db", "postgres://h/db"):
        assert DatabaseUrl.parse(url).file is None


@pytest.mark.parametrize(
    "url",
    [
        *("", "rooms.db", "sqlite://", "sqlite:///:memory:", "mysql://h/db"),
        *("postgresql://u:secret@h", "postgresql+psycopg://u:secret@h/db"),
        "postgresql://u:secret@h:port/db",
    ],
)
def test_anything_else_is_refused(url: str) -> None:
    """The sentence shows what is right, and never the password."""
    with pytest.raises(SettingsError, match=r"sqlite:///path/rooms\.db") as caught:
        DatabaseUrl.parse(url)

    assert "secret" not in caught.value.detail
