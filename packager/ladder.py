"""The ladder: which renditions a source is worth.

Comes in: the rungs of the settings and the size of the source. Goes out: steps with their names,
sizes and bitrates, the largest first. Never a step larger than the source.
"""

from collections.abc import Sequence

import msgspec

from packager.settings import Rung

NEAR_NUMERATOR, NEAR_DENOMINATOR = 5, 4
"""A step within a quarter of the next is the same to a viewer and costs an encoder of its own."""

WHOLE_WAIT_NS = 3_000_000_000
"""How long a source that reached a whole rung must stay so large before the rung joins."""

CLIPPED_WAIT_NS = 12_000_000_000
"""The same for a source between rungs: Chrome passes 3/4 and 2/3 of its size on the way up and
stays at each for some seconds."""

EXTRA_STEPS = 2
"""How many steps more than rungs a program may come to by growing; each costs an encoder. The last
one is kept for the top rung."""


class Step(msgspec.Struct, frozen=True):
    """One video rendition as it is encoded."""

    name: str
    """By its short side, so that the same source gives the same names in every program."""
    width: int
    height: int
    bitrate: int
    """Bits a second, on average."""

    @property
    def size(self) -> int:
        """Pixels of the short side."""
        return min(self.width, self.height)


def select(rungs: Sequence[Rung], width: int, height: int) -> tuple[Step, ...]:
    """The steps for a source of *width* by *height*, from large to small."""
    steps: list[Step] = []
    for rung in rungs:
        step = _step(rung, width, height)
        if not steps or _differ(step.size, steps[-1].size):
            steps.append(step)
        elif steps[-1].size == step.size:
            steps[-1] = step
    return tuple(steps)


def _step(rung: Rung, width: int, height: int) -> Step:
    source = min(width, height)
    size = _even(min(rung.size, source))
    bitrate = rung.bitrate * size // rung.size
    return Step(
        name=f"v{size}",
        width=_scaled(width, size, source),
        height=_scaled(height, size, source),
        bitrate=bitrate,
    )


def _scaled(side: int, size: int, source: int) -> int:
    """*side* times size / source: the nearest even number that is not above *side*."""
    return min(_even(side), 2 * ((side * size + source) // (2 * source)))


def _even(pixels: int) -> int:
    """H.264 4:2:0 (ITU-T H.264 §6.2) has one chroma sample for two luma samples."""
    return max(2, pixels - pixels % 2)


def _differ(one: int, other: int) -> bool:
    small, large = sorted((one, other))
    return small * NEAR_NUMERATOR <= large * NEAR_DENOMINATOR


class Growth:
    """Watches the source of a running program for steps that could join."""

    def __init__(self, rungs: Sequence[Rung], running: Sequence[Step]) -> None:
        self._rungs = rungs
        self._running = list(running)
        self._size = (0, 0)
        self._since_ns = 0

    def observe(self, width: int, height: int, now_ns: int) -> tuple[Step, ...]:
        """The steps that join now, because the source has been *width* by *height* for long."""
        if (width, height) != self._size:
            self._size, self._since_ns = (width, height), now_ns
            return ()
        waited_ns = now_ns - self._since_ns
        top = max(step.size for step in self._running)
        if waited_ns < WHOLE_WAIT_NS or min(width, height) <= top:
            return ()
        candidates = select(self._rungs, width, height)
        joining = [step for step in candidates if self._joins(step, waited_ns)]
        self._running += joining
        return tuple(joining)

    def _joins(self, step: Step, waited_ns: int) -> bool:
        whole = any(rung.size == step.size for rung in self._rungs)
        top = step.size >= self._rungs[0].size
        limit = len(self._rungs) + EXTRA_STEPS - (0 if top else 1)
        return (
            len(self._running) < limit
            and waited_ns >= (WHOLE_WAIT_NS if whole else CLIPPED_WAIT_NS)
            and all(_differ(running.size, step.size) for running in self._running)
        )
