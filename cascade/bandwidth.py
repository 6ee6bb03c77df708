"""How much one subscriber can take, by what it says and by what gets lost on the way.

Comes in: once a second, what was sent, its REMB, its losses, and what one would like to send. Goes
out: a budget, and how much padding to send to find out whether there is room for more. Pure.

A receiver's estimate (REMB) never says much more than what comes; so that only whoever sends more
learns whether more would do: probes of padding, which ask for at most twice what is known to fit.
It also rises slowly, Chromium's by 8 % a second: while it does, it is not yet a limit, and the
probe goes on.
"""

from collections import deque
from typing import NamedTuple

import msgspec

from levelchat.media.time import NANOSECOND

MIN_BUDGET = 30_000
"""Bits a second. Whoever says less, or nonsense, still gets sound."""
HIGH_LOSS = 26
"""256ths: a tenth. Below it loss is more often the radio's than a full queue's (GCC §6)."""
LOW_LOSS = 5
"""256ths: 2 %, above twice the usual loss, with which a probe has failed."""
STRIKES = 2
"""Seconds in a row: one burst that was late is no reason for a worse picture."""
STALE_NS = 5 * NANOSECOND
"""A REMB older than this says nothing."""
FIRST_WAIT_NS = 3 * NANOSECOND
MAX_WAIT_NS = 60 * NANOSECOND
"""Between a drop and the next probe; doubled when one fails, or what it promised does not hold;
halved when it does."""
HELD_NS = 10 * NANOSECOND
"""A budget that a probe has found holds once it was not taken back for so long."""
PROBE_MS = 900
PROBES = 2
"""Seconds of probing before it is believed: estimates take one to follow."""
MAX_PROBE = 5_000_000
HEADROOM = 8
"""Sevenths: what is asked of a probe above what would be sent."""

_USUAL = 3
"""Seconds before a probe whose loss is the usual one: the radio's, a full queue's has ended."""
_PERCENT = 100
_CLIMB = 102
"""Percent of what it was before: an estimate that rises so is not at the link's limit."""
_PROGRESS = 110
"""Percent of the budget before it: less than that is a probe that has failed."""


class Sample(NamedTuple):
    """One second's."""

    sent: int
    """Bits a second that went out, probes left out."""
    wanted: int
    """Bits a second that one would send if there were room."""
    loss: int | None
    """256ths of what was sent; None: nobody said."""
    remb: int
    """Bits a second; 0: none came."""
    remb_ns: int
    """When it came."""
    pads: bool = True
    """Padding goes out beside a picture; where none is sent REMB cannot tell what there is room
    for, and only the picture itself shows it."""


class Verdict(NamedTuple):
    """What to do in the next second."""

    budget: int | None
    """Bits a second; None: as much as one likes."""
    probe: int
    """Bits a second of padding beside the media; 0: none."""


class _Probe(msgspec.Struct):
    goal: int
    known: int
    """The budget when it began."""
    usual: int
    """256ths that were lost without it."""
    left: int = PROBES


