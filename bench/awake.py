"""Keeps processors awake while something is measured on them.

Comes in: the processors. Goes out: processes of the lowest priority there is, which run only when
nobody else wants to. Without them a processor that has little to do sleeps between two packets and
runs at a fraction of its clock, so that its seconds are worth less than those of a busy one.
"""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator

SPIN = "while True: pass"
STOP_SECONDS = 5


@contextlib.contextmanager
def awake(processors: set[int]) -> Iterator[list[int]]:
    """All of *processors*, until the block ends: the process ids."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(_spinning(processor)) for processor in processors]


@contextlib.contextmanager
def _spinning(processor: int) -> Iterator[int]:
    spinner = subprocess.Popen([sys.executable, "-S", "-c", SPIN], stdin=subprocess.DEVNULL)
    try:
        os.sched_setaffinity(spinner.pid, {processor})
        os.sched_setscheduler(spinner.pid, os.SCHED_IDLE, os.sched_param(0))
        yield spinner.pid
    finally:
        spinner.kill()
        spinner.wait(STOP_SECONDS)
