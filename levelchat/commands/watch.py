"""`levelchat watch`: plays a broadcast without a screen, and checks every rule while it does."""

import asyncio
import sys

import click

from levelchat.client.player import Status
from levelchat.client.report import STALLED, Report
from levelchat.client.timing import Summary
from levelchat.commands import options


@click.command("watch")
@click.argument("playlist_url")
@click.option("--seconds", default=30, show_default=True, type=click.IntRange(1, 86_400))
@click.option("--rendition", metavar="NAME", help="Variant to play [default: the first].")
@click.option(
    "--token",
    default="",
    envvar="LEVELCHAT_TOKEN",
    show_envvar=True,
    help="A room token with subscribe:all, where watching needs one.",
)
@options.json_output
def command(
    playlist_url: str,
    seconds: int,
    rendition: str | None,
    token: str,
    as_json: bool,  # noqa: FBT001 - click passes flags so
) -> None:
    """Play PLAYLIST_URL for some seconds and say how it went.

    Exit code 0: no stall, no broken rule. 3: there was one. 1: it cannot be watched.
    """
    live = sys.stderr.isatty() and not as_json
    report = asyncio.run(_watch(playlist_url, seconds, rendition, token, live=live))
    if as_json:
        import msgspec

        click.echo(msgspec.json.encode(report).decode())
    else:
        _print(report)
    sys.exit(0 if report.flawless else STALLED)


async def _watch(
    url: str, seconds: int, rendition: str | None, token: str, *, live: bool
) -> Report:
    import aiohttp

    from levelchat.client.fetcher import Fetcher
    from levelchat.client.player import Player
    from levelchat.client.report import Readings
    from levelchat.client.rules.checker import Checker
    from levelchat.clock import SystemClock

    clock, checker, readings = SystemClock(), Checker(), Readings()
    async with aiohttp.ClientSession() as session:
        fetcher = Fetcher(
            session=session,
            clock=clock,
            observe=checker.observe,
            readings=readings,
            token=token,
        )
        player = Player(
            fetcher=fetcher,
            clock=clock,
            readings=readings,
            violations=checker.violations,
            on_tick=_print_status if live else _say_nothing,
        )
        try:
            return await player.play(url, seconds, rendition)
        finally:
            if live:
                click.echo("", err=True)


def _say_nothing(_status: Status) -> None:
    """Nobody looks."""


def _print_status(status: Status) -> None:
    state = "playing" if status.playing else "stalled"
    line = (
        f"{status.seconds:6.1f} s  {state}  delay {status.delay_ms:.0f} ms"
        f"  buffer {status.buffer_ms:.0f} ms  stalls {status.stalls}  parts {status.parts}"
        f"  {status.bytes / 1e6:.1f} MB  violations {status.violations}"
    )
    click.echo(f"\r{line}\x1b[K", nl=False, err=True)


def _print(report: Report) -> None:
    click.echo(f"played       {', '.join(report.playing)} of {', '.join(report.offered)}")
    click.echo(f"for          {report.seconds} s, first picture after {report.start_ms} ms")
    click.echo(f"delay        {_line(report.delay)}")
    click.echo(f"part age     {_line(report.part_age)}")
    click.echo(f"lateness     {_line(report.part_lateness)}")
    click.echo(f"reloads      {_line(report.reload_ms)}, held by the server")
    click.echo(f"parts        {_line(report.part_ms)}, when already listed")
    click.echo(f"hints        {_line(report.hint_ms)}, held by the server")
    click.echo(f"bytes        {report.bytes} in {sum(report.requests.values())} requests")
    click.echo(f"errors       {_counts(report.errors)}")
    click.echo(f"stalls       {report.stalls.count} ({report.stalls.total_ms} ms)")
    click.echo(f"violations   {len(report.violations) or 'none'}")
    for violation in report.violations:
        click.echo(f"  {violation.rule}  {violation.text} ({violation.count} times)")
        click.echo(f"        {violation.evidence}")


def _line(summary: Summary) -> str:
    if not summary.count:
        return "no readings"
    return f"p50 {summary.p50} ms  p95 {summary.p95} ms  max {summary.max} ms  ({summary.count})"


def _counts(errors: dict[str, int]) -> str:
    return ", ".join(f"{name}: {count}" for name, count in errors.items()) or "none"
