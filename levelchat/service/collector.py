"""Python's cyclic garbage collector, so that it does not hold up a server.

A full collection looks at every object there is: with a thousand peers that is a tenth of a second
in which nobody is answered. What start-up made stays for good and is not looked at again. Of the
rest almost nothing is in cycles, so that looking at all of it seldom costs little memory; the
youngest are looked at often, in milliseconds.
"""

import gc

YOUNG = 2_000
"""Objects made and not freed, after which these are looked at."""
MIDDLE = 5
"""Looks at the youngest for one at what they have left over since the last."""
OLD = 1_000
"""Looks at that for one at everything; Python waits for a quarter more objects besides."""


def settle() -> None:
    """All that is there now stays: once, when a server is ready."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
