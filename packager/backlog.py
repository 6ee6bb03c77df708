"""What is left undone when the machine cannot keep up.

Comes in: how many frames wait for the slowest encoder. Goes out: whether one more is encoded. What
is worth least goes first: frames of upper renditions, then of lower ones, then whole parts.
Nothing waits longer than the bound, so that delay does not grow. Sound is never left out.
"""

BOUND_MS = 500
"""The longest that a frame may wait: one part at the default settings."""


class Backlog:
    """One rendition's; *rank* is its place from the top of *ranks* renditions."""

    def __init__(self, rank: int, ranks: int, frame_rate: int) -> None:
        self._bound = max(2, BOUND_MS * frame_rate // 1000)
        # From half of the bound for the top rung to the bound for the one below the last.
        self._limit = self._bound // 2 + self._bound * rank // (2 * max(1, ranks))
        self._part_lost = False

    def admits(self, waiting: int, *, opens_part: bool) -> bool:
        """Whether the next frame is encoded while *waiting* frames are before it.

        The frame that opens a part stands for all that are left out behind it; where even that
        one is too much, the part is given up whole.
        """
        if opens_part:
            self._part_lost = waiting >= self._bound
            return not self._part_lost
        return not self._part_lost and waiting < self._limit
