"""What nodes write down for each other: records that vanish when their writer does.

Whoever puts a record repeats it every few seconds; one that was not repeated for `TTL_SECONDS` is
gone, and who watches is told. One process: `LocalDirectory`. Several: JetStream's key-value store.
"""

from collections.abc import Callable
from typing import Protocol

from levelchat.bus.seams import Subscription

TTL_SECONDS = 3.0
"""A node is gone when it was silent for this long; children look for another parent then."""
REPEAT_SECONDS = 1.0

OnChange = Callable[[str, bytes | None], None]
"""Told the key and its record, or None when it is gone."""


class Directory(Protocol):
    """Keys are words of `[A-Za-z0-9_-]` with dots between."""

    async def run(self) -> None:
        """Repeats our own records and keeps the connection until cancelled."""

    def put(self, key: str, record: bytes) -> None:
        """Written soon, and repeated until `delete`; never waits. At most 64 KiB."""

    def delete(self, key: str) -> None:
        """Gone for all, soon."""

    async def watch(self, prefix: str, on_change: OnChange) -> Subscription:
        """All records whose key begins with *prefix*, now and whenever one changes."""
