"""A real edge on a real socket, fed with synthetic programs."""

from dataclasses import dataclass
from typing import Any

import synthetic
from aiohttp import web
from aiohttp.test_utils import TestClient

from edge.origin import Origin
from levelchat.media.time import NANOSECOND
from levelchat.service.plane import Context, Plane

ROOM = "r_a"


class SetClock:
    """A clock that stands where the test sets it."""

    def __init__(self) -> None:
        self.ns = synthetic.START_NS

    def now_ns(self) -> int:
        return self.ns

    def wall_ns(self) -> int:
        return self.ns

    def monotonic_ns(self) -> int:
        return self.ns


@dataclass
class Harness:
    """The edge, its origin, and a client."""

    client: TestClient[web.Request, web.Application]
    origin: Origin
    clock: SetClock
    context: Context
    plane: Plane

    def broadcast(self, seconds: float = 8, start_ns: int = synthetic.START_NS) -> list[Any]:
        """Starts a program in `ROOM` and lists its first *seconds*; returns what comes after."""
        running = synthetic.program()
        self.origin.start(ROOM, running)
        parts = list(synthetic.parts(running, start_ns, seconds + 8))
        due_ns = start_ns + int(seconds * NANOSECOND)
        now = [part for part in parts if _end_ns(part) <= due_ns]
        for part in now:
            self.origin.part(ROOM, part)
        return parts[len(now) :]


def _end_ns(part: Any) -> int:
    """When the part was complete, on the grid of parts."""
    end: int = (part.wall_ns // synthetic.PART_NS + 1) * synthetic.PART_NS
    return end
