"""Laws of `levelchat admin`."""

from pathlib import Path

from click.testing import CliRunner

from rooms.commands.admin import command


def test_its_help_names_what_it_administers() -> None:
    """Organisations, projects, keys and users, each with create, list and revoke."""
    for group in ("org", "project", "key", "user"):
        shown = CliRunner().invoke(command, [group, "--help"]).output
        assert all(verb in shown for verb in ("create", "list", "revoke"))


def test_the_first_command_makes_what_a_first_start_would(tmp_path: Path) -> None:
    """Without a server ever having run there is a default project, whose key is shown once."""
    runner = CliRunner()
    first = runner.invoke(command, ["project", "list", "--data", str(tmp_path)])
    second = runner.invoke(command, ["project", "list", "--data", str(tmp_path)])

    assert "lc_pk_" in first.stderr
    assert "lc_pk_" not in second.stderr
    assert "default" in first.stdout
    assert first.stdout == second.stdout
    assert (tmp_path / "rooms.db").exists()
