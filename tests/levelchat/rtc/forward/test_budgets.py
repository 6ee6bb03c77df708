"""How much of a thing is done."""

from forwardkit import MILLISECOND
from hypothesis import given
from hypothesis import strategies as st

from levelchat.media.time import NANOSECOND
from levelchat.rtc.forward.budgets import Bucket, PerSecond, Spacing

START = 10**18


def test_so_many_each_second() -> None:
    """The next second begins anew."""
    limit = PerSecond(3)
    assert [limit.take(START + n) for n in range(5)] == [True, True, True, False, False]
    assert limit.take(START + NANOSECOND)


@given(st.lists(st.integers(0, 50 * MILLISECOND), max_size=300))
def test_a_bucket_never_gives_more_than_it_gets(pauses: list[int]) -> None:
    """At most the burst, and the rate for the time that passed."""
    bucket = Bucket(100, 10)
    now, taken = START, 0
    for pause in pauses:
        now += pause
        taken += bucket.take(now)
        assert taken <= 10 + (now - START) * 100 // NANOSECOND


def test_a_bucket_fills_again() -> None:
    """After a second without use the whole burst is there."""
    bucket = Bucket(100, 10)
    assert sum(bucket.take(START) for _ in range(50)) == 10
    assert sum(bucket.take(START + NANOSECOND) for _ in range(50)) == 10


def test_each_thing_has_its_spacing() -> None:
    """One thing does not wait for another, and only so many are remembered."""
    spacing = Spacing(10, 2)
    assert spacing.take(1, 100)
    assert not spacing.take(1, 109)
    assert spacing.take(2, 109)
    assert spacing.take(1, 110)
    assert spacing.take(3, 110)
    assert spacing.take(2, 111)
