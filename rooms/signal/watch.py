"""Who is pinged when, and who has been silent for too long: one wheel for all connections. Pure.

Comes in: connections and instants (monotonic milliseconds). Goes out: whom to ping, who is lost,
who has to be cut off. Each second a fifteenth of the connections is pinged, so that a process with
thousands of them neither has a timer for each nor does everything at once.
"""

from typing import Generic, Protocol, TypeVar

import msgspec

from levelchat.contract.signal import PING_SECONDS
from rooms.model import SECOND, Millis

LOST_MS = 40 * SECOND
"""Silence after which a client is gone. rooms.md §2: "≤ 45 s"; a connection is looked at every
five seconds."""
LOOKS = (0, 5, 10)
"""How many slots behind the one that is pinged others are looked at."""
GOODBYE_MS = 2 * SECOND
"""What a client gets to answer our close."""
ASLEEP_MS = 5 * SECOND
"""A tick that is so late says that this process slept, not that all clients died."""


class Watched(Protocol):
    """A connection, as far as this is concerned."""

    heard: Millis
    slot: int


WatchedT = TypeVar("WatchedT", bound=Watched)


class Due(msgspec.Struct, Generic[WatchedT]):
    """What a tick asks for."""

    ping: list[WatchedT]
    lost: list[WatchedT]
    cut: list[WatchedT]


class Watch(Generic[WatchedT]):
    """The process's one."""

    def __init__(self) -> None:
        self._slots: list[dict[WatchedT, None]] = [{} for _ in range(PING_SECONDS)]
        self._closing: dict[WatchedT, Millis] = {}
        self._turn = 0
        self._ticked: Millis | None = None
        self._awake_since: Millis = 0

    def add(self, connection: WatchedT) -> None:
        """Watches it; the slot with the fewest takes it."""
        slot = min(range(PING_SECONDS), key=lambda each: len(self._slots[each]))
        connection.slot = slot
        self._slots[slot][connection] = None

    def closing(self, connection: WatchedT, now: Millis) -> None:
        """It was told goodbye: no pings any more, and soon the end."""
        self._slots[connection.slot].pop(connection, None)
        self._closing[connection] = now + GOODBYE_MS

    def remove(self, connection: WatchedT) -> None:
        """It is over."""
        self._slots[connection.slot].pop(connection, None)
        self._closing.pop(connection, None)

    def all(self) -> list[WatchedT]:
        """Those that are open, in no order."""
        return [connection for slot in self._slots for connection in slot]

    def tick(self, now: Millis) -> Due[WatchedT]:
        """To be called every second."""
        if self._ticked is not None and now - self._ticked > ASLEEP_MS:
            self._awake_since = now
        self._ticked = now
        self._turn = (self._turn + 1) % PING_SECONDS
        lost = [
            connection
            for behind in LOOKS
            for connection in self._slots[(self._turn - behind) % PING_SECONDS]
            if now - max(connection.heard, self._awake_since) >= LOST_MS
        ]
        ping = [each for each in self._slots[self._turn] if each not in lost]
        cut = [each for each, until in self._closing.items() if now >= until]
        for each in cut:
            del self._closing[each]
        return Due(ping, lost, cut)