class Bandwidth:
    """One subscriber's."""

    def __init__(self) -> None:
        self._budget: int | None = None
        self._wait_ns = FIRST_WAIT_NS
        self._next_probe_ns = 0
        self._probe: _Probe | None = None
        self._strikes = 0
        self._believed_ns: int | None = None
        """When a probe raised the budget of which it is not known yet whether it was right."""
        self._losses: deque[int] = deque(maxlen=_USUAL)
        self._remb = 0
        self._remb_ns = 0
        self._climbs = False
        """The REMB is not at the link's limit yet, or has not been said anew."""

    @property
    def budget(self) -> int | None:
        """Bits a second; None: nothing speaks against any."""
        return self._budget

    def second(self, sample: Sample, now_ns: int) -> Verdict:
        """Another second has passed."""
        remb = self._listen(sample, now_ns)
        ceiling = self._ceiling(sample, remb)
        if ceiling is not None and self._strikes >= STRIKES:
            self._drop(max(ceiling, MIN_BUDGET), now_ns)
        else:
            if self._probe is not None:
                self._follow(self._probe, sample, remb, now_ns)
            self._hold(now_ns)
        if sample.loss is not None:
            self._losses.append(sample.loss)
        return Verdict(self._budget, self._padding(sample, now_ns))

    def _listen(self, sample: Sample, now_ns: int) -> int:
        remb = sample.remb if now_ns - sample.remb_ns <= STALE_NS else 0
        is_new = sample.remb_ns != self._remb_ns
        self._climbs = not is_new or 0 < self._remb * _CLIMB < remb * _PERCENT
        self._remb, self._remb_ns = remb, sample.remb_ns
        return remb

    def _ceiling(self, sample: Sample, remb: int) -> int | None:
        """What it can take at most, if that is less than what was sent."""
        found = []
        if sample.loss is not None and sample.loss >= HIGH_LOSS and self._probe is None:
            # draft-ietf-rmcat-gcc §6: above 10 %, As_hat(i) = As_hat(i-1) (1 - 0.5 p). Where not
            # even the lowest layer fits more is sent than the budget says.
            estimate = sample.sent if self._budget is None else min(sample.sent, self._budget)
            found.append(estimate * (512 - sample.loss) // 512)
        # A receiver whose queue grows says 0.85 of what comes (GCC §5.5).
        is_low = remb > 0 and remb * 10 < sample.sent * 9
        if is_low and not self._climbs:
            found.append(remb)
        if found:
            self._strikes += 1
        elif sample.loss is not None and not is_low:
            self._strikes = 0
        return min(found, default=None)

    def _drop(self, ceiling: int, now_ns: int) -> None:
        # Where nothing could be sent beside it, only the picture itself shows that it is too much.
        if self._probe is not None or self._believed_ns is not None:
            self._wait_longer()
        self._budget, self._probe, self._believed_ns = ceiling, None, None
        self._next_probe_ns = now_ns + self._wait_ns

    def _follow(self, probe: _Probe, sample: Sample, remb: int, now_ns: int) -> None:
        if sample.loss is not None and sample.loss > 2 * probe.usual + LOW_LOSS:
            self._wait_longer()
            self._end(now_ns)
        elif remb >= probe.goal or (probe.left == 0 and not (remb and sample.pads)):
            self._rise(probe.goal, now_ns)
            self._probe = None
        elif remb:
            self._rise(remb, now_ns)
            if self._climbs:
                probe.left = max(probe.left, 1)
            elif probe.left == 0:
                if (self._budget or 0) * _PERCENT < probe.known * _PROGRESS:
                    self._wait_longer()
                self._end(now_ns)

    def _rise(self, budget: int, now_ns: int) -> None:
        if budget > (self._budget or 0):
            self._budget, self._believed_ns = budget, now_ns

    def _hold(self, now_ns: int) -> None:
        if self._believed_ns is not None and now_ns - self._believed_ns >= HELD_NS:
            self._wait_ns = max(self._wait_ns // 2, FIRST_WAIT_NS)
            self._believed_ns = None

    def _end(self, now_ns: int) -> None:
        self._probe = None
        self._next_probe_ns = now_ns + self._wait_ns

    def _wait_longer(self) -> None:
        self._wait_ns = min(2 * self._wait_ns, MAX_WAIT_NS)

    def _padding(self, sample: Sample, now_ns: int) -> int:
        if self._budget is None or sample.wanted <= self._budget:
            self._probe = None
            return 0
        if self._probe is None:
            if now_ns < self._next_probe_ns:
                return 0
            self._probe = self._begin(sample, self._budget)
        if self._probe.left == 0:
            return 0
        self._probe.left -= 1
        more = self._probe.goal * HEADROOM // 7 - sample.sent
        return max(min(more, MAX_PROBE), 0)

    def _begin(self, sample: Sample, budget: int) -> _Probe:
        # What padding cannot show is not believed; far beyond the link's limit, media are lost.
        shown = (sample.sent + MAX_PROBE) * 7 // HEADROOM
        usual = sum(self._losses) // max(len(self._losses), 1)
        goal = max(min(sample.wanted, 2 * budget, shown), budget)
        return _Probe(goal=goal, known=budget, usual=min(usual, HIGH_LOSS))
