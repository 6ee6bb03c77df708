"""Laws of how much a subscriber can take."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from cascade.bandwidth import (
    FIRST_WAIT_NS,
    HIGH_LOSS,
    MAX_PROBE,
    MIN_BUDGET,
    STALE_NS,
    STRIKES,
    Bandwidth,
    Sample,
    Verdict,
)
from levelchat.media.time import NANOSECOND

START = 1_000 * NANOSECOND
LADDER = (100_000, 400_000, 1_500_000)


def second(
    bandwidth: Bandwidth, at: int, sent: int, *, wanted: int = 0, loss: int = 0, remb: int = 0
) -> Verdict:
    """The *at*-th second's verdict."""
    now_ns = START + at * NANOSECOND
    return bandwidth.second(Sample(sent, wanted or sent, loss, remb, now_ns), now_ns)


def test_nothing_is_known_at_first() -> None:
    """Whoever says nothing gets all that it aims for."""
    bandwidth = Bandwidth()

    assert second(bandwidth, 0, 2_000_000) == Verdict(None, 0)


def test_one_bad_second_changes_nothing() -> None:
    """A burst that was late is no reason for a worse picture."""
    bandwidth = Bandwidth()
    for at in range(20):
        loss = HIGH_LOSS if at % 2 else 0
        assert second(bandwidth, at, 1_000_000, loss=loss).budget is None


def test_loss_and_remb_lower_the_budget() -> None:
    """After so many seconds in a row."""
    lossy, slow = Bandwidth(), Bandwidth()
    for at in range(STRIKES):
        second(lossy, at, 1_000_000, loss=128)
        second(slow, at, 1_000_000, remb=400_000)

    assert lossy.budget == 750_000
    assert slow.budget == 400_000


def test_an_old_remb_says_nothing() -> None:
    """It was about another second."""
    bandwidth = Bandwidth()
    for at in range(10):
        now_ns = START + at * NANOSECOND
        sample = Sample(1_000_000, 1_000_000, 0, 10_000, now_ns - STALE_NS - 1)
        assert bandwidth.second(sample, now_ns).budget is None


def test_it_climbs_back_by_probes() -> None:
    """Padding shows that there is room; a receiver without REMB is believed by its losses."""
    bandwidth = Bandwidth()
    for at in range(STRIKES):
        second(bandwidth, at, 1_000_000, wanted=1_000_000, loss=128)
    probed = 0
    for at in range(STRIKES, STRIKES + 10):
        verdict = second(bandwidth, at, 750_000, wanted=1_000_000)
        probed += bool(verdict.probe)
        if verdict.budget == 1_000_000:
            break

    assert bandwidth.budget == 1_000_000
    assert probed


def test_failed_probes_come_less_and_less_often() -> None:
    """Who has no more room is not disturbed every few seconds."""
    bandwidth = Bandwidth()
    for at in range(STRIKES):
        second(bandwidth, at, 1_000_000, loss=128)
    probes, is_probing = [], False
    for at in range(STRIKES, 400):
        verdict = second(bandwidth, at, 500_000, wanted=1_000_000, loss=20 if is_probing else 0)
        if verdict.probe and not is_probing:
            probes.append(at)
        is_probing = bool(verdict.probe)
    pauses = [later - earlier for earlier, later in itertools.pairwise(probes)]

    assert pauses == sorted(pauses)
    assert pauses[-1] >= 60 > pauses[0] >= FIRST_WAIT_NS // NANOSECOND


@given(st.lists(st.tuples(st.integers(0, 10**8), st.integers(0, 255), st.integers(0, 2**40))))
def test_a_liar_still_gets_sound(said: list[tuple[int, int, int]]) -> None:
    """Whatever a subscriber says, its budget has a floor and probes have a bound."""
    bandwidth = Bandwidth()
    for at, (sent, loss, remb) in enumerate(said):
        verdict = second(bandwidth, at, sent, wanted=sent * 2, loss=loss, remb=remb)
        assert verdict.budget is None or verdict.budget >= MIN_BUDGET
        assert 0 <= verdict.probe <= MAX_PROBE


def best(budget: int | None) -> int:
    """The rate of the best layer that fits."""
    fitting = [rate for rate in LADDER if budget is None or rate <= budget]
    return max(fitting, default=LADDER[0])


@given(st.sampled_from((250_000, 800_000, 3_000_000)))
def test_a_link_ends_at_the_best_layer_that_fits(link: int) -> None:
    """With a receiver like Chromium's, whose estimate is 1.5 times what comes, and at most what
    the link has; and the layer does not flap.
    """
    bandwidth = Bandwidth()
    seen, padding = [], 0
    for at in range(180):
        rate = best(bandwidth.budget)
        offered = rate + padding
        arrived = min(offered, link)
        loss = 255 * (offered - arrived) // offered
        remb = link * 85 // 100 if offered > link else min(arrived * 3 // 2, link)
        verdict = second(bandwidth, at, rate, wanted=LADDER[-1], loss=loss, remb=remb)
        padding = verdict.probe
        seen.append(best(bandwidth.budget))

    fitting = max(rate for rate in LADDER if rate <= link)
    assert seen[-1] == fitting
    changes = sum(one != other for one, other in itertools.pairwise(seen))
    assert changes <= 4


def test_a_stream_that_most_is_lost_of_is_given_up() -> None:
    """Where even the lowest layer is too much the budget falls on, whatever is sent."""
    bandwidth = Bandwidth()
    for at in range(12):
        second(bandwidth, at, 2_500_000, loss=200)

    assert bandwidth.budget is not None
    assert bandwidth.budget < 250_000


def test_a_picture_that_is_always_too_much_is_tried_less_and_less_often() -> None:
    """Nothing can be sent beside a picture that is not sent; so that it is tried itself."""
    link, picture = 500_000, 2_500_000
    bandwidth, tries = Bandwidth(), []
    for at in range(600):
        is_sent = bandwidth.budget is None or picture <= 2 * bandwidth.budget
        if is_sent and not (tries and at == tries[-1] + 1):
            tries.append(at)
        elif is_sent:
            tries[-1] = at
        loss = 256 * (picture - link) // picture if is_sent else 0
        rate = picture if is_sent else 0
        second(bandwidth, at, rate, wanted=picture, loss=loss)
    pauses = [later - earlier for earlier, later in itertools.pairwise(tries)]

    assert pauses == sorted(pauses)
    assert pauses[-1] >= 60
