"""Laws of levelchat.commands.serve; what it serves is tested end to end."""

from click.testing import CliRunner

from levelchat.commands.serve import command
from levelchat.service.settings import SettingsError


def test_an_unknown_plane_stops_the_start() -> None:
    """A plane that does not exist is an error that names those that do."""
    result = CliRunner().invoke(command, ["--planes", "edge,kitchen", "--http-port", "0"])

    assert isinstance(result.exception, SettingsError)
    assert "packager" in result.exception.detail


def test_a_port_is_a_number() -> None:
    """Click refuses a port out of range before anything starts."""
    assert CliRunner().invoke(command, ["--http-port", "70000"]).exit_code == 2
