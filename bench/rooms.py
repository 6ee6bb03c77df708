"""`levelchat bench rooms`: what the control plane promises, measured.

Comes in: which store, which measurements, how often. Goes out: figures with their goals, least,
median and most over the runs. Each measurement starts a server of its own on a new, empty
installation; this process is the load, and shares the machine with it.
"""

import asyncio

import click
import msgspec
import uvloop

from bench import rooms_server
from bench.command import choose_from, raise_file_limit, say
from bench.progress import status_line
from bench.results import Results, first_sentence
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


@click.command("rooms")
@click.option(
    "--store",
    type=click.Choice([*rooms_server.STORES, "both"]),
    default="sqlite",
    show_default=True,
    help="Which database; both: one after the other.",
)
@choose_from(MEASUREMENTS)
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
    # Both processes hold a socket for each participant.
    raise_file_limit(FILES_NEEDED + (plan.participants if "signal" in names else 0))
    stores = list(rooms_server.STORES) if store == "both" else [store]
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            results = runner.run(measure(stores, names, plan, repeat))
    except* LevelChatError as group:
        raise click.ClickException(first_sentence(group)) from group
    say(results, as_json=as_json)


if __name__ == "__main__":
    command()
