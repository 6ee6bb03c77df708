"""Leaves happen in the end, and nobody waits for them."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from prometheus_client import CollectorRegistry
from signalkit import eventually

from levelchat.bus.messages import Join
from rooms.entering import Attended
from rooms.errors import NotFound, StoreUnavailable
from rooms.model import LeaveReason
from rooms.signal import departures as module
from rooms.signal.departures import Departures
from rooms.signal.metrics import SignalMetrics


class _Attendance:
    def __init__(self) -> None:
        self.left: list[tuple[str, int | None, LeaveReason]] = []
        self.away = False
        self.tries = 0

    async def join(self, join: Join) -> Attended:
        raise NotFound("nobody joins here")

    async def leave(
        self, session: str, media_id: str, at: int | None, reason: LeaveReason
    ) -> None:
        self.tries += 1
        if self.away:
            raise StoreUnavailable("away")
        if session == "s_unknown":
            raise NotFound("there is no such room")
        self.left.append((session, at, reason))

    async def seen(self, sessions: list[str], at: int) -> None:
        """Nobody asks."""


@pytest.fixture
def attendance() -> _Attendance:
    return _Attendance()


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
async def departures(
    attendance: _Attendance, registry: CollectorRegistry
) -> AsyncIterator[Departures]:
    made = Departures(attendance, SignalMetrics(registry))
    running = asyncio.create_task(made.run())
    yield made
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_the_first_reason_counts(departures: Departures, attendance: _Attendance) -> None:
    """A session that is kicked and lost at once was kicked."""
    departures.add("s_1", "r_1", 5, LeaveReason.KICKED)
    departures.add("s_1", "r_1", 9, LeaveReason.LOST)
    departures.add("s_2", "r_1", None, LeaveReason.LOST)
    await departures.settle(5)

    assert attendance.left == [
        ("s_1", 5, LeaveReason.KICKED),
        ("s_2", None, LeaveReason.LOST),
    ]


async def test_a_store_that_is_away_is_asked_again(
    departures: Departures, attendance: _Attendance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The leave keeps its instant; what is refused for good is not tried again."""
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.01)
    attendance.away = True
    departures.add("s_1", "r_1", 5, LeaveReason.LEFT)
    departures.add("s_unknown", "r_none", 5, LeaveReason.LEFT)
    await eventually(lambda: attendance.tries >= 4)
    attendance.away = False
    await departures.settle(5)

    assert attendance.left == [("s_1", 5, LeaveReason.LEFT)]


async def test_what_waits_is_bounded(
    departures: Departures, registry: CollectorRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reaper ends the others."""
    monkeypatch.setattr(module, "MAX_WAITING", 1)
    departures.add("s_1", "r_1", 5, LeaveReason.LEFT)
    departures.add("s_2", "r_1", 5, LeaveReason.LEFT)

    assert registry.get_sample_value("levelchat_signal_dropped_total", {"what": "leave"}) == 1
    await departures.settle(5)
