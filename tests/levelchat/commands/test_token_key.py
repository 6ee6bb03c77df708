"""Laws of levelchat.commands.token_key."""

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from levelchat.commands.token_key import command


def _run(tmp_path: Path, *arguments: str) -> Any:
    result = CliRunner().invoke(command, [*arguments, "--data", str(tmp_path), "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.output)["keys"]


def test_a_rotation_shows_old_and_new(tmp_path: Path) -> None:
    """The new key signs; the old one verifies for as long as its tokens live."""
    [before] = _run(tmp_path, "list")

    rotated = _run(tmp_path, "rotate")

    assert rotated == _run(tmp_path, "list")
    assert {row["use"] for row in rotated} == {"signs", "verifies"}
    [old] = [row for row in rotated if row["use"] == "verifies"]
    assert old["kid"] == before["kid"]
    assert old["until"] > 0


def test_a_leaked_key_is_gone_at_once(tmp_path: Path) -> None:
    """Only the new one is left."""
    [before] = _run(tmp_path, "list")

    [after] = _run(tmp_path, "rotate", "--at-once")

    assert after["kid"] != before["kid"]


def test_people_read_lines(tmp_path: Path) -> None:
    """Without --json each key is a line, and no secret is shown."""
    _run(tmp_path, "rotate")
    shown = CliRunner().invoke(command, ["list", "--data", str(tmp_path)]).output.splitlines()

    assert len(shown) == 2
    assert shown[0].endswith("signs")
    assert shown[1].endswith("UTC")
