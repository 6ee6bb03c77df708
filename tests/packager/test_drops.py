"""The laws of telling what was left undone."""

from levelchat.media.wire import Dropped
from packager.drops import Drops

SECOND = 1_000_000_000


def test_each_cause_is_told_at_most_once_a_second() -> None:
    """A flood of drops becomes one message a second, with their number."""
    drops = Drops()
    for _ in range(5):
        drops.count("v720", "encoder behind")
    drops.count("", "damaged sound")

    assert drops.due(10 * SECOND) == [
        Dropped("v720", 5, "encoder behind"),
        Dropped("", 1, "damaged sound"),
    ]
    drops.count("v720", "encoder behind")
    assert drops.due(10 * SECOND + SECOND // 2) == []
    assert drops.due(11 * SECOND) == [Dropped("v720", 1, "encoder behind")]


def test_silence_when_nothing_was_dropped() -> None:
    """Without a drop there is no message."""
    assert Drops().due(10 * SECOND) == []
