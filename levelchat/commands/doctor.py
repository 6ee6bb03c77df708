"""`levelchat doctor`: what was found on this machine, and what to do about what is missing."""

import json
import sys

import click
import msgspec

from levelchat.commands import options
from levelchat.service.doctor import Finding, examine
from levelchat.service.settings import ServerSettings

SIGNS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "missing": ("✗", "red")}


@click.command("doctor")
@options.data
@options.config
@options.json_output
def command(data: str | None, file: click.Path | None, as_json: bool) -> None:  # noqa: FBT001
    """Look at this machine; exit code 1 when something that is needed is missing."""
    settings = options.load(file, data=data)  # type: ignore[arg-type]
    findings = examine(settings.section("server", ServerSettings))
    if as_json:
        click.echo(json.dumps([msgspec.to_builtins(finding) for finding in findings]))
    else:
        for finding in findings:
            _show(finding)
    sys.exit(any(finding.state == "missing" for finding in findings))


def _show(finding: Finding) -> None:
    sign, colour = SIGNS[finding.state]
    click.echo(f"{click.style(sign, fg=colour)} {finding.what}: {finding.found}")
    if finding.remedy:
        click.echo(f"    → {finding.remedy}")
