"""Laws of ingest.reports."""

import pytest

from ingest.reports import QUALITY_NS, StreamReports
from levelchat.auth.revocation import Revocations
from levelchat.auth.token import Grant
from levelchat.bus.local import LocalBus
from levelchat.bus.messages import Message, Quality
from levelchat.bus.seams import REPORTS
from levelchat.clock import SystemClock
from levelchat.rtc.receiver import TrackStats
from levelchat.service.presence import Membership, Presence

GRANT = Grant(
    room="r_a",
    media_id="r_1",
    identity="ada",
    capabilities=frozenset(),
    token_id="t",
    expires=2_000_000_000,
)


class _Said(LocalBus):
    def __init__(self) -> None:
        super().__init__()
        self.said: list[Message] = []

    def publish(self, subject: str, message: Message) -> None:
        assert subject == REPORTS
        self.said.append(message)


@pytest.fixture
def bus() -> _Said:
    return _Said()


@pytest.fixture
def reports(bus: _Said) -> StreamReports:
    clock = SystemClock()
    presence = Presence(bus, Revocations(), clock, "n")
    return StreamReports(bus, clock, Membership(presence, GRANT, "whip", 0, None))


def _lost(bus: _Said) -> list[float]:
    return [round(item.fraction_lost, 3) for item in bus.said if isinstance(item, Quality)]


def test_loss_is_of_the_last_interval(bus: _Said, reports: StreamReports) -> None:
    """Packets that came again count as lost on their way; what was before does not count."""
    reports.start(["audio"], 0)

    reports.tell([TrackStats(packets=90, lost=10), TrackStats(packets=100)], 1)
    reports.tell([TrackStats(packets=190, lost=10, recovered=20), TrackStats(packets=200)], 2)
    reports.tell([TrackStats(packets=190, lost=10, recovered=20), TrackStats(packets=200)], 3)

    assert _lost(bus) == [0.05, 0.1, 0.0]


def test_quality_is_due_while_media_flow(reports: StreamReports) -> None:
    """Every five seconds from the first packet to the end, and at no other time."""
    assert not reports.due(QUALITY_NS * 9)
    reports.start(["audio"], 100)
    assert not reports.due(QUALITY_NS)
    assert reports.due(100 + QUALITY_NS)
    reports.tell([], 100 + QUALITY_NS)
    assert not reports.due(100 + QUALITY_NS + 1)
    reports.stop("left")
    assert not reports.due(QUALITY_NS * 9)


def test_a_stream_stops_once(bus: _Said, reports: StreamReports) -> None:
    """However often it is said; and one that never flowed does not stop."""
    reports.stop("never began")
    assert bus.said == []

    reports.start(["video"], 0)
    reports.stop("left")
    reports.stop("again")

    assert len(bus.said) == 2
