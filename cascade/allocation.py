"""How a subscriber's bandwidth is shared out between its slots.

Comes in: what each slot could have and aims for, in order of rank, and how many bits a second
there are. Goes out: what each slot gets. Sound is not in here: it is never given up. Pure.
"""

from collections.abc import Sequence
from typing import NamedTuple

from cascade.layers import Option


class Ask(NamedTuple):
    """One slot's."""

    slot: int
    options: tuple[Option, ...]
    """From the lowest to the highest; at least one."""
    target: int
    """Place of the one that it aims for."""


def allocate(asks: Sequence[Ask], budget: int | None) -> dict[int, Option | None]:
    """What each slot gets; None: nothing, for there is no room. Without a *budget* each gets what
    it aims for. Everybody gets the lowest before anybody gets more; the first in rank then gets
    all that it aims for before the next. Who has room for half of the lowest gets it: budgets are
    estimates, and no picture is worse than one that stutters.
    """
    if budget is None:
        return {ask.slot: ask.options[ask.target] for ask in asks}
    places: dict[int, int] = {}
    left = budget
    for ask in asks:
        if ask.options[0].rate <= 2 * left:
            places[ask.slot] = 0
            left = max(left - ask.options[0].rate, 0)
    for ask in asks:
        if ask.slot not in places:
            continue
        base = ask.options[0].rate
        best = max(
            (place for place in range(ask.target + 1) if ask.options[place].rate - base <= left),
            default=0,
        )
        places[ask.slot] = best
        left -= ask.options[best].rate - base
    return {
        ask.slot: ask.options[places[ask.slot]] if ask.slot in places else None for ask in asks
    }


def cost(asks: Sequence[Ask]) -> int:
    """Bits a second of all that is aimed for."""
    return sum(ask.options[ask.target].rate for ask in asks)
