"""Laws of seldom collecting garbage."""

import gc

from levelchat.service import collector


def test_what_is_there_is_not_looked_at_again() -> None:
    """And what comes later seldom."""
    before = gc.get_threshold()
    try:
        collector.settle()

        assert gc.get_freeze_count() > 0
        assert all(new > old for new, old in zip(gc.get_threshold(), before, strict=True))
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
