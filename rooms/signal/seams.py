"""What signalling needs of the rest of rooms.

The real ones are `rooms.attendance`, `rooms.minting` and `rooms.fleet`.
"""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Protocol

from levelchat.auth.token import Grant
from levelchat.auth.verifier import TokenVerifier
from levelchat.bus.messages import Join
from levelchat.bus.seams import Bus
from levelchat.clock import Clock
from rooms.entering import Attended
from rooms.minting import Minted
from rooms.model import LeaveReason, Millis, Room
from rooms.settings import RoomsSettings
from rooms.signal.metrics import SignalMetrics
from rooms.store.transaction import Transactions

Spawn = Callable[[Callable[[], Coroutine[Any, Any, None]]], bool]
"""Starts a task of signalling's own group; false while it does not run."""


class Comings(Protocol):
    """Who lets people in and out: `rooms.attendance.Attendance`."""

    async def join(self, join: Join) -> Attended:
        """Raises `NotFound`, `RoomEnded`, `RoomFull`, `TokenRevoked` or `StoreUnavailable`."""

    async def leave(
        self, session: str, media_id: str, at: Millis | None, reason: LeaveReason
    ) -> None:
        """Ends a session; again is the same."""

    async def seen(self, sessions: list[str], at: Millis) -> None:
        """Those sessions were there at *at*."""


class Renewing(Protocol):
    """Who makes fresh tokens: `rooms.minting.Minting`."""

    async def renew(self, grant: Grant) -> Minted:
        """The same again, for an hour more."""


@dataclass(frozen=True)
class Surroundings:
    """Everything that signalling is built from."""

    node: str
    settings: RoomsSettings
    transactions: Transactions
    attendance: Comings
    minting: Renewing
    bus: Bus
    verifier: TokenVerifier
    clock: Clock
    metrics: SignalMetrics
    media_base: Callable[[Room], str] = lambda _room: ""
    """The URL of the node that has a room's media; empty: the one that was asked."""

    def monotonic(self) -> Millis:
        """For waits."""
        return self.clock.monotonic_ns() // 1_000_000

    def seconds(self) -> int:
        """For tokens."""
        return self.clock.wall_ns() // 1_000_000_000
