"""Laws of sharing out a subscriber's bandwidth."""

from hypothesis import given
from hypothesis import strategies as st

from cascade.allocation import Ask, allocate, cost
from cascade.layers import ALL, Option


def ask(slot: int, *rates: int, target: int | None = None) -> Ask:
    options = tuple(
        Option(10 * slot + place, str(place), ALL, ALL, 640, 360, rate)
        for place, rate in enumerate(rates)
    )
    return Ask(slot, options, len(rates) - 1 if target is None else target)


asks = st.lists(
    st.lists(st.integers(1, 1000), min_size=1, max_size=4).map(sorted), max_size=6
).map(lambda found: [ask(slot, *rates) for slot, rates in enumerate(found)])


def rates(given_: dict[int, Option | None]) -> dict[int, int]:
    return {slot: option.rate for slot, option in given_.items() if option is not None}


def test_without_a_budget_all_get_what_they_aim_for() -> None:
    """Nothing speaks against it."""
    wanted = [ask(0, 10, 100), ask(1, 10, 100, 1000, target=1)]

    assert rates(allocate(wanted, None)) == {0: 100, 1: 100}
    assert cost(wanted) == 200


def test_all_get_the_lowest_before_anybody_gets_more() -> None:
    """And then the first in rank all that it aims for."""
    wanted = [ask(0, 10, 100), ask(1, 10, 100)]

    assert rates(allocate(wanted, 20)) == {0: 10, 1: 10}
    assert rates(allocate(wanted, 115)) == {0: 100, 1: 10}
    assert rates(allocate(wanted, 200)) == {0: 100, 1: 100}


def test_the_last_in_rank_goes_first() -> None:
    """Where there is not even room for half of the lowest."""
    wanted = [ask(0, 100), ask(1, 100)]

    assert allocate(wanted, 120)[1] is None
    assert rates(allocate(wanted, 150)) == {0: 100, 1: 100}
    assert rates(allocate(wanted, 0)) == {}


@given(asks, st.integers(0, 5000))
def test_nobody_gets_more_than_they_aim_for_nor_more_than_there_is(
    wanted: list[Ask], budget: int
) -> None:
    """But for those who had room for half of their lowest."""
    given_ = allocate(wanted, budget)

    assert set(given_) == {each.slot for each in wanted}
    for each in wanted:
        option = given_[each.slot]
        assert option is None or option in each.options[: each.target + 1]
    *sure, last = (rate for _, rate in sorted(rates(given_).items())) if rates(given_) else (0,)
    if sum(sure) + last > budget:
        lowest = [each.options[0].rate for each in wanted if given_[each.slot] is not None]
        assert [*sure, last] == lowest
        assert last <= 2 * (budget - sum(sure))


@given(asks, st.integers(0, 5000))
def test_nobody_has_more_before_those_above_have_all(wanted: list[Ask], budget: int) -> None:
    """What everybody below has above their lowest would not have been enough for a higher one."""
    given_ = allocate(wanted, budget)
    spare = max(budget - sum(rates(given_).values()), 0)
    for each in reversed(wanted):
        option = given_[each.slot]
        if option is not None:
            higher = [other.rate for other in each.options[: each.target + 1]]
            assert not any(option.rate < rate <= option.rate + spare for rate in higher)
            spare += option.rate - each.options[0].rate
