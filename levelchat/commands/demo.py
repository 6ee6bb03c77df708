"""`levelchat demo`: a server, and a publisher of the test pattern, and the URL to watch it at."""

import os
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import ExitStack, suppress
from types import FrameType

import click

from levelchat.auth import keys
from levelchat.auth import token as room_token
from levelchat.auth.capability import Capability
from levelchat.clock import Clock, SystemClock
from levelchat.commands import options
from levelchat.errors import EnvironmentFault
from levelchat.media.time import NANOSECOND

ROOM = "r_demo"
START_SECONDS = 30
"""Until the first picture must be there; a cold start of all processes takes about 5 s."""
STOP_SECONDS = 12
"""The server promises to be gone within 10 s of SIGTERM."""
POLL_SECONDS = 0.2
ATTEMPT_SECONDS = 8
"""For one answer; the first playlist is held for up to 6 s."""


class DemoFailed(EnvironmentFault):
    """A process of the demo did not start or did not stay."""

    code = "demo_failed"
    title = "The demo could not start"


@click.command("demo")
@options.data
@click.option("--http-port", default=8080, show_default=True, type=click.IntRange(1, 65535))
@click.option("--udp-port", default=8443, show_default=True, type=click.IntRange(1, 65535))
@click.option("--size", default="1280x720", show_default=True, help="Picture size.")
@click.option("--seconds", type=click.IntRange(1), help="Stop after so long [default: Ctrl-C].")
def command(
    data: str | None, http_port: int, udp_port: int, size: str, seconds: int | None
) -> None:
    """Start everything and broadcast the test pattern into room r_demo."""
    folder = options.data_folder(data)
    clock = SystemClock()
    base = f"http://127.0.0.1:{http_port}"
    with ExitStack() as stack:
        _stop_on_sigterm()
        server = _start(
            stack,
            *("serve", "--data", str(folder)),
            *("--http-port", str(http_port), "--udp-port", str(udp_port)),
        )
        _wait(f"{base}/readyz", clock, [server])
        token = room_token.mint(
            keys.load_or_create(folder),
            room=ROOM,
            identity="demo",
            capabilities=[Capability.PUBLISH_CAMERA],
            now=clock.wall_ns() // NANOSECOND,
        )
        publisher = _start(
            stack,
            *("publish", f"{base}/v1/whip/{ROOM}", "--test-pattern", "--size", size),
            LEVELCHAT_TOKEN=token,
        )
        _wait(f"{base}/live/{ROOM}/index.m3u8", clock, [server, publisher])
        click.echo(f"\n  Watch:    {base}/watch/{ROOM}")
        click.echo(f"  Playlist: {base}/live/{ROOM}/index.m3u8")
        click.echo(
            f"  Publish:  {base}/publish/r_mine   (token: levelchat token --room r_mine "
            "--cap publish:camera)"
        )
        click.echo("  Stop:     Ctrl-C\n")
        _stay([server, publisher], seconds)


def _stop_on_sigterm() -> None:
    import signal

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)


def _start(stack: ExitStack, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "levelchat", *arguments], env=os.environ | environment
    )

    def stop() -> None:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    stack.callback(stop)
    return process


def _wait(url: str, clock: Clock, processes: list[subprocess.Popen[bytes]]) -> None:
    from threading import Event

    pause = Event()
    deadline = clock.monotonic_ns() + START_SECONDS * NANOSECOND
    while clock.monotonic_ns() < deadline:
        _check(processes)
        with suppress(urllib.error.URLError, OSError):
            urllib.request.urlopen(url, timeout=ATTEMPT_SECONDS).close()  # noqa: S310 - our own URL
            return
        pause.wait(POLL_SECONDS)
    raise DemoFailed(f"{url} did not answer within {START_SECONDS} s")


def _check(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        if process.poll() is not None:
            what = process.args[3] if isinstance(process.args, list) else "process"
            raise DemoFailed(f"levelchat {what} stopped with exit code {process.returncode}")


def _stay(processes: list[subprocess.Popen[bytes]], seconds: int | None) -> None:
    with suppress(KeyboardInterrupt, subprocess.TimeoutExpired):
        processes[0].wait(seconds)
        _check(processes)
