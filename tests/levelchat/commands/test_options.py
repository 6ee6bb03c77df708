"""Laws of levelchat.commands.options."""

from pathlib import Path

import pytest

from levelchat.commands import options
from levelchat.service.settings import ServerSettings


def test_what_the_command_line_leaves_out_comes_from_the_file(tmp_path: Path) -> None:
    """None on the command line means: as the file says."""
    file = tmp_path / "levelchat.toml"
    file.write_text("[server]\nhttp_port = 1\nudp_port = 2\n")
    server = options.load(file, http_port=3, udp_port=None).section("server", ServerSettings)

    assert (server.http_port, server.udp_port) == (3, 2)


def test_a_settings_file_beside_us_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`levelchat.toml` of the working folder is read without being named."""
    (tmp_path / "levelchat.toml").write_text('[server]\ndata = "kept"\n')
    monkeypatch.chdir(tmp_path)

    assert options.data_folder(None) == Path("kept")
    assert options.data_folder("other") == Path("other")
