"""What a server under measurement costs, and what it says of itself.

Comes in: a process id, a base URL. Goes out: memory, processor time and wake-ups as proc(5) counts
them, metrics by name.
"""

from pathlib import Path

import aiohttp
import msgspec

from levelchat.media.time import NANOSECOND


class Cost(msgspec.Struct, frozen=True):
    """Of one process, since it began."""

    resident: int
    """Bytes of memory now."""
    processor: float
    """Seconds, user and system, of the threads that there are."""
    wakeups: int
    """Voluntary context switches of all threads."""
    threads: int
    files: int
    """Open ones, sockets too."""


def cost(pid: int) -> Cost:
    """Of the process, now."""
    folder = Path("/proc") / str(pid)
    tasks = list((folder / "task").iterdir())
    return Cost(
        resident=_status(folder / "status", "VmRSS") * 1024,
        processor=sum(_run_ns(task) for task in tasks) / NANOSECOND,
        wakeups=sum(_status(task / "status", "voluntary_ctxt_switches") for task in tasks),
        threads=len(tasks),
        files=len(list((folder / "fd").iterdir())),
    )


async def metrics(base: str) -> dict[str, float]:
    """What `/metrics` shows, by name with labels."""
    async with aiohttp.ClientSession() as http, http.get(f"{base}/metrics") as answer:
        text = await answer.text()
    lines = (line.rpartition(" ") for line in text.splitlines() if line[:1] not in ("#", ""))
    return {name: float(value) for name, _, value in lines}


def _run_ns(task: Path) -> int:
    # Documentation/scheduler/sched-stats.rst: the first of three numbers. The ticks of `stat` are
    # 10 ms each, which is more than ten subscribers cost in a second.
    return int((task / "schedstat").read_text().split()[0])


def _status(file: Path, name: str) -> int:
    """A number of a `status` file of proc(5)."""
    for line in file.read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    return 0
