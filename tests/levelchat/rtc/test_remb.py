"""Laws of levelchat.rtc.remb."""

from levelchat.rtc.remb import RembEstimate

MEGABIT = 1_000_000


def test_it_begins_at_the_ceiling() -> None:
    """Without loss the publisher may send all it is allowed to."""
    estimate = RembEstimate(MEGABIT // 10, 5 * MEGABIT)

    assert estimate.bitrate == 5 * MEGABIT
    assert estimate.on_interval(0, 2 * MEGABIT) == 5 * MEGABIT


def test_heavy_loss_brings_it_below_what_arrived() -> None:
    """Above 10 % of loss the estimate is 85 % of the rate received."""
    assert RembEstimate(MEGABIT // 10, 5 * MEGABIT).on_interval(64, 2 * MEGABIT) == 1_700_000


def test_it_grows_back_without_loss_and_stays_between() -> None:
    """8 % a second up, nothing between 2 % and 10 % of loss."""
    estimate = RembEstimate(MEGABIT // 10, 5 * MEGABIT)
    estimate.on_interval(255, MEGABIT)

    assert estimate.on_interval(10, MEGABIT) == 850_000
    assert estimate.on_interval(0, MEGABIT) == 918_000
    for _ in range(60):
        estimate.on_interval(0, MEGABIT)
    assert estimate.bitrate == 5 * MEGABIT


def test_it_never_falls_below_the_floor() -> None:
    """However much is lost, the floor stays."""
    assert RembEstimate(MEGABIT // 10, 5 * MEGABIT).on_interval(255, 0) == MEGABIT // 10
