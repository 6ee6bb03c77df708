"""Laws of the stage benchmark; the numbers themselves need a quiet machine."""

import os

import pytest
from click.testing import CliRunner

from bench import stage
from bench.progress import status_line
from bench.stage_forward import forward
from bench.stage_load import Pace
from bench.stage_plan import Plan


@pytest.mark.parametrize("core", stage.CORES)
async def test_every_packet_is_counted(core: str) -> None:
    """A few subscribers with sound, on each core: nothing is missing, and the load gives its
    processor back.
    """
    plan = Plan(core=core, seconds=0.5, shard=2)
    before = os.sched_getaffinity(0)

    run = await forward(plan, 3, Pace((1, 5), audio=True), status_line)

    assert (run.expected - run.arrived, run.lost) == (0, 0)
    assert run.arrived > 0
    assert run.more_threads == 0
    assert os.sched_getaffinity(0) == before


def test_what_it_does_not_measure_is_named() -> None:
    """With what there is."""
    done = CliRunner().invoke(stage.command, ["--only", "kitchen"])

    assert done.exit_code == 2
    assert "bursts, paced, first, delay, relays" in done.output
