"""`levelchat config`: prints the settings in force, secrets redacted."""

import json
from pathlib import Path

import click
import msgspec

from levelchat.commands import options
from levelchat.service import planes
from levelchat.service.redact import redact


@click.command("config")
@options.config
@options.json_output
def command(file: Path | None, as_json: bool) -> None:  # noqa: FBT001 - click passes flags so
    """Print what is in force: defaults < levelchat.toml < environment."""
    settings = options.load(file)
    shapes = planes.sections()
    planes.refuse_unknown_sections(settings)
    sections = {
        name: redact(msgspec.to_builtins(settings.section(name, shape)))
        for name, shape in shapes.items()
    }
    if as_json:
        click.echo(json.dumps(sections))
        return
    for name, values in sections.items():
        click.echo(f"[{name}]")
        for key, value in values.items():
            click.echo(f"{key} = {json.dumps(value)}")
        click.echo()
