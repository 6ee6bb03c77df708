"""Whether a link is still good, and what to do if not.

Comes in: what is known of the link and of the node above. Goes out: a verdict. Pure: it asks
nobody, and the time is an argument.

A publisher may send nothing for any length of time (muted, a hidden tab, DTX), so that silence
alone says nothing. What is silent is asked: a parent with nothing to send either is left alone,
for whatever is wrong is above it, and each hop looks after its own.
"""

from enum import Enum

import msgspec

from cascade.relay.settings import RelaySettings

_MILLISECOND = 1_000_000
MAX_SPACING_NS = 2_000_000_000
"""Between two questions about a link that stays silent."""


class Verdict(Enum):
    """What to do."""

    GOOD = "good"
    ASK = "ask"
    """The parent, why nothing comes."""
    LEAVE = "leave"
    """For another parent, while packets still come by this one."""
    BROKEN = "broken"
    """Nothing comes by it any more, and will not."""


class Signs(msgspec.Struct, frozen=True):
    """What is known now."""

    is_open: bool
    silence_ns: int
    """Since the newest packet."""
    parent_lives: bool
    """Its record is in the directory."""
    parent_drains: bool
    loops: bool
    """The parent gets the session through this very node."""


class Report(msgspec.Struct, frozen=True):
    """What came of asking the parent."""

    silence_ms: int | None = None
    """For how long it has had nothing to send; None: it did not say."""
    is_gone: bool = False
    """Nothing listens there any more."""


class Health:
    """Of one link."""

    def __init__(self, settings: RelaySettings) -> None:
        self._limit_ns = settings.silence_ms * _MILLISECOND
        # The answer is there when the limit is: a parent that is gone is left at once, one that
        # does not answer without waiting for its answer.
        self._ask_ns = self._limit_ns * 2 // 5
        self._spacing_ns = self._limit_ns - self._ask_ns
        self._asked_ns: int | None = None

    def judge(self, signs: Signs, now_ns: int) -> Verdict:
        """What to do now."""
        if not signs.is_open or signs.loops:
            return Verdict.BROKEN
        if signs.silence_ns < self._ask_ns:
            self._asked_ns, self._spacing_ns = None, self._limit_ns - self._ask_ns
        elif self._asked_ns is None or now_ns - self._asked_ns >= self._spacing_ns:
            self._asked_ns = now_ns
            return Verdict.ASK
        if signs.parent_drains or not signs.parent_lives:
            return Verdict.LEAVE
        return Verdict.GOOD

    def hear(self, report: Report, signs: Signs) -> Verdict:
        """What the parent answered; *signs* are newer than the answer."""
        if not signs.is_open or signs.loops:
            return Verdict.BROKEN
        if signs.silence_ns < self._ask_ns:
            return Verdict.GOOD
        if report.is_gone:
            return Verdict.BROKEN
        if report.silence_ms is not None and report.silence_ms * _MILLISECOND >= self._ask_ns:
            self._spacing_ns = min(2 * self._spacing_ns, MAX_SPACING_NS)
            return Verdict.GOOD
        return Verdict.BROKEN if signs.silence_ns >= self._limit_ns else Verdict.GOOD
