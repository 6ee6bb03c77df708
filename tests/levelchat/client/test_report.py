"""Laws of the report."""

from levelchat.client.report import Readings, stalls, told
from levelchat.client.rules.finding import Violation
from levelchat.client.timing import MILLISECOND, Playback


def test_lateness_is_counted_from_each_tracks_best_pace() -> None:
    """A track that is always 100 ms older is not 100 ms late."""
    readings = Readings()
    for age in (10, 15, 30):
        readings.part_arrived("video", age * MILLISECOND)
        readings.part_arrived("audio", (age + 100) * MILLISECOND)
    lateness = readings.lateness()

    assert (lateness.count, lateness.min, lateness.max) == (6, 0.0, 20.0)
    assert readings.part_age.summary().max == 130.0


def test_requests_and_errors_are_counted_by_kind() -> None:
    """Counters begin at one, not at nothing."""
    readings = Readings()
    for _ in range(2):
        readings.count_request("part")
    readings.count_error("part 503")

    assert (readings.requests, readings.errors) == ({"part": 2}, {"part 503": 1})


def test_a_stall_that_lasts_is_told() -> None:
    """A report in the middle of a stall has its time so far."""
    playback = Playback(0, ("video",), first_ns=1, ahead_ns=1)
    playback.append("video", 100 * MILLISECOND, 0)
    playback.advance(350 * MILLISECOND)
    seen = stalls(playback, 350 * MILLISECOND)

    assert (seen.count, seen.total_ms) == (1, 250.0)
    assert stalls(None, 0).count == 0


def test_violations_are_told_from_the_beginning_on() -> None:
    """Times are milliseconds since the viewer began."""
    (violation,) = told((Violation("A1.1", "text", 3, 5_500_000, "seen"),), 5_000_000)

    assert (violation.first_ms, violation.count) == (0.5, 3)
