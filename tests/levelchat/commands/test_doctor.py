"""Laws of levelchat.commands.doctor."""

import json
from pathlib import Path

from click.testing import CliRunner

from levelchat.commands.doctor import command


def test_findings_come_as_text_and_as_json(tmp_path: Path) -> None:
    """Both forms tell the same, each with what to do about what is not well."""
    arguments = ["--data", str(tmp_path)]
    found = json.loads(CliRunner().invoke(command, [*arguments, "--json"]).output)
    text = CliRunner().invoke(command, arguments).output

    assert {"encoders", "UDP port", "open files"} <= {finding["what"] for finding in found}
    assert all(finding["what"] in text for finding in found)
    assert all(finding["remedy"] in text for finding in found)
