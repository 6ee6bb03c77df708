"""`levelchat bench rooms`: what the control plane promises, measured.

Comes in: which store, which measurements, how often. Goes out: figures with their goals, least,
median and most over the runs. Each measurement starts a server of its own on a new, empty
installation; this process is the load, and shares the machine with it.
"""

import asyncio
import resource
import sys

import click
import msgspec
import uvloop

from bench import results as tables
from bench import rooms_server
from bench.progress import status_line
from bench.results import Results
from bench.rooms_abandoned import abandoned
from bench.rooms_crowd import crowd
from bench.rooms_idle import idle, listing
from bench.rooms_plan import Measurement, Plan
from bench.rooms_rest import creates, highest, tokens
from levelchat.errors import LevelChatError

MEASUREMENTS: dict[str, Measurement] = {
    "creates": creates,
    "max": highest,
    "tokens": tokens,
    "idle": idle,
    "listing": listing,
    "signal": crowd,
    "abandoned": abandoned,
}
FILES_NEEDED = 2_000
"""Open files besides one for each participant."""


def _names(_context: click.Context, _option: click.Parameter, value: str) -> list[str]:
    wanted = value.split(",") if value else list(MEASUREMENTS)
    unknown = sorted(set(wanted) - set(MEASUREMENTS))
    if unknown:
        raise click.BadParameter(f"{unknown[0]!r} is none of {', '.join(MEASUREMENTS)}")
    return [name for name in MEASUREMENTS if name in wanted]


async def measure(stores: list[str], names: list[str], plan: Plan, repeat: int) -> Results:
    """All *names* on all *stores*, *repeat* times."""
    results = Results()
    for store in stores:
        for name in names:
            for run in range(repeat):
                status_line(f"{store}: {name}, run {run + 1} of {repeat}")
                notes: list[str] = []
                readings = await MEASUREMENTS[name](store, plan, status_line, notes)
                results.add(store, name, readings)
                for note in notes:
                    results.note(note)
    status_line("")
    return results


def _raise_file_limit(participants: int) -> None:
    """Both processes hold a socket for each participant; the server inherits the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = participants + FILES_NEEDED
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise click.ClickException(f"only {hard} files may be open; {wanted} are needed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


@click.command("rooms")
@click.option(
    "--store",
    type=click.Choice([*rooms_server.STORES, "both"]),
    default="sqlite",
    show_default=True,
    help="Which database; both: one after the other.",
)
@click.option(
    "--only",
    "names",
    callback=_names,
    default="",
    metavar="A,B",
    help=f"Which of {', '.join(MEASUREMENTS)} [default: all].",
)
@click.option("--repeat", default=1, show_default=True, type=click.IntRange(1, 100))
@click.option("--seconds", default=60.0, show_default=True, help="Of creates at a fixed rate.")
@click.option("--rate", default=200.0, show_default=True, help="Creates, and joins, a second.")
@click.option("--idempotent", is_flag=True, help="Send an Idempotency-Key with each creation.")
@click.option("--closed-seconds", default=10.0, show_default=True, help="Of each highest rate.")
@click.option("--rooms", default=100_000, show_default=True, type=click.IntRange(1))
@click.option("--idle-seconds", default=70.0, show_default=True, help="Of watching idle rooms.")
@click.option("--participants", default=5_000, show_default=True, type=click.IntRange(2, 20_000))
@click.option("--requests", default=300, show_default=True, type=click.IntRange(1))
@click.option("--rounds", default=20, show_default=True, type=click.IntRange(1, 1000))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(store: str, names: list[str], repeat: int, *, as_json: bool, **sizes: float) -> None:
    """Measure rooms: creation, tokens, idle rooms, lists, a crowd, and rooms left behind."""
    plan = msgspec.convert(sizes, Plan)
    _raise_file_limit(plan.participants if "signal" in names else 0)
    stores = list(rooms_server.STORES) if store == "both" else [store]
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            results = runner.run(measure(stores, names, plan, repeat))
    except* LevelChatError as group:
        raise click.ClickException(tables.first_sentence(group)) from group
    if as_json:
        document = {"figures": results.figures(), "notes": results.notes}
        click.echo(msgspec.json.encode(document).decode())
        return
    for line in (*tables.table(results.figures()), "", *results.notes):
        click.echo(line)
    if any(figure.reached is False for figure in results.figures()):
        sys.exit(1)


if __name__ == "__main__":
    command()
