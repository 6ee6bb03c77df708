"""`levelchat bench stage`: what forwarding costs, and how soon a picture is there.

Comes in: which measurements, which forwarding core, how often. Goes out: figures with their goals,
least, median and most over the runs. Each run starts a server of its own.
"""

import asyncio
from typing import Protocol

import click
import msgspec

from bench.command import choose_from, raise_file_limit, say
from bench.progress import Say, status_line
from bench.results import Reading, Results, first_sentence
from bench.stage_browser import first_frames, one_node, three_nodes
from bench.stage_forward import bursts, paced
from bench.stage_plan import Plan
from levelchat.errors import LevelChatError

FILES_NEEDED = 500


class Measurement(Protocol):
    """One measurement: its figures."""

    async def __call__(self, plan: Plan, say: Say) -> list[Reading]: ...


MEASUREMENTS: dict[str, Measurement] = {
    "bursts": bursts,
    "paced": paced,
    "first": first_frames,
    "delay": one_node,
    "relays": three_nodes,
}
CORES = ("native", "portable")


async def measure(plan: Plan, names: list[str], repeat: int) -> Results:
    """All *names*, *repeat* times."""
    results = Results()
    for name in names:
        for run in range(repeat):
            status_line(f"{plan.core}: {name}, run {run + 1} of {repeat}")
            results.add(plan.core, name, await MEASUREMENTS[name](plan, status_line))
    status_line("")
    return results


@click.command("stage")
@click.option("--core", type=click.Choice(CORES), default="native", show_default=True)
@choose_from(MEASUREMENTS)
@click.option("--repeat", default=1, show_default=True, type=click.IntRange(1, 100))
@click.option("--seconds", default=10.0, show_default=True, help="Of each measurement.")
@click.option("--most", default=1000, show_default=True, type=click.IntRange(1, 10_000))
@click.option("--paced", default=400, show_default=True, type=click.IntRange(1, 10_000))
@click.option("--shard", default=300, show_default=True, type=click.IntRange(1, 10_000))
@click.option("--joins", default=60, show_default=True, type=click.IntRange(1, 10_000))
@click.option("--watch-seconds", default=60, show_default=True, type=click.IntRange(1, 3600))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(names: list[str], repeat: int, *, as_json: bool, **sizes: float) -> None:
    """Measure the stage: packets a second on one core, joins, first pictures, delay."""
    plan = msgspec.convert(sizes, Plan)
    raise_file_limit(FILES_NEEDED + max(plan.most, plan.paced))
    try:
        results = asyncio.run(measure(plan, names, repeat))
    except* LevelChatError as group:
        raise click.ClickException(first_sentence(group)) from group
    say(results, as_json=as_json)


if __name__ == "__main__":
    command()
