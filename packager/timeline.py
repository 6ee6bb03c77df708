"""The output's video time line: one slot each 1/frame_rate of the wall clock, each filled once.

Slot *n* was captured *n* / frame_rate after the Unix epoch. Comes in: capture times of pictures,
and now. Goes out: the slots to fill, in order, without a hole. It never waits: a picture fills its
slot, and the empty ones before it, at once.
"""

from levelchat.media.time import NANOSECOND, rescale
from packager.errors import ClockLeap

STICKY_QUARTERS = 3
"""A picture within 3/4 of a slot of the next free one takes it. Pictures that fall half-way
between two slots would otherwise jitter into holes and surplus; the error of 25 ms at 30 frames a
second stays below the 40 ms of audible asynchrony."""

LEAP_SECONDS = 10
"""A hole that is longer is not filled: nobody waits for it."""


class Slots:
    """Slots and nanoseconds, for one frame rate."""

    def __init__(self, frame_rate: int) -> None:
        self.rate = frame_rate

    def nearest(self, wall_ns: int) -> int:
        """The slot nearest to *wall_ns*."""
        return rescale(wall_ns, NANOSECOND, self.rate)

    def time_ns(self, slot: int) -> int:
        """When *slot* was captured."""
        return rescale(slot, self.rate, NANOSECOND)


class Reclock:
    """Gives each picture its slot, and says which slots must be filled without one."""

    def __init__(self, slots: Slots, origin: int, max_lateness_ns: int) -> None:
        self._slots = slots
        self._max_lateness_ns = max_lateness_ns
        self.next = origin
        """The first slot that is not filled yet."""

    def place(self, wall_ns: int) -> range:
        """The slots that a picture of *wall_ns* lets us fill: with its forerunner all but the last
        one, which it takes itself. Empty when its slot is taken: the picture is surplus.
        """
        distance_ns = wall_ns - self._slots.time_ns(self.next)
        if abs(distance_ns) * 4 * self._slots.rate <= STICKY_QUARTERS * NANOSECOND:
            return self._advance(self.next)
        return self._advance(self._slots.nearest(wall_ns))

    def overdue(self, now_ns: int) -> range:
        """The slots whose picture has not come in time."""
        # Rounded down: a slot is overdue only once its time has passed.
        return self._advance((now_ns - self._max_lateness_ns) * self._slots.rate // NANOSECOND)

    def _advance(self, last: int) -> range:
        if last - self.next > LEAP_SECONDS * self._slots.rate:
            raise ClockLeap(f"{last - self.next} frames passed at once")
        filled = range(self.next, last + 1)
        self.next = max(self.next, last + 1)
        return filled
