"""Python's cyclic garbage collector, so that it seldom stops a server.

A full collection looks at every object there is: with a thousand peers that is a tenth of a second
in which nobody is answered. What start-up made stays for good, and is not looked at again; of the
rest almost nothing is in cycles, so that looking seldom costs little memory.
"""

import gc

YOUNG = 20_000
"""Objects made and not freed, after which the youngest are looked at; Python's own is 700."""
MIDDLE = 20
"""Looks at the youngest for one at the middle-aged."""
OLD = 50
"""Looks at those for one at all; Python waits for a quarter more objects besides."""


def settle() -> None:
    """All that is there now stays: once, when a server is ready."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
