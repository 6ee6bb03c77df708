"""`levelchat token`: mints a room token with the key under the data folder."""

import json

import click

from levelchat.auth import capability, keys
from levelchat.auth import token as room_token
from levelchat.clock import SystemClock
from levelchat.commands import options
from levelchat.media.time import NANOSECOND


@click.command("token")
@click.option("--room", required=True, help="Room id, r_….")
@click.option("--cap", "capabilities", multiple=True, required=True, help="A capability; repeat.")
@click.option("--identity", default="cli", show_default=True, help="Who the token is for.")
@click.option("--name", default="", help="Name that others see.")
@click.option(
    "--ttl",
    default=room_token.MAX_TTL,
    show_default=True,
    type=click.IntRange(1, room_token.MAX_TTL),
    help="Seconds until it expires.",
)
@options.data
@options.json_output
def command(
    room: str,
    capabilities: tuple[str, ...],
    identity: str,
    name: str,
    ttl: int,
    data: str | None,
    as_json: bool,  # noqa: FBT001 - click passes flags so
) -> None:
    """Mint a room token: what it allows is said by capabilities."""
    try:
        wanted = [capability.parse(item) for item in capabilities]
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--cap") from error
    now = SystemClock().wall_ns() // NANOSECOND
    token = room_token.mint(
        keys.load_or_create(options.data_folder(data)),
        room=room,
        identity=identity,
        capabilities=wanted,
        now=now,
        ttl=ttl,
        name=name,
    )
    if as_json:
        click.echo(json.dumps({"token": token, "room": room, "expires": now + ttl}))
    else:
        click.echo(token)
