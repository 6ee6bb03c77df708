"""Laws of distributions and of the simulated buffer."""

import pytest

from levelchat.client.timing import MILLISECOND, Distribution, Playback

SECOND = 1_000_000_000


def _playback(first_ms: int = 1000, ahead_ms: int = 500) -> Playback:
    return Playback(
        0,
        ("video", "audio"),
        first_ns=first_ms * MILLISECOND,
        ahead_ns=ahead_ms * MILLISECOND,
    )


def _fill(playback: Playback, end_ms: int, now_ms: int) -> None:
    for track in ("video", "audio"):
        playback.append(track, end_ms * MILLISECOND, now_ms * MILLISECOND)


@pytest.mark.parametrize(
    ("count", "expected"), [(1, (1, 1, 1, 1)), (2, (1, 1, 2, 2)), (100, (1, 50, 95, 100))]
)
def test_quantiles_are_readings(count: int, expected: tuple[int, ...]) -> None:
    """A percentile is the smallest reading that so many percent do not exceed."""
    readings = Distribution()
    for value in reversed(range(1, count + 1)):
        readings.add(value)

    assert tuple(readings.quantiles_ns(0, 50, 95, 100)) == expected


def test_an_empty_distribution_has_no_quantiles() -> None:
    """Without readings the summary says so instead of inventing a zero."""
    assert Distribution().summary().p50 is None


def test_a_distribution_is_bounded_and_says_what_it_dropped() -> None:
    """Beyond its limit the oldest readings go, counted."""
    readings = Distribution(limit=3)
    for value in range(5):
        readings.add(value * MILLISECOND)

    assert (readings.readings(), readings.dropped) == (
        (2 * MILLISECOND, 3 * MILLISECOND, 4 * MILLISECOND),
        2,
    )
    assert readings.summary().max == 4.0


def test_playback_waits_for_every_track() -> None:
    """The picture starts when the slowest track has enough."""
    playback = _playback()
    playback.append("video", 2 * SECOND, 0)
    assert not playback.playing
    playback.append("audio", SECOND, 300 * MILLISECOND)

    assert playback.started_ns == 300 * MILLISECOND


def test_the_playhead_runs_in_real_time() -> None:
    """A second of wall clock is a second of media."""
    playback = _playback()
    _fill(playback, 5000, 0)
    playback.advance(1700 * MILLISECOND)

    assert playback.position_ns == 1700 * MILLISECOND
    assert playback.buffer_ns == 3300 * MILLISECOND
    assert playback.stall_count() == 0


def test_an_empty_buffer_is_a_stall_from_its_very_moment() -> None:
    """However late it is noticed, a stall begins when the buffer ran out."""
    playback = _playback()
    _fill(playback, 1000, 0)
    playback.advance(1400 * MILLISECOND)

    assert not playback.playing
    assert playback.stalled_ns(1400 * MILLISECOND) == 400 * MILLISECOND
    assert playback.position_ns == SECOND


def test_playback_goes_on_after_a_stall_with_enough_ahead() -> None:
    """The stall ends when every track is ahead again, and the playhead goes on from there."""
    playback = _playback()
    _fill(playback, 1000, 0)
    _fill(playback, 1200, 1500)
    assert not playback.playing
    _fill(playback, 1500, 2000)
    playback.advance(2300 * MILLISECOND)

    assert [stall.duration_ns for stall in playback.stalls] == [SECOND]
    assert playback.position_ns == 1300 * MILLISECOND


def test_reaching_the_end_of_the_stream_is_no_stall() -> None:
    """After the end the playhead stops where the media stops."""
    playback = _playback()
    _fill(playback, 1000, 0)
    playback.end(500 * MILLISECOND)
    playback.advance(5 * SECOND)

    assert (playback.position_ns, playback.stall_count()) == (SECOND, 0)
