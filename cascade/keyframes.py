"""When a publisher is asked for a key frame.

Comes in: who wants one of which source, and when key frames came. Goes out: whether to ask now.
Pure: it asks nobody by itself. However many subscribers want one, a source is asked once in
`SPACING_NS`; what was wanted meanwhile is asked for later unless a key frame came.
"""

from levelchat.media.time import NANOSECOND

SPACING_NS = 500_000_000
FRESH_NS = 1 * NANOSECOND
"""A joiner who is shown what came since an older key frame lags behind for too long."""


class KeyFrames:
    """One room's."""

    def __init__(self) -> None:
        self._asked_ns: dict[int, int] = {}
        self._pending: dict[int, int | None] = {}
        """Sources, with the count of their key frames when one more was wanted last; None where it
        was not known."""
        self._counts: dict[int, int] = {}
        self._came_ns: dict[int, int] = {}

    def wanted(self, source: int, now_ns: int) -> bool:
        """Somebody wants one; True: ask for it now."""
        asked_ns = self._asked_ns.get(source)
        if asked_ns is not None and now_ns - asked_ns < SPACING_NS:
            self._pending[source] = self._counts.get(source)
            return False
        self._asked_ns[source] = now_ns
        self._pending.pop(source, None)
        return True

    def joined(self, source: int, now_ns: int) -> bool:
        """Somebody begins to watch it; True: ask for one now."""
        came_ns = self._came_ns.get(source)
        if came_ns is not None and now_ns - came_ns <= FRESH_NS:
            return False
        return self.wanted(source, now_ns)

    def count(self, source: int, key_frames: int, now_ns: int) -> None:
        """So many have come of the source until now."""
        former = self._counts.get(source)
        self._counts[source] = key_frames
        if former is not None and key_frames > former:
            self._came_ns[source] = now_ns

    def due(self, now_ns: int) -> list[int]:
        """Sources to ask now, for what was wanted too soon after the last time."""
        ready = [
            source
            for source in self._pending
            if now_ns - self._asked_ns.get(source, 0) >= SPACING_NS
        ]
        asked = []
        for source in ready:
            count = self._pending.pop(source)
            if count is None or self._counts.get(source) == count:
                self._asked_ns[source] = now_ns
                asked.append(source)
        return asked

    def keep(self, sources: frozenset[int]) -> None:
        """Forgets all others."""
        for table in (self._asked_ns, self._pending, self._counts, self._came_ns):
            for source in [known for known in table if known not in sources]:
                del table[source]
