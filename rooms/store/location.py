"""Where this installation's database is.

Comes in: the settings. Goes out: its URL.
"""

from pathlib import Path

from levelchat.service.settings import ServerSettings, Settings
from rooms.settings import RoomsSettings

FILE = "rooms.db"
"""Under `server.data`, when the settings name no database."""


def database_url(settings: Settings) -> str:
    """What `rooms.database` says, else a SQLite file beside the keys."""
    named = settings.section("rooms", RoomsSettings).database
    if named:
        return named
    data = Path(settings.section("server", ServerSettings).data)
    return f"sqlite:///{(data / FILE).absolute()}"
