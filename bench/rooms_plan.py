"""How large a run of `levelchat bench rooms` is, and what a measurement of it is."""

from typing import Protocol

import msgspec

from bench.progress import Say
from bench.results import Reading


class Plan(msgspec.Struct, frozen=True):
    """What is measured how long."""

    seconds: float = 60
    """Of creates at a fixed rate."""
    rate: float = 200
    """Creates, and joins, a second."""
    idempotent: bool = False
    """Each creation carries an `Idempotency-Key`, as the SDK's do: two statements more."""
    closed_seconds: float = 10
    """Of each measurement that goes as fast as it can."""
    connections: int = 16
    rooms: int = 100_000
    """Idle ones."""
    idle_seconds: float = 70
    """How long they are watched: three ticks of the sweeper."""
    requests: int = 300
    """Of each listing and lookup."""
    participants: int = 5_000
    rounds: int = 20
    """Chat messages, joins and leaves, one at a time."""
    settle_seconds: float = 3.0
    """Before something is measured: nothing of what came before is under way."""
    abandoned: int = 10
    """Participants of each abandoned room."""


class Measurement(Protocol):
    """One measurement on one store: takes a fresh installation each time."""

    async def __call__(self, store: str, plan: Plan, say: Say, notes: list[str]) -> list[Reading]:
        """The figures; *notes* are for what is no figure."""
