"""Laws of the processes that a command starts."""

import sys
from contextlib import ExitStack

import pytest

from levelchat.clock import SystemClock
from levelchat.commands.processes import DemoFailed, check, start_program, stay, wait_for


def test_what_was_started_ends_with_the_stack() -> None:
    """Nothing stays behind, however the command ends."""
    with ExitStack() as stack:
        process = start_program(stack, sys.executable, "-c", "import time; time.sleep(60)")
        check([process])

    assert process.poll() is not None


def test_a_process_that_ends_is_told_with_its_exit_code() -> None:
    """Waiting for a server that has died is no use."""
    with ExitStack() as stack:
        process = start_program(stack, sys.executable, "-c", "raise SystemExit(7)")
        process.wait(10)

        with pytest.raises(DemoFailed, match="exit code 7"):
            wait_for("http://127.0.0.1:1/", SystemClock(), [process])
        with pytest.raises(DemoFailed, match="exit code 7"):
            stay([process], 1)
