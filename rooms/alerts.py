"""When bad quality is worth waking somebody: `qos.alert`. Pure.

Comes in: reports on publishers' connections. Goes out: whether this one raises an alert. One
alert for each bad spell; a spell is over when reports are good again for as long.
"""

from collections import OrderedDict

import msgspec

BAD_LOSS = 0.05
"""Fraction of packets: beyond it NACK no longer hides the loss from viewers."""
GOOD_LOSS = 0.02
REPORTS = 3
"""In a row; nodes report every 5 s, so a spell has lasted 15 s."""
MAX_FOLLOWED = 10_000
"""Publishers; the ones longest unheard of are forgotten."""


class _Spell(msgspec.Struct):
    bad: int = 0
    good: int = 0
    alerted: bool = False


class Alerts:
    """Follows every publisher's connection."""

    def __init__(self) -> None:
        self._spells: OrderedDict[tuple[str, str], _Spell] = OrderedDict()

    def take(self, media_id: str, identity: str, fraction_lost: float) -> bool:
        """True when this report makes the spell bad enough to tell."""
        key = (media_id, identity)
        spell = self._spells.setdefault(key, _Spell())
        self._spells.move_to_end(key)
        if len(self._spells) > MAX_FOLLOWED:
            self._spells.popitem(last=False)
        spell.bad = spell.bad + 1 if fraction_lost >= BAD_LOSS else 0
        spell.good = spell.good + 1 if fraction_lost <= GOOD_LOSS else 0
        if spell.good >= REPORTS:
            spell.alerted = False
        if spell.bad < REPORTS or spell.alerted:
            return False
        spell.alerted = True
        return True

    def forget(self, media_id: str, identity: str) -> None:
        """Its stream stopped."""
        self._spells.pop((media_id, identity), None)
