"""Laws of the figures that benchmarks print."""

from bench import results
from bench.results import Reading, Results
from levelchat.client.timing import Distribution


def _figure(values: list[float], goal: float | None, *, at_least: bool = False) -> results.Figure:
    results = Results()
    for value in values:
        results.add("sqlite", "creates", [Reading("p99", value, "ms", goal, at_least)])
    (figure,) = results.figures()
    return figure


def test_the_worst_run_is_judged() -> None:
    """A goal that one of several runs missed is missed."""
    assert _figure([10, 24, 25], 25).reached is True
    assert _figure([10, 24, 26], 25).reached is False
    assert _figure([2000, 3000], 2000, at_least=True).reached is True
    assert _figure([1999, 3000], 2000, at_least=True).reached is False
    assert _figure([1], None).reached is None


def test_the_table_says_what_was_missed() -> None:
    """Least, median, most, goal, and whether it was reached."""
    head, line = results.table([_figure([10, 30, 20], 25)])

    assert head.split()[:4] == ["subject", "measurement", "figure", "min"]
    assert line.split() == ["sqlite", "creates", "p99", "10", "20", "30", "ms", "≤", "25", "NO"]


def test_percentiles_are_of_all_readings() -> None:
    """In milliseconds; a goal is for one of them; of nothing there are none."""
    latency = Distribution()
    for number in range(1, 101):
        latency.add(number * 1_000_000)

    readings = results.percentiles("x", latency, {95: 90})

    assert [(each.name, each.value) for each in readings] == [
        ("x p50", 50),
        ("x p95", 95),
        ("x p99", 99),
        ("x max", 100),
    ]
    assert [each.goal for each in readings] == [None, 90, None, None]
    assert results.percentiles("x", Distribution()) == []


def test_a_note_is_kept_once() -> None:
    """A query's plan is the same in every run."""
    results = Results()
    results.note("a")
    results.note("a")

    assert results.notes == ["a"]
