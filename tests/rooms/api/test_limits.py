"""Laws of rooms.api.limits."""

from hypothesis import given
from hypothesis import strategies as st

from rooms.api.limits import SECOND, Buckets


def test_a_burst_is_free_and_then_the_rate_rules() -> None:
    """So many at once; then one for each interval, and the wait that is told is the true one."""
    buckets = Buckets(per_second=2, burst=3)

    assert [buckets.take("a", 0) for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]
    assert buckets.take("a", SECOND // 2) == 0.0
    assert buckets.take("a", SECOND // 2) == 0.5


def test_each_has_its_own() -> None:
    """Who has used up a bucket disturbs nobody else."""
    buckets = Buckets(per_second=1, burst=1)
    buckets.take("a", 0)

    assert (buckets.take("a", 0), buckets.take("b", 0)) == (1.0, 0.0)


def test_looking_takes_nothing() -> None:
    """To ask how long the wait is costs no token."""
    buckets = Buckets(per_second=1, burst=1)

    assert [buckets.wait("a", 0) for _ in range(3)] == [0.0] * 3
    assert buckets.take("a", 0) == 0.0
    assert buckets.wait("a", 0) == 1.0


def test_the_table_is_bounded() -> None:
    """A flood of names forgets the one unused for longest, and holds no more than its bound."""
    buckets = Buckets(per_second=1, burst=1, table=3)
    for name in "abca":
        buckets.take(name, 0)
    buckets.take("d", 0)

    assert len(buckets) == 3
    assert (buckets.wait("b", 0), buckets.wait("a", 0)) == (0.0, 1.0)


def test_a_clock_that_goes_back_takes_nothing_away() -> None:
    """Time that runs backwards neither refills nor empties a bucket."""
    buckets = Buckets(per_second=1, burst=2)
    buckets.take("a", 10 * SECOND)

    assert buckets.take("a", 5 * SECOND) == 0.0
    assert buckets.take("a", 5 * SECOND) == 1.0


@given(
    rate=st.integers(1, 100),
    burst=st.integers(1, 50),
    gaps=st.lists(st.integers(0, SECOND), max_size=200),
)
def test_no_more_than_burst_and_rate_pass(rate: int, burst: int, gaps: list[int]) -> None:
    """Over any interval at most *burst* plus rate times its length get through."""
    buckets = Buckets(per_second=rate, burst=burst)
    now = 0
    passed = 0
    for gap in gaps:
        now += gap
        passed += buckets.take("a", now) == 0.0

    assert passed <= burst + rate * now / SECOND + 1e-6
