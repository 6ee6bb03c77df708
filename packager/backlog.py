"""What is left undone when the machine cannot keep up.

Comes in: how long each encoder's input has waited. Goes out: whether one more frame is encoded.
What is worth least goes first: frames of upper renditions, then of lower ones, then whole parts.
Nothing waits longer than the bound, so that delay does not grow. Sound is never left out.
"""

from collections.abc import Sequence

BOUND_NS = 500_000_000
"""The longest that a frame may wait for its encoder: one part at the default settings."""


class Progress:
    """How one encoder keeps up; written by two threads, each its own field."""

    def __init__(self) -> None:
        self.now_ns = 0
        """The time, as its giver last knew it."""
        self.working_ns = 0
        """When the frame that it works on was given; 0: it is idle."""

    @property
    def behind_ns(self) -> int:
        """How long its frame has waited."""
        given_ns = self.working_ns
        return max(0, self.now_ns - given_ns) if given_ns else 0


class Backlog:
    """One rendition's; *progress* is its own, *below* that of the smaller renditions."""

    def __init__(self, progress: Progress, below: Sequence[Progress], ranks: int) -> None:
        self._progress = progress
        self._below = below
        rank = ranks - 1 - len(below)
        # From half of the bound for the top rung to the bound for the one below the last.
        self._limit_ns = BOUND_NS // 2 + BOUND_NS * rank // (2 * ranks)
        self._part_lost = False

    def admits(self, *, opens_part: bool) -> bool:
        """Whether the encoder takes its next frame.

        The frame that opens a part stands for all that are left out behind it; where even that
        one is too much, the part is given up whole.
        """
        behind_ns = self._progress.behind_ns
        if opens_part:
            self._part_lost = behind_ns > BOUND_NS
            return not self._part_lost
        worst_ns = max((behind_ns, *(progress.behind_ns for progress in self._below)))
        return not self._part_lost and worst_ns <= self._limit_ns
