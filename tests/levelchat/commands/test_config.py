"""Laws of levelchat.commands.config."""

import json
import tomllib
from pathlib import Path

from click.testing import CliRunner

from levelchat.commands.config import command
from levelchat.service import planes
from levelchat.service.settings import SettingsError


def test_every_section_is_printed_as_json_and_as_toml(tmp_path: Path) -> None:
    """Both forms show every section; what is printed as text is a settings file again."""
    file = tmp_path / "levelchat.toml"
    file.write_text("[server]\nhttp_port = 9999\n")
    as_json = json.loads(CliRunner().invoke(command, ["--config", str(file), "--json"]).output)
    as_text = CliRunner().invoke(command, ["--config", str(file)]).output

    assert set(as_json) == set(planes.sections())
    assert as_json["server"]["http_port"] == 9999
    assert "[edge]\n" in as_text
    assert tomllib.loads(as_text.partition("\n\n")[0])["server"]["http_port"] == 9999


def test_a_misspelt_section_is_an_error(tmp_path: Path) -> None:
    """A section that nobody reads is not passed over."""
    file = tmp_path / "levelchat.toml"
    file.write_text("[egde]\nwindow_seconds = 10\n")
    result = CliRunner().invoke(command, ["--config", str(file)])

    assert isinstance(result.exception, SettingsError)
