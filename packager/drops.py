"""Counts what was left undone, and tells it now and then instead of each time.

Comes in: one call a frame left out. Goes out: at most one `Dropped` a second and cause.
"""

from collections import Counter

from levelchat.media.wire import Dropped

INTERVAL_NS = 1_000_000_000


class Drops:
    """What a program has left undone since it last said so."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()
        self._told_ns = 0

    def count(self, rendition: str, reason: str, frames: int = 1) -> None:
        """So many *frames* of *rendition* (empty: of the publisher) were left out."""
        if frames:
            self._counts[rendition, reason] += frames

    def due(self, now_ns: int) -> list[Dropped]:
        """What is to be told now."""
        if not self._counts or now_ns - self._told_ns < INTERVAL_NS:
            return []
        self._told_ns = now_ns
        return self.rest()

    def rest(self) -> list[Dropped]:
        """What was not told yet."""
        told = [Dropped(name, frames, why) for (name, why), frames in self._counts.items()]
        self._counts.clear()
        return told
