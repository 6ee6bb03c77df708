"""`levelchat token-key`: the keys that sign room tokens, listed and rotated."""

import json
from datetime import UTC, datetime

import click

from levelchat.auth import keys
from levelchat.auth import rotation as key_rotation
from levelchat.auth.keys import TokenKeys
from levelchat.clock import SystemClock
from levelchat.commands import options
from levelchat.media.time import NANOSECOND


@click.group("token-key")
def command() -> None:
    """The keys that sign room tokens."""


@command.command("list")
@options.data
@options.json_output
def list_keys(data: str | None, as_json: bool) -> None:  # noqa: FBT001 - click passes flags so
    """Show the key that signs and those that still verify."""
    _print(keys.load_or_create(options.data_folder(data)), as_json=as_json)


@command.command("rotate")
@click.option(
    "--at-once",
    is_flag=True,
    help="Refuse every token out there: the key that signed them leaked.",
)
@options.data
@options.json_output
def rotate(
    at_once: bool,  # noqa: FBT001 - click passes flags so
    data: str | None,
    as_json: bool,  # noqa: FBT001 - same
) -> None:
    """Sign with a new key from now on; running servers notice by themselves."""
    folder = options.data_folder(data)
    _print(key_rotation.rotate(folder, _now(), at_once=at_once), as_json=as_json)


def _print(held: TokenKeys, *, as_json: bool) -> None:
    now = _now()
    untils = {key.kid or "": held.until.get(key.kid or "") for key in held.verifying}
    good = {kid: until for kid, until in untils.items() if until is None or until >= now}
    if as_json:
        rows = [{"kid": kid, "use": _use(until), "until": until} for kid, until in good.items()]
        click.echo(json.dumps({"keys": rows}))
        return
    for kid, until in good.items():
        end = f" until {datetime.fromtimestamp(until, UTC):%Y-%m-%d %H:%M:%S} UTC" if until else ""
        click.echo(f"{kid}  {_use(until)}{end}")


def _use(until: int | None) -> str:
    return "signs" if until is None else "verifies"


def _now() -> int:
    return SystemClock().wall_ns() // NANOSECOND
