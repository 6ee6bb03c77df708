"""The laws of the packager plane."""

import asyncio
from pathlib import Path

import pytest
from broadcast import Origin, eventually
from prometheus_client import CollectorRegistry

from levelchat.auth import keys
from levelchat.clock import SystemClock
from levelchat.media.seams import ProgramSink
from levelchat.service.plane import Context, Seams
from levelchat.service.settings import Settings, SettingsError
from packager import app


def _context(data: Path, programs: ProgramSink | None) -> Context:
    return Context(
        clock=SystemClock(),
        settings=Settings({"packager": {"warm_spares": 0}}),
        metrics=CollectorRegistry(),
        keys=keys.load_or_create(data),
        data=data,
        seams=Seams(programs=programs),
    )


async def test_the_plane_offers_its_seam(tmp_path: Path) -> None:
    """Ingest finds the frame sink; the plane is ready once it runs, and ends when cancelled."""
    context = _context(tmp_path, Origin())
    plane = app.create(context)

    assert plane.name == "packager"
    assert context.seams.frames is not None
    assert list(plane.routes()) == []
    assert plane.unready() == ["no broadcasts are taken"]
    task = asyncio.create_task(plane.run())
    await eventually(lambda: plane.unready() == [], "readiness")
    await plane.drain()
    task.cancel()
    await asyncio.wait([task])


def test_a_packager_without_an_origin_is_refused(tmp_path: Path) -> None:
    """The settings say what is missing."""
    with pytest.raises(SettingsError, match="edge"):
        app.create(_context(tmp_path, None))
