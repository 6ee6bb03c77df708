"""Laws of the latency benchmark's arithmetic; the measuring itself needs browsers."""

import pytest
from click.testing import CliRunner

from bench.browser import Stats
from bench.latency import Options, Result, Watched, _add_start, _add_watched, command

OPTIONS = Options(seconds=180, codec="H264", width=640, height=360, fps=30)


def _stats(delays: list[float], **counters: float) -> Stats:
    return {"delays_ms": delays, "stalls": 0, "unreadable": 0, "dropped_frames": 0} | counters


def _result(*seconds: Stats) -> Result:
    watched = Watched()
    watched.start(_stats([9000.0], stalls=1, unreadable=7, dropped_frames=3))
    for stats in seconds:
        watched.add({"stalls": 1} | stats)
    result = Result(options=OPTIONS, part_hold_back_ms=1500)
    _add_watched(result, watched)
    return result


def test_the_start_up_is_not_counted() -> None:
    """Readings, stalls and unreadable frames before the start are left out."""
    result = _result(
        _stats([1500.0, 1600.0], stalls=1, unreadable=7, dropped_frames=3),
        _stats([1700.0], stalls=1, unreadable=8, dropped_frames=5),
    )

    assert result.glass_to_glass.count == 3
    assert (result.glass_to_glass.min, result.glass_to_glass.max) == (1500.0, 1700.0)
    assert (result.stalls, result.dropped_frames) == (0, 2)
    assert result.unreadable_percent == 25.0
    assert result.goals_hold


@pytest.mark.parametrize(
    ("delays", "stalls"),
    [([2201.0] * 20, 1), ([2000.0] * 18 + [2601.0] * 2, 1), ([1500.0], 2), ([], 1)],
)
def test_a_missed_goal_is_said(delays: list[float], stalls: int) -> None:
    """p50, p95, a stall, or no reading at all: each alone misses the goals."""
    assert not _result(_stats(delays, stalls=stalls, unreadable=7)).goals_hold


def test_the_start_is_counted_from_the_offer() -> None:
    """From when the request left, by the browser's clock, to when the part was listed."""
    result = Result(options=OPTIONS, part_hold_back_ms=1500)
    _add_start(result, 1_000_000_000, 1_972_000_000, {"offer_to_answer_ms": 50.04})

    assert (result.offer_to_first_part_ms, result.offer_to_answer_ms) == (972.0, 50.0)


@pytest.mark.parametrize("arguments", [["--size", "big"], ["--seconds", "3"], ["--codec", "H265"]])
def test_a_wrong_option_is_said_at_once(arguments: list[str]) -> None:
    """Before any browser or server is started."""
    assert CliRunner().invoke(command, arguments).exit_code == 2
