"""What commands of many measurements share: which of them to run, open files, how to say the end.

Comes in: names of measurements, how many take part, results. Goes out: options, limits, lines or
JSON, and the exit code: 1 where a goal was not reached.
"""

import resource
import sys
from collections.abc import Callable, Collection

import click
import msgspec

from bench.results import Results, table

Command = Callable[..., None]


def choose_from(names: Collection[str]) -> Callable[[Command], Command]:
    """The option `--only`: some of *names*, in their order, by default all."""

    def chosen(_context: click.Context, _option: click.Parameter, value: str) -> list[str]:
        wanted = value.split(",") if value else list(names)
        unknown = sorted(set(wanted) - set(names))
        if unknown:
            raise click.BadParameter(f"{unknown[0]!r} is none of {', '.join(names)}")
        return [name for name in names if name in wanted]

    return click.option(
        "--only",
        "names",
        callback=chosen,
        default="",
        metavar="A,B",
        help=f"Which of {', '.join(names)} [default: all].",
    )


def raise_file_limit(wanted: int) -> None:
    """So many files may be open here, and in servers that are started later."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise click.ClickException(f"only {hard} files may be open; {wanted} are needed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


def say(results: Results, *, as_json: bool) -> None:
    """A table and the notes, or one JSON document."""
    figures = results.figures()
    if as_json:
        document = {"figures": figures, "notes": results.notes}
        click.echo(msgspec.json.encode(document).decode())
        return
    for line in table(figures):
        click.echo(line)
    for line in results.notes:
        click.echo(line)
    if any(figure.reached is False for figure in figures):
        sys.exit(1)
