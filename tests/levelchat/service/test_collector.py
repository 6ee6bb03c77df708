"""Laws of seldom collecting garbage."""

import gc
import math

from levelchat.service import collector


def test_what_is_there_is_not_looked_at_again() -> None:
    """And all that comes later seldom."""
    before = gc.get_threshold()
    try:
        collector.settle()

        assert gc.get_freeze_count() > 0
        assert math.prod(gc.get_threshold()) > 100 * math.prod(before)
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
