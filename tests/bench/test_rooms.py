"""Laws of the rooms benchmark; the numbers themselves need a quiet machine."""

import json

import pytest
from click.testing import CliRunner

from bench import rooms
from bench.rooms_results import Results


def test_every_measurement_runs() -> None:
    """In small, on real servers: all but the one that waits for abandoned rooms to end."""
    done = CliRunner().invoke(
        rooms.command,
        [
            *("--only", "creates,max,tokens,idle,listing,signal", "--seconds", "0.5", "--rate", "40"),
            *("--closed-seconds", "0.2", "--rooms", "200", "--participants", "10"),
            *("--rounds", "2", "--idle-seconds", "0.2", "--json"),
        ],
        catch_exceptions=False,
    )
    found = json.loads(done.stdout)
    figures = {(each["measurement"], each["name"]): each for each in found["figures"]}

    assert done.exit_code == 0
    assert figures["creates", "creates that failed"]["values"] == [0.0]
    assert figures["creates", "POST /v1/rooms at 40/s p99"]["values"][0] > 0
    assert figures["tokens", "POST …/{id}/tokens a second"]["values"][0] > 0
    assert figures["signal", "chat, until all 10 heard p95"]["values"][0] > 0
    assert figures["max", "highest creates a second"]["values"][0] > 0
    assert figures["idle", "memory without them"]["values"][0] > 0
    by_index = figures["listing", "queries by index"]
    assert by_index["values"] == [by_index["goal"]]


@pytest.mark.parametrize("arguments", [["--only", "all"], ["--store", "mysql"], ["--rounds", "0"]])
def test_a_wrong_option_is_said_at_once(arguments: list[str]) -> None:
    """Before anything is started."""
    done = CliRunner().invoke(rooms.command, arguments)

    assert done.exit_code == 2
    assert arguments[0] in done.output or arguments[1] in done.output


def test_no_figure_is_no_failure() -> None:
    """Nothing measured, nothing missed."""
    assert Results().figures() == []
