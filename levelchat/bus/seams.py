"""What a bus is to those who use it.

Delivery is at most once and in order for one subject from one sender: whatever must not be lost
stands in the store, and presence reports repeat themselves.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol

from levelchat.bus.messages import Message

Handler = Callable[[Message], Awaitable[None] | None]
"""Takes one message; what it raises is logged and disturbs nobody else."""
Responder = Callable[[Message], Awaitable[Message]]
"""Answers one request; a `LevelChatError` that it raises reaches who asked as `Refused`."""

JOINS = "joins"
"""Nodes ask rooms whether somebody may come in (`Join`). Queue group `ROOMS`."""
PRESENCE = "presence"
"""Nodes to rooms: leaves (`Left`), and who is still there (`Seen`). Queue group `ROOMS`."""
CONTROL = "control"
"""Rooms to every node and replica: kicks, revocations, ends, permissions."""
STANDING = "standing"
"""Nodes ask rooms what is in force (`StandingWanted`). Queue group `ROOMS`."""
LEASES = "leases"
"""Every node to rooms: that it lives, what it runs, how busy it is."""
REPORTS = "reports"
"""Nodes to rooms: streams that begin and end, quality of connections. Queue group `ROOMS`."""
ROOMS = "rooms"
"""The queue group of all rooms replicas: each message reaches one of them."""


def signal_subject(media_id: str) -> str:
    """Between replicas that have signalling participants in that room."""
    return f"signal.{media_id}"


class Subscription(Protocol):
    """Something that is listened to."""

    async def close(self) -> None:
        """Listens no more."""


class Bus(Protocol):
    """Carries messages."""

    @property
    def connected(self) -> bool:
        """Whether others can be reached now."""

    @property
    def connections(self) -> int:
        """How often a connection was made: what grew since one looked, may have missed words."""

    async def run(self) -> None:
        """Owns the bus's tasks and its connection until cancelled; reconnects by itself."""

    async def settle(self, timeout_seconds: float) -> None:
        """Until what was published has left, or, in one process, is handled; for one that stops.
        Gives up after that time.
        """

    def publish(self, subject: str, message: Message) -> None:
        """Sends and never waits; what does not fit a bounded queue is dropped and counted."""

    async def subscribe(self, subject: str, handler: Handler, group: str = "") -> Subscription:
        """Hands each message on *subject* to *handler*; in a *group*, to one member's only."""

    async def respond(self, subject: str, responder: Responder, group: str = "") -> Subscription:
        """Answers the requests on *subject*."""

    async def request(self, subject: str, message: Message, timeout_seconds: float) -> Message:
        """The answer. Raises `BusUnavailable` when nobody answers in time or nobody is there,
        and `Refused` when the responder raised.
        """
