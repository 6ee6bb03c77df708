"""How much a publisher may send, from what got lost (REMB, draft-alvestrand-rmcat-remb-03).

Comes in: the loss of each report interval and the rate that arrived in it. Goes out: the estimate
in bits a second. Never looks at delays: a publisher's own congestion control does.
"""

MAX_LOSS = 26
"""256ths, 10 %: above this the path is full (Google congestion control §6, loss-based part)."""
MIN_LOSS = 5
"""256ths, 2 %: below this there is room."""
BACK_OFF = (85, 100)
"""Of what arrived, when the path is full (same draft, §5.5)."""
GROWTH = (108, 100)
"""A second, when there is room (same draft, §5.5)."""


class RembEstimate:
    """Between *floor* and *ceiling* bits a second; begins at the ceiling."""

    __slots__ = ("_ceiling", "_floor", "bitrate")

    def __init__(self, floor: int, ceiling: int) -> None:
        self._floor = floor
        self._ceiling = ceiling
        self.bitrate = ceiling

    def on_interval(self, fraction_lost: int, received_bitrate: int) -> int:
        """A second passed, in which so much was lost and arrived; the new estimate."""
        if fraction_lost > MAX_LOSS:
            self._set(received_bitrate * BACK_OFF[0] // BACK_OFF[1])
        elif fraction_lost < MIN_LOSS:
            self._set(self.bitrate * GROWTH[0] // GROWTH[1])
        return self.bitrate

    def _set(self, bitrate: int) -> None:
        self.bitrate = min(max(bitrate, self._floor), self._ceiling)
