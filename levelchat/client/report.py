"""What a viewer saw: counters while it plays, and the one object that `--json` prints.

Comes in: readings in nanoseconds. Goes out: milliseconds.
"""

import msgspec

from levelchat.client.rules.finding import Violation
from levelchat.client.timing import MILLISECOND, Distribution, Playback, Summary

STALLED = 3
"""Exit code of a viewer that stalled or saw a rule broken; 1 stands for what cannot be watched."""


class RuleViolation(msgspec.Struct, frozen=True):
    """A broken rule of docs/llhls-rules.md."""

    rule: str
    text: str
    count: int
    first_ms: float
    """Since the viewer began."""
    evidence: str


class Stalls(msgspec.Struct, frozen=True):
    """Times in which the picture would have stood still."""

    count: int
    total_ms: float


class Report(msgspec.Struct, frozen=True):
    """Everything a viewer can say of a broadcast; times in milliseconds."""

    url: str
    seconds: float
    """Of playing."""
    playing: tuple[str, ...]
    """Names of the media playlists that were played."""
    offered: tuple[str, ...]
    """Names of all there were."""
    delay: Summary
    """Now minus the date of the playhead."""
    part_age: Summary
    """Now minus the date at which a part ends, when its last byte arrived."""
    part_lateness: Summary
    """The same, counted from the most punctual part of its track."""
    stalls: Stalls
    start_ms: float | None
    """From the first request to the first picture."""
    reload_ms: Summary
    """Of blocked reloads, the time they were held included."""
    part_ms: Summary
    """Of parts that were listed when they were asked for."""
    hint_ms: Summary
    """Of parts that were asked for ahead, the time they were held included."""
    parts: int
    deltas: int
    """Delta updates merged."""
    bytes: int
    requests: dict[str, int]
    errors: dict[str, int]
    ended: bool
    violations: tuple[RuleViolation, ...]

    @property
    def flawless(self) -> bool:
        return not self.stalls.count and not self.violations and self.parts > 0


class Readings:
    """What a player measures while it plays."""

    def __init__(self) -> None:
        self.delay = Distribution()
        self.part_age = Distribution()
        self.ages: dict[str, Distribution] = {}
        self.reload = Distribution()
        self.part = Distribution()
        self.hint = Distribution()
        self.parts = 0
        self.bytes = 0
        self.requests: dict[str, int] = {}
        self.errors: dict[str, int] = {}

    def count_request(self, kind: str) -> None:
        self.requests[kind] = self.requests.get(kind, 0) + 1

    def count_error(self, kind: str) -> None:
        self.errors[kind] = self.errors.get(kind, 0) + 1

    def part_arrived(self, track: str, age_ns: int) -> None:
        """A part at the live edge arrived *age_ns* after it ended."""
        self.part_age.add(age_ns)
        self.ages.setdefault(track, Distribution()).add(age_ns)

    def lateness(self) -> Summary:
        """Of all tracks, each above its own minimum."""
        together = Distribution()
        for ages in self.ages.values():
            lowest = ages.quantiles_ns(0)[0]
            for age in ages.readings():
                together.add(age - lowest)
        return together.summary()


def stalls(playback: Playback | None, now_ns: int) -> Stalls:
    """Of *playback* until *now_ns*."""
    if playback is None:
        return Stalls(0, 0)
    return Stalls(playback.stall_count(), round(playback.stalled_ns(now_ns) / MILLISECOND, 1))


def told(violations: tuple[Violation, ...], began_ns: int) -> tuple[RuleViolation, ...]:
    """*violations* with times since *began_ns*."""
    return tuple(
        RuleViolation(
            rule=violation.rule,
            text=violation.text,
            count=violation.count,
            first_ms=round((violation.first_ns - began_ns) / MILLISECOND, 1),
            evidence=violation.evidence,
        )
        for violation in violations
    )
