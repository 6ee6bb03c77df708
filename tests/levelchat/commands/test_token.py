"""Laws of levelchat.commands.token."""

import json
from pathlib import Path

from click.testing import CliRunner

from levelchat.auth import keys, token
from levelchat.clock import SystemClock
from levelchat.commands.token import command


def test_a_minted_token_opens_its_room(tmp_path: Path) -> None:
    """What the command prints is accepted by a server with the same data folder."""
    arguments = ["--room", "r_a", "--cap", "publish:camera", "--data", str(tmp_path), "--json"]
    printed = json.loads(CliRunner().invoke(command, arguments).output)
    now = SystemClock().wall_ns() // 1_000_000_000

    grant = token.verify(keys.load_or_create(tmp_path), printed["token"], room="r_a", now=now)

    assert grant.capabilities == {"publish:camera"}
    assert grant.expires == printed["expires"]


def test_an_unknown_capability_names_the_known(tmp_path: Path) -> None:
    """A slip of the pen is answered with the list of what there is."""
    arguments = ["--room", "r_a", "--cap", "publish:all", "--data", str(tmp_path)]
    result = CliRunner().invoke(command, arguments)

    assert result.exit_code == 2
    assert "publish:camera" in result.output


def test_a_token_longer_than_an_hour_is_refused(tmp_path: Path) -> None:
    """The contract's bound holds at the command line too."""
    arguments = ["--room", "r_a", "--cap", "chat:send", "--ttl", "3601", "--data", str(tmp_path)]

    assert CliRunner().invoke(command, arguments).exit_code == 2
