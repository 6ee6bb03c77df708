"""Where the database is."""

from pathlib import Path

from levelchat.service.settings import Settings
from rooms.store.location import database_url
from rooms.store.url import DatabaseUrl


def test_it_is_a_file_under_data() -> None:
    """Without a word about it, rows are kept in `rooms.db` beside the keys."""
    url = database_url(Settings({"server": {"data": "some/folder"}}))

    assert DatabaseUrl.parse(url).file == Path("some/folder/rooms.db").absolute()


def test_the_settings_may_name_it() -> None:
    """`rooms.database` is taken as it is."""
    settings = Settings({"rooms": {"database": "postgresql://h/db"}})

    assert database_url(settings) == "postgresql://h/db"
