"""The parts are made without doing anything."""

from pathlib import Path

from prometheus_client import CollectorRegistry

from levelchat.auth import keys
from levelchat.clock import SystemClock
from levelchat.service.plane import Context
from levelchat.service.settings import Settings
from rooms.assembly import assemble


async def test_nothing_is_opened(tmp_path: Path) -> None:
    """There is no database file before the plane runs."""
    settings = Settings({"server": {"data": str(tmp_path)}})
    context = Context(
        clock=SystemClock(),
        settings=settings,
        metrics=CollectorRegistry(),
        keys=keys.load_or_create(tmp_path),
        data=tmp_path,
    )

    parts = assemble(context)

    assert parts.url == f"sqlite:///{tmp_path / 'rooms.db'}"
    assert not (tmp_path / "rooms.db").exists()
    assert parts.api.routes()
