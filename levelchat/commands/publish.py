"""`levelchat publish`: a WHIP publisher of the test pattern or of a media file."""

import faulthandler
import json
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event
from types import FrameType
from typing import TYPE_CHECKING

import click
import msgspec

from levelchat.clock import SystemClock
from levelchat.commands import options
from levelchat.errors import PeerError

if TYPE_CHECKING:
    from levelchat.client.publisher import Report
    from levelchat.client.sources import Source
    from levelchat.client.whip import Endpoint


STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
ANSWER_SECONDS = 20
"""Until the server must have answered an offer and shaken hands: 5 s by FFmpeg's own limit for ICE
and DTLS, the rest for HTTP."""


class BadArgument(PeerError):
    """An argument of a command cannot be used."""

    code = "bad_argument"
    title = "Bad argument"


@click.command("publish")
@click.argument("url")
@click.option(
    "--token",
    required=True,
    envvar="LEVELCHAT_TOKEN",
    show_envvar=True,
    help="A room token with publish:camera; the environment keeps it out of the process list.",
)
@click.option("--file", "file", type=click.Path(path_type=Path), help="A media file to publish.")
@click.option("--loop", is_flag=True, help="Begin the file again when it ends.")
@click.option("--test-pattern", is_flag=True, help="Publish the test pattern (the default).")
@click.option("--seconds", type=click.IntRange(1), help="Stop after so long [default: Ctrl-C].")
@click.option("--size", metavar="WxH", help="Picture size [default: 640x360, or the file's].")
@click.option(
    "--bitrate",
    default=1500,
    show_default=True,
    type=click.IntRange(50, 50_000),
    help="Of the picture, kbit/s.",
)
@options.json_output
def command(
    *,
    url: str,
    token: str,
    file: Path | None,
    loop: bool,
    test_pattern: bool,
    seconds: int | None,
    size: str | None,
    bitrate: int,
    as_json: bool,
) -> None:
    """Publish to the WHIP endpoint URL in real time: the test pattern, or a media file."""
    from levelchat.client import inquiry, whip
    from levelchat.client.publisher import Publisher

    if file is not None and test_pattern:
        raise click.UsageError("--file and --test-pattern exclude each other")
    if loop and file is None:
        raise click.UsageError("--loop is for --file; the test pattern never ends")
    if not url.startswith(("http://", "https://")):
        raise BadArgument(f"{url} is no WHIP endpoint: it begins with http:// or https://")
    source = _source(file, size, loop=loop)
    clock = SystemClock()
    with ExitStack() as stack:
        endpoint = _endpoint(stack, url, token, clock.wall_ns())

        def connect() -> whip.WhipSession:
            inquiry.reach(url)
            return whip.connect(endpoint, source, bitrate * 1000, clock, _watched)

        publisher = Publisher(
            source=source,
            connect=connect,
            explain=lambda: inquiry.explain(url, token),
            clock=clock,
            stop=_stop_on_signals(),
            report=_status_line(as_json=as_json),
        )
        publisher.run(seconds)
    _summary(publisher.report, as_json=as_json)


def _source(file: Path | None, size: str | None, *, loop: bool) -> "Source":
    from levelchat.client import sources
    from levelchat.client.pattern import Pattern

    wanted = _size(size) if size else None
    if file is not None:
        return sources.open_file(file, wanted, loop=loop)
    try:
        return sources.PatternSource(Pattern(*(wanted or (640, 360))))
    except ValueError as error:
        raise BadArgument(f"--size: {error}") from error


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise BadArgument(f"--size is like 1280x720, not {text}")
    size = int(width), int(height)
    if size[0] % 2 or size[1] % 2 or not all(16 <= edge <= 4096 for edge in size):  # noqa: PLR2004 - what libx264 takes
        raise BadArgument(f"--size: width and height are even and 16 to 4096, not {text}")
    return size


def _endpoint(stack: ExitStack, url: str, token: str, now_ns: int) -> "Endpoint":
    from levelchat.client import certificate
    from levelchat.client.whip import Endpoint

    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="levelchat-")))
    public, key = certificate.generate(now_ns)
    (folder / "certificate.pem").write_bytes(public)
    (folder / "key.pem").write_bytes(key)
    return Endpoint(url, token, folder / "certificate.pem", folder / "key.pem")


def _stop_on_signals() -> Event:
    stop = Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in STOP_SIGNALS:
        signal.signal(number, end)
    return stop


@contextmanager
def _watched() -> Iterator[None]:
    """Bounds a call in which no Python can run (`whip.Guard`): signals end the process at once,
    and so does, with a traceback, a watchdog that is not Python.
    """
    faulthandler.dump_traceback_later(ANSWER_SECONDS, exit=True)
    handlers = {number: signal.signal(number, signal.SIG_DFL) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        faulthandler.cancel_dump_traceback_later()


def _status_line(*, as_json: bool) -> "Callable[[Report], None]":
    shown = sys.stderr.isatty() and not as_json

    def show(report: "Report") -> None:
        if shown:
            click.echo(
                f"\r{report.milliseconds / 1000:7.1f} s  {report.frames} frames  "
                f"{report.fps:4.1f} fps  {report.bitrate / 1000:5.0f} kbit/s  "
                f"{report.reconnects} reconnects ",
                nl=False,
                err=True,
            )

    return show


def _summary(report: "Report", *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(report)))
        return
    if sys.stderr.isatty():
        click.echo(err=True)
    click.echo(
        f"published {report.frames} frames, {report.bytes} bytes, "
        f"{report.reconnects} reconnects, {report.skips} skips"
    )
