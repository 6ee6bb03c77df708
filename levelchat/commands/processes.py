"""Processes of our own that a command starts, watches and stops.

Comes in: arguments of `levelchat`, or another program. Goes out: running processes, until the
stack that holds them is closed; or `DemoFailed` with the one that did not stay.
"""

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import ExitStack, suppress
from threading import Event
from types import FrameType

from levelchat.clock import Clock
from levelchat.errors import EnvironmentFault
from levelchat.media.time import NANOSECOND

START_SECONDS = 30
"""Until the first picture must be there; a cold start of all processes takes about 5 s."""
STOP_SECONDS = 12
"""The server promises to be gone within 10 s of SIGTERM."""
POLL_SECONDS = 0.2
ATTEMPT_SECONDS = 8
"""For one answer; the first playlist is held for up to 6 s."""

Process = subprocess.Popen[bytes]


class DemoFailed(EnvironmentFault):
    """A process of the demo did not start or did not stay."""

    code = "demo_failed"
    title = "The demo could not start"


def stop_when_asked() -> None:
    """SIGTERM, and a terminal that goes away, end the command as Ctrl-C does."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)


def start(stack: ExitStack, *arguments: str, **environment: str) -> Process:
    """`levelchat` with *arguments*; it is stopped with *stack*."""
    return start_program(stack, sys.executable, "-m", "levelchat", *arguments, **environment)


def start_program(stack: ExitStack, *command: str, **environment: str) -> Process:
    """Any program; it is stopped with *stack*, after those that were started later."""
    # In a group of its own Ctrl-C does not reach it: a bus that ended before its nodes would make
    # all of them complain.
    process = subprocess.Popen(  # noqa: S603 - ours to choose
        command, env=os.environ | environment, process_group=0
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


def wait_for(url: str, clock: Clock, processes: list[Process]) -> None:
    """Returns when *url* answers well; raises `DemoFailed` after `START_SECONDS`."""
    pause = Event()
    deadline = clock.monotonic_ns() + START_SECONDS * NANOSECOND
    while clock.monotonic_ns() < deadline:
        check(processes)
        with suppress(urllib.error.URLError, OSError):
            urllib.request.urlopen(url, timeout=ATTEMPT_SECONDS).close()  # noqa: S310 - our own URL
            return
        pause.wait(POLL_SECONDS)
    raise DemoFailed(f"{url} did not answer within {START_SECONDS} s")


def check(processes: list[Process]) -> None:
    """Raises `DemoFailed` when one has ended."""
    for process in processes:
        if process.poll() is not None:
            command = process.args if isinstance(process.args, (list, tuple)) else ["process"]
            shown = [str(word) for word in command]
            what = f"levelchat {shown[3]}" if shown[1:3] == ["-m", "levelchat"] else shown[0]
            raise DemoFailed(f"{what} stopped with exit code {process.returncode}")


def stay(processes: list[Process], seconds: int | None) -> None:
    """Until Ctrl-C, *seconds* are over, or the first of them ends."""
    with suppress(KeyboardInterrupt, subprocess.TimeoutExpired):
        processes[0].wait(seconds)
        check(processes)
