"""Laws of levelchat.commands.bench."""

import click
import pytest

from levelchat.commands.bench import command


@pytest.mark.parametrize("name", command.list_commands(click.Context(command)))
def test_every_benchmark_says_what_it_measures(name: str) -> None:
    """Each benchmark is a command with a sentence of help and a --json option."""
    found = command.get_command(click.Context(command), name)

    assert found is not None
    assert found.help
    assert "--json" in [option for parameter in found.params for option in parameter.opts]


def test_an_unknown_benchmark_is_none() -> None:
    """Click itself says that there is no such command."""
    assert command.get_command(click.Context(command), "nothing") is None
