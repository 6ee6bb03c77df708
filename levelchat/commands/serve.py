"""`levelchat serve`: runs planes until SIGTERM or SIGINT."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import click

from levelchat.clock import SystemClock
from levelchat.commands import options
from levelchat.service import logs
from levelchat.service.server import Server
from levelchat.service.settings import ServerSettings


@click.command("serve")
@options.data
@options.config
@click.option("--host", help="Address to listen on.")
@click.option("--http-port", type=click.IntRange(0, 65535), help="TCP port [default: 8080].")
@click.option("--udp-port", type=click.IntRange(0, 65535), help="UDP port [default: 8443].")
@click.option("--planes", metavar="A,B", help="Which planes to run [default: all].")
def command(
    data: str | None,
    file: Path | None,
    host: str | None,
    http_port: int | None,
    udp_port: int | None,
    planes: str | None,
) -> None:
    """Run LevelChat: all planes in one process, on one HTTP port and one UDP port."""
    names = tuple(planes.split(",")) if planes else None
    settings = options.load(
        file, data=data, host=host, http_port=http_port, udp_port=udp_port, planes=names
    )
    server = settings.section("server", ServerSettings)
    logs.configure(server.log_format)
    with asyncio.Runner(loop_factory=_loop_factory(use_uvloop=server.uvloop)) as runner:
        runner.run(Server(settings, SystemClock()).serve_until_signal())


def _loop_factory(*, use_uvloop: bool) -> Callable[[], asyncio.AbstractEventLoop] | None:
    if not use_uvloop:
        return None
    try:
        import uvloop
    except ImportError:  # no wheel on this system: asyncio's own loop does the same, slower
        return None
    return uvloop.new_event_loop
