"""The `levelchat` command: finds a subcommand by name and imports only that one."""

import importlib
import sys
import warnings

import click

from levelchat import __version__
from levelchat.errors import LevelChatError

COMMANDS = {
    "demo": "levelchat.commands.demo",
    "serve": "levelchat.commands.serve",
    "publish": "levelchat.commands.publish",
    "watch": "levelchat.commands.watch",
    "token": "levelchat.commands.token",
    "token-key": "levelchat.commands.token_key",
    "admin": "rooms.commands.admin",
    "webhook-listen": "rooms.commands.webhook_listen",
    "migrate": "rooms.commands.migrate",
    "backup": "rooms.commands.backup",
    "config": "levelchat.commands.config",
    "doctor": "levelchat.commands.doctor",
    "bench": "levelchat.commands.bench",
}


class LazyGroup(click.Group):
    """A group that knows its commands by module name."""

    def __init__(self, *, modules: dict[str, str], **attributes: object) -> None:
        super().__init__(**attributes)  # type: ignore[arg-type]
        self._modules = modules

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(self._modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        module = self._modules.get(cmd_name)
        if module is None:
            return None
        command = importlib.import_module(module).command
        return command if isinstance(command, click.Command) else None


group = LazyGroup(
    modules=COMMANDS,
    name="levelchat",
    help="Live rooms on your own machines: WebRTC in, low-latency HLS out.",
    no_args_is_help=True,
)
click.version_option(__version__, prog_name="levelchat")(group)


def main() -> None:
    """The entry point: our own errors become one sentence and exit code 1."""
    # The contract names EdDSA (rooms.md §5); joserfc warns of RFC 9864's new name for it.
    warnings.filterwarnings("ignore", message="EdDSA is deprecated via RFC 9864")
    try:
        group()
    except LevelChatError as error:
        click.echo(f"levelchat: {error.detail}", err=True)
        sys.exit(1)
