"""`levelchat serve`: runs planes until SIGTERM or SIGINT."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import click

from levelchat.clock import SystemClock
from levelchat.commands import options
from levelchat.service import collector, logs
from levelchat.service.server import Server
from levelchat.service.settings import ServerSettings


@click.command("serve")
@options.data
@options.config
@click.option("--host", help="Address to listen on.")
@click.option("--http-port", type=click.IntRange(0, 65535), help="TCP port [default: 8080].")
@click.option("--udp-port", type=click.IntRange(0, 65535), help="UDP port [default: 8443].")
@click.option("--planes", metavar="A,B", help="Which planes to run [default: all].")
@click.option("--nats", metavar="URL", help="NATS server of all nodes of the installation.")
@click.option("--node", metavar="NAME", help="Name of this node among the others.")
@click.option("--region", metavar="NAME", help="Where this node stands.")
@click.option("--public-url", metavar="URL", help="Where others reach this node's HTTP port.")
def command(
    data: str | None,
    file: Path | None,
    planes: str | None,
    **server: str | int | None,
) -> None:
    """Run LevelChat: all planes in one process, on one HTTP port and one UDP port."""
    names = tuple(planes.split(",")) if planes else None
    settings = options.load(file, data=data, planes=names, **server)
    chosen = settings.section("server", ServerSettings)
    logs.configure(chosen.log_format)
    with asyncio.Runner(loop_factory=_loop_factory(use_uvloop=chosen.uvloop)) as runner:
        running = Server(settings, SystemClock(), on_ready=collector.settle)
        runner.run(running.serve_until_signal())


def _loop_factory(*, use_uvloop: bool) -> Callable[[], asyncio.AbstractEventLoop] | None:
    if not use_uvloop:
        return None
    try:
        import uvloop
    except ImportError:  # no wheel on this system: asyncio's own loop does the same, slower
        return None
    return uvloop.new_event_loop
