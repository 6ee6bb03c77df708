"""Laws of bench.command."""

import json
import resource

import click
import pytest
from click.testing import CliRunner

from bench.command import choose_from, raise_file_limit, say
from bench.results import Reading, Results


@click.command()
@choose_from(["first", "second", "third"])
def chosen(names: list[str]) -> None:
    click.echo(" ".join(names))


@pytest.mark.parametrize(
    ("arguments", "output"),
    [([], "first second third\n"), (["--only", "third,first"], "first third\n")],
)
def test_some_or_all_run_in_their_order(arguments: list[str], output: str) -> None:
    """However they were named."""
    assert CliRunner().invoke(chosen, arguments).output == output


def test_a_name_that_is_none_is_said() -> None:
    """With those that there are."""
    result = CliRunner().invoke(chosen, ["--only", "fourth"])
    assert result.exit_code == 2
    assert "'fourth' is none of first, second, third" in result.output


@pytest.mark.parametrize(("value", "code"), [(1, 0), (3, 1)])
def test_the_exit_code_says_whether_goals_were_reached(value: float, code: int) -> None:
    """A table for people; JSON is for programs, which read it in the document."""
    results = Results()
    results.add("core", "delay", [Reading("late", value, "ms", 2)])
    results.note("measured alone")
    command = click.Command("say", callback=lambda: say(results, as_json=False))
    told = CliRunner().invoke(command)
    assert told.exit_code == code
    assert "late" in told.output
    assert "measured alone" in told.output

    document = CliRunner().invoke(
        click.Command("say", callback=lambda: say(results, as_json=True))
    )
    assert document.exit_code == 0
    assert json.loads(document.output)["figures"][0]["values"] == [value]


def test_more_open_files_than_may_be_are_refused() -> None:
    """At once, rather than in the middle of a measurement."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    raise_file_limit(soft)
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (soft, hard)
    with pytest.raises(click.ClickException, match="files may be open"):
        raise_file_limit(hard + 1)
