"""Runs administrative commands as a shell would."""

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from rooms.commands import admin, backup, migrate

COMMANDS = {"admin": admin.command, "backup": backup.command, "migrate": migrate.command}


class Shell:
    """One data folder, and commands on it."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def run(self, line: str, stdin: str | None = None) -> Result:
        """The outcome of a command line; our own errors stay exceptions."""
        name, *arguments = line.split()
        return CliRunner().invoke(
            COMMANDS[name], [*arguments, "--data", str(self.data)], input=stdin
        )

    def json(self, line: str, stdin: str | None = None) -> Any:
        """What it prints for programs."""
        done = self.run(f"{line} --json", stdin)
        assert done.exit_code == 0, (done.output, done.exception)
        return json.loads(done.stdout)

    def error(self, line: str, stdin: str | None = None) -> str:
        """The one sentence that it fails with."""
        done = self.run(line, stdin)
        assert done.exit_code == 1, done.output
        return done.exception.detail
