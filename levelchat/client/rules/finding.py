"""What a rule says when it is broken, and the account of all that was said.

Comes in: findings, each with the rule's id. Goes out: one `Violation` a rule and sentence, with a
count. The account is bounded: beyond `MAX_VIOLATIONS` different ones it only counts.
"""

from collections.abc import Iterable

import msgspec

MAX_VIOLATIONS = 200
"""Different (rule, sentence) pairs; there are about 120 sentences."""

MAX_EVIDENCE = 300
"""Characters of evidence kept: a line of a playlist and its URL."""


class Exchange(msgspec.Struct, frozen=True):
    """One request and its whole answer."""

    sent_ns: int
    received_ns: int
    """When the last byte was there; nanoseconds since the Unix epoch."""
    url: str
    status: int
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes
    """After content decoding."""
    gzip_asked: bool = True


class Finding(msgspec.Struct, frozen=True):
    """A rule was broken once."""

    rule: str
    text: str
    """The sentence, the same each time."""
    evidence: str
    """What was seen this time."""


class Violation(msgspec.Struct):
    """A rule was broken *count* times in the same way."""

    rule: str
    text: str
    count: int
    first_ns: int
    evidence: str
    """Of the first time."""


class Account:
    """All violations so far."""

    def __init__(self) -> None:
        self._violations: dict[tuple[str, str], Violation] = {}
        self.untold = 0
        """Findings beyond the bound."""

    def add(self, findings: Iterable[Finding], where: str, now_ns: int) -> None:
        """Counts *findings*, which *where* (a URL) gave rise to."""
        for finding in findings:
            key = (finding.rule, finding.text)
            known = self._violations.get(key)
            if known is not None:
                known.count += 1
            elif len(self._violations) >= MAX_VIOLATIONS:
                self.untold += 1
            else:
                evidence = f"{finding.evidence} [{where}]"[:MAX_EVIDENCE]
                self._violations[key] = Violation(*key, 1, now_ns, evidence)

    def violations(self) -> tuple[Violation, ...]:
        """In the order in which they first appeared."""
        return tuple(self._violations.values())
