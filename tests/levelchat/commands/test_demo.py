"""Laws of levelchat.commands.demo; that it plays is tested end to end."""

import socket
from pathlib import Path

from click.testing import CliRunner

from levelchat.commands.demo import command
from levelchat.commands.processes import DemoFailed


def test_a_demo_that_cannot_start_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    """With its port taken the demo ends with a sentence, not with a wait."""
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))
        port = str(taken.getsockname()[1])
        result = CliRunner().invoke(command, ["--data", str(tmp_path), "--http-port", port])

    assert isinstance(result.exception, DemoFailed)
    assert "serve" in result.exception.detail
