"""Laws of the plane."""

import asyncio
from pathlib import Path

import pytest
import whip
from prometheus_client import CollectorRegistry

from ingest import app
from levelchat.service.plane import Context
from levelchat.service.settings import Settings, SettingsError


def context(**settings: object) -> Context:
    return Context(
        clock=whip.ShiftedClock(),
        settings=Settings({"ingest": settings}),
        metrics=CollectorRegistry(),
        keys=whip.new_keys(),
        data=Path(),
    )


def test_ingest_needs_somewhere_to_send_frames() -> None:
    """Without a packager in the process the plane is refused with the setting to change."""
    with pytest.raises(SettingsError, match="packager"):
        app.create(context())


@pytest.mark.parametrize(
    "settings",
    [
        {"max_publishers": -1},
        {"min_bitrate": 9_000_000},
        {"report_ms": 0},
        {"idle_seconds": 0},
        {"preferred_codec": "h265"},
        {"ice_servers": [{"url": "http://x"}]},
        {"ice_servers": [{"url": 'stun:x>; rel="y'}]},
        {"takeoverr": True},
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, object]) -> None:
    """A wrong setting is named before anything runs."""
    with pytest.raises(SettingsError, match=next(iter(settings))):
        context(**settings).settings.section("ingest", app.IngestSettings)


async def test_an_idle_plane_does_nothing() -> None:
    """Without publishers the plane is one task that sleeps; no timer runs."""
    async with whip.running() as ingest:
        task = asyncio.create_task(ingest.plane.run())
        await asyncio.sleep(0)

        assert asyncio.get_running_loop()._scheduled == []
        assert ingest.plane.unready() == []
        task.cancel()
