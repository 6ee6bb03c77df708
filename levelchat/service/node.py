"""Which node this process is, and how rooms learns that it lives.

Comes in: the server's settings, the time, how busy planes are. Goes out: a `Lease` on the bus
every few seconds, until the process is gone.
"""

import asyncio
import secrets
import socket
import time
from collections.abc import Callable

import msgspec

from levelchat.bus.messages import Lease
from levelchat.bus.seams import LEASES, Bus
from levelchat.clock import Clock
from levelchat.media.time import NANOSECOND
from levelchat.service.settings import ServerSettings

LEASE_SECONDS = 5.0
_MILLI_NS = 1_000_000
_NAME_BYTES = 3


class Node(msgspec.Struct, frozen=True):
    """What others know this process by."""

    name: str
    region: str = ""
    url: str = ""
    planes: tuple[str, ...] = ()


def of(settings: ServerSettings) -> Node:
    """This process; its name is made up where the settings have none."""
    name = settings.node or f"{socket.gethostname()}-{secrets.token_hex(_NAME_BYTES)}"
    return Node(name, settings.region, settings.public_url, settings.planes)


class Leases:
    """Says that this node lives, and how busy it is."""

    def __init__(self, bus: Bus, node: Node, clock: Clock) -> None:
        self._bus = bus
        self._node = node
        self._clock = clock
        self._loads: list[Callable[[], float]] = []
        self._draining = False
        self._read = (0.0, 0)

    def measure(self, load: Callable[[], float]) -> None:
        """*load* says how full a plane is, 0.0 to 1.0; the fullest one is what counts."""
        self._loads.append(load)

    async def run(self) -> None:
        """Repeats the lease until cancelled."""
        self._read = time.process_time(), self._clock.monotonic_ns()
        while True:
            self.say()
            await asyncio.sleep(LEASE_SECONDS)

    def drain(self) -> None:
        """Nothing new should come here."""
        self._draining = True
        self.say()

    def say(self) -> None:
        """One lease, now."""
        self._bus.publish(
            LEASES,
            Lease(
                node=self._node.name,
                planes=self._node.planes,
                region=self._node.region,
                url=self._node.url,
                load=min(max([self._processor_share(), *(load() for load in self._loads)]), 1.0),
                at=self._clock.wall_ns() // _MILLI_NS,
                draining=self._draining,
            ),
        )

    def _processor_share(self) -> float:
        """Of one core: this process's loop can use no more."""
        used, at_ns = time.process_time(), self._clock.monotonic_ns()
        (used_before, before_ns), self._read = self._read, (used, at_ns)
        return (used - used_before) / max((at_ns - before_ns) / NANOSECOND, 1e-3)
