"""`levelchat demo`: a server, and a publisher of the test pattern, and the URLs to watch it at."""

from contextlib import ExitStack
from pathlib import Path

import click

from levelchat.auth import keys
from levelchat.auth import token as room_token
from levelchat.auth.capability import Capability
from levelchat.clock import Clock, SystemClock
from levelchat.commands import options
from levelchat.commands.demo_nodes import CHAIN, ports_below, start_nats, start_relays
from levelchat.commands.processes import start, stay, stop_when_asked, wait_for
from levelchat.media.time import NANOSECOND

ROOM = "r_demo"
GUESTS = ("ann", "ben", "cem")
"""Who may come on stage: one link each, since a second tab with the same name takes the place of
the first."""
MAX_NODES = 4


@click.command("demo")
@options.data
@click.option("--http-port", default=8080, show_default=True, type=click.IntRange(1, 65535))
@click.option("--udp-port", default=8443, show_default=True, type=click.IntRange(0, 65535))
@click.option("--size", default="1280x720", show_default=True, help="Picture size.")
@click.option(
    "--nodes",
    default=1,
    show_default=True,
    type=click.IntRange(1, MAX_NODES),
    help="With more than one: an origin, and relays below each other, joined by NATS.",
)
@click.option("--seconds", type=click.IntRange(1), help="Stop after so long [default: Ctrl-C].")
def command(
    data: str | None, http_port: int, udp_port: int, size: str, nodes: int, seconds: int | None
) -> None:
    """Start everything and broadcast the test pattern into room r_demo."""
    folder = options.data_folder(data)
    clock = SystemClock()
    base = f"http://127.0.0.1:{http_port}"
    ports = ("--http-port", str(http_port), "--udp-port", str(udp_port))
    with ExitStack() as stack:
        stop_when_asked()
        among: tuple[str, ...] = ()
        helpers, nats = [], ""
        if nodes > 1:
            process, nats = start_nats(stack)
            helpers.append(process)
            among = ("--nats", nats, "--node", "origin", "--public-url", base)
        server = start(stack, "serve", "--data", str(folder), *ports, *among, **_shape(nodes))
        wait_for(f"{base}/readyz", clock, [server, *helpers])
        publisher = start(
            stack,
            *("publish", f"{base}/v1/whip/{ROOM}", "--test-pattern", "--size", size),
            LEVELCHAT_TOKEN=_token(folder, clock, "demo", [Capability.PUBLISH_CAMERA]),
        )
        wait_for(f"{base}/live/{ROOM}/index.m3u8", clock, [server, publisher, *helpers])
        _say(base, _guests(folder, clock))
        below = ports_below(http_port, udp_port, nodes)
        for process, relay in start_relays(stack, clock, folder, nats, below):
            helpers.append(process)
            viewer = _token(folder, clock, "viewer", [Capability.SUBSCRIBE_ALL])
            click.echo(f"  Through a relay: {relay}/stage/{ROOM}#token={viewer}")
        click.echo("  Stop:     Ctrl-C\n")
        stay([server, publisher, *helpers], seconds)


def _shape(nodes: int) -> dict[str, str]:
    return CHAIN if nodes > 1 else {}


def _say(base: str, guests: dict[str, str]) -> None:
    click.echo(f"\n  Watch:    {base}/watch/{ROOM}")
    click.echo(f"  Playlist: {base}/live/{ROOM}/index.m3u8")
    click.echo(
        f"  Publish:  {base}/publish/r_mine   (token: levelchat token --room r_mine "
        "--cap publish:camera)"
    )
    for name, token in guests.items():
        click.echo(f"  Stage, as {name}: {base}/stage/{ROOM}#token={token}")


def _guests(data: Path, clock: Clock) -> dict[str, str]:
    wanted = [Capability.PUBLISH_CAMERA, Capability.SUBSCRIBE_ALL]
    return {name: _token(data, clock, name, wanted) for name in GUESTS}


def _token(data: Path, clock: Clock, identity: str, capabilities: list[Capability]) -> str:
    return room_token.mint(
        keys.load_or_create(data),
        room=ROOM,
        identity=identity,
        name=identity.capitalize(),
        capabilities=capabilities,
        now=clock.wall_ns() // NANOSECOND,
    )
