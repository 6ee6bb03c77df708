"""When to ask for a missing packet again (RFC 4585 §6.2.1).

Comes in: which packets are missing, and which of them came after all. Goes out: the numbers to ask
for now. Never gives a packet up; the reorder buffer's bounds do that.
"""

import msgspec

_MILLISECOND = 1_000_000
FIRST_ROUND_TRIP_NS = 100 * _MILLISECOND
"""Before one was measured; libwebrtc begins with the same."""
MIN_SPACING_NS = 10 * _MILLISECOND
"""A publisher on the same network: asking faster than its pacer sends helps nobody."""
MAX_SPACING_NS = 200 * _MILLISECOND
"""Beyond this a second answer would not come within the wait for video anyway."""
MAX_ASKED = 10
"""Times one packet is asked for; libwebrtc's kMaxNackRetries."""


class _Asked(msgspec.Struct, gc=False):
    times: int
    last_ns: int


class NackSchedule:
    """Asks at once, then every one and a quarter round-trips, `MAX_ASKED` times at most."""

    __slots__ = ("_asked", "_newest", "_next_ns", "round_trip_ns")

    def __init__(self) -> None:
        self._asked: dict[int, _Asked] = {}
        self._newest: int | None = None
        self._next_ns = 0
        self.round_trip_ns = FIRST_ROUND_TRIP_NS

    def due(self, missing: dict[int, int], now_ns: int) -> list[int]:
        """Which of *missing*, ascending and not empty, to ask for now. Others are forgotten.

        Cheap to call for every packet: it looks again when there is something new, or it is time.
        """
        newest = next(reversed(missing))
        if newest == self._newest and now_ns < self._next_ns:
            return []
        self._newest = newest
        spacing = min(max(self.round_trip_ns * 5 // 4, MIN_SPACING_NS), MAX_SPACING_NS)
        self._next_ns = now_ns + spacing
        before, self._asked = self._asked, {}
        numbers = []
        for number in missing:
            asked = before.get(number) or _Asked(0, now_ns - spacing)
            self._asked[number] = asked
            if asked.times == MAX_ASKED:
                continue
            if now_ns - asked.last_ns >= spacing:
                asked.times += 1
                asked.last_ns = now_ns
                numbers.append(number)
            self._next_ns = min(self._next_ns, asked.last_ns + spacing)
        return numbers

    def came(self, number: int, now_ns: int) -> None:
        """A missing packet came. If it was asked for once, that measures the round-trip."""
        asked = self._asked.pop(number, None)
        # Asked for twice, the answer may be to either (Karn's rule).
        if asked is not None and asked.times == 1:
            self.round_trip_ns += (now_ns - asked.last_ns - self.round_trip_ns) // 4

    def forget(self) -> None:
        """The stream began anew."""
        self._asked.clear()
        self._newest = None
