"""Laws of the rooms benchmark; the numbers themselves need a quiet machine."""

import asyncio
import json

import pytest
from click.testing import CliRunner

from bench import rooms
from bench.progress import Say
from bench.results import Figure, Reading
from bench.rooms_plan import Plan

TINY = Plan(
    seconds=0.5,
    rate=40,
    closed_seconds=0.2,
    rooms=200,
    idle_seconds=0.2,
    requests=3,
    participants=10,
    rounds=2,
    settle_seconds=0.1,
)


async def test_every_measurement_runs() -> None:
    """In small, on real servers: all but the one that waits for abandoned rooms to end."""
    names = [name for name in rooms.MEASUREMENTS if name != "abandoned"]
    runs = [rooms.measure(["sqlite"], [name], TINY, 1) for name in names]
    figures: dict[tuple[str, str], Figure] = {
        (figure.measurement, figure.name): figure
        for results in await asyncio.gather(*runs)
        for figure in results.figures()
    }

    assert figures["creates", "creates that failed"].values == [0.0]
    assert figures["creates", "POST /v1/rooms at 40/s p99"].values[0] > 0
    assert figures["max", "highest creates a second"].values[0] > 0
    assert figures["tokens", "POST …/{id}/tokens a second"].values[0] > 0
    assert figures["idle", "memory without them"].values[0] > 0
    assert figures["listing", "queries by index"].reached
    assert figures["signal", "chat, until all 10 heard p95"].values[0] > 0


@pytest.fixture
def pretended(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, float]]:
    """What `creates` was asked for; its figures are 10, 20, …"""
    asked: list[tuple[str, float]] = []

    async def creates(store: str, plan: Plan, say: Say, notes: list[str]) -> list[Reading]:
        asked.append((store, plan.rate))
        notes.append("a note")
        return [Reading("p99", 10.0 * len(asked), "ms", 25)]

    monkeypatch.setitem(rooms.MEASUREMENTS, "creates", creates)
    return asked


def test_one_measurement_is_repeated_alone(pretended: list[tuple[str, float]]) -> None:
    """On each store as often as asked for; JSON has every run."""
    arguments = ["--only", "creates", "--store", "both", "--repeat", "2", "--rate", "7", "--json"]
    done = CliRunner().invoke(rooms.command, arguments, catch_exceptions=False)
    found = json.loads(done.stdout)

    assert pretended == [("sqlite", 7.0)] * 2 + [("postgresql", 7.0)] * 2
    assert [(each["subject"], each["values"]) for each in found["figures"]] == [
        ("sqlite", [10.0, 20.0]),
        ("postgresql", [30.0, 40.0]),
    ]
    assert found["notes"] == ["a note"]


@pytest.mark.parametrize(("repeat", "word", "status"), [("2", "yes", 0), ("3", "NO", 1)])
def test_a_missed_goal_is_a_failure(
    pretended: list[tuple[str, float]], repeat: str, word: str, status: int
) -> None:
    """The table says so, and so does the exit code."""
    done = CliRunner().invoke(rooms.command, ["--only", "creates", "--repeat", repeat])

    assert done.exit_code == status
    assert done.stdout.splitlines()[1].endswith(word)


@pytest.mark.parametrize("arguments", [["--only", "all"], ["--store", "mysql"], ["--rounds", "0"]])
def test_a_wrong_option_is_said_at_once(arguments: list[str]) -> None:
    """Before anything is started."""
    done = CliRunner().invoke(rooms.command, arguments)

    assert done.exit_code == 2
    assert arguments[1] in done.output
