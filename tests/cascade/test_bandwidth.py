"""Laws of how much a subscriber can take."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascade.bandwidth import (
    FIRST_WAIT_NS,
    HEADROOM,
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
LADDER = [100_000, 400_000, 1_500_000]
SOUND = 64_000


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


class Chromium:
    """A receiver's estimate, as libwebrtc's AimdRateControl makes it: 0.85 of what comes when its
    queue grows; else it rises by 8 % a second, to half more than what comes.
    """

    estimate = 0
    _age = 0

    def says(self, offered: int, link: int) -> int:
        """Its REMB after another second; none in the first five."""
        self._age += 1
        arrived = min(offered, link)
        if offered > link:
            self.estimate = min(self.estimate or arrived, arrived * 85 // 100)
        elif self.estimate:
            limit = arrived * 3 // 2 + 10_000
            self.estimate = max(self.estimate, min(self.estimate * 108 // 100, limit))
        elif self._age >= 5:
            self.estimate = arrived
        return self.estimate


@dataclass
class Watched:
    """One subscriber who watches something over a link that changes; by seconds."""

    link: Callable[[int], int]
    target: Callable[[int], int] = lambda _: LADDER[-1]
    loses: bool = True
    """Where too much comes packets are lost; else they are late."""
    usual_loss: int = 0
    says_remb: bool = True
    rates: list[int] = field(default_factory=list)
    """Of the layer that is sent."""
    probes: list[int] = field(default_factory=list)

    def watch(self, seconds: int) -> list[int]:
        bandwidth, receiver, padding = Bandwidth(), Chromium(), 0
        for at in range(seconds):
            rate = best(bandwidth.budget, self.target(at))
            self.rates.append(rate)
            self.probes.append(padding)
            offered = rate + SOUND + padding
            link = self.link(at)
            late = 255 * max(offered - link, 0) // offered if self.loses else 0
            remb = receiver.says(offered, link) if self.says_remb else 0
            loss = max(late, self.usual_loss)
            wanted = self.target(at) + SOUND
            now_ns = START + at * NANOSECOND
            sample = Sample(rate + SOUND, wanted, loss, remb, now_ns, pads=rate > 0)
            verdict = bandwidth.second(sample, now_ns)
            padding = verdict.probe if rate else 0
        return self.rates


def best(budget: int | None, target: int) -> int:
    """The rate of the best layer that fits, and half of the lowest is enough for it."""
    room = target if budget is None else max(budget - SOUND, 0)
    lowest = LADDER[0] if LADDER[0] <= 2 * room else 0
    return max((rate for rate in LADDER if rate <= min(room, target)), default=lowest)


def changes(rates: list[int]) -> int:
    return sum(one != other for one, other in itertools.pairwise(rates))


@given(link=st.integers(200_000, 5_000_000), loses=st.booleans())
def test_a_link_ends_at_a_layer_that_fits(link: int, *, loses: bool) -> None:
    """At the best that a receiver like Chromium says there is room for, without flapping."""
    rates = Watched(lambda _: link, loses=loses).watch(240)

    assert all(rate + SOUND <= link for rate in rates[120:])
    assert all(best(link * 85 // 100, LADDER[-1]) <= rate for rate in rates[120:])
    assert changes(rates) <= 4


@given(dip=st.integers(40_000, 1_000_000), loses=st.booleans(), says_remb=st.booleans())
def test_a_bad_spell_ends(dip: int, *, loses: bool, says_remb: bool) -> None:
    """When the link is as good as before, so is the picture within a minute, even if there was
    none; each layer is shown once on the way.
    """
    watched = Watched(
        lambda at: dip if 20 <= at < 30 else 4_000_000, loses=loses, says_remb=says_remb
    )
    rates = watched.watch(120)

    assert rates[19] == LADDER[-1]
    assert rates[90:] == LADDER[-1:] * 30
    assert changes(rates[30:]) <= 4


def test_whoever_enlarges_a_picture_has_it_at_once() -> None:
    """An estimate that is low only because little came is no limit while it rises."""
    watched = Watched(lambda _: 3_000_000, lambda at: LADDER[-1] if at >= 20 else LADDER[0])

    assert changes(watched.watch(120)) == 1
    assert watched.rates[20:] == LADDER[-1:] * 100


@given(st.integers(0, HIGH_LOSS - 1))
def test_a_radio_that_always_loses_some_gets_its_picture_back(usual: int) -> None:
    """Only more loss than there always is says that a probe was too much."""
    watched = Watched(lambda at: 300_000 if 20 <= at < 30 else 4_000_000, usual_loss=usual)

    assert watched.watch(120)[90:] == LADDER[-1:] * 30


@pytest.mark.parametrize("loses", [True, False])
def test_a_link_that_is_full_is_left_alone(*, loses: bool) -> None:
    """Whether probes cost packets or only time, they come once a minute at last."""
    watched = Watched(lambda _: 560_000, loses=loses)
    watched.watch(600)
    begun = [at for at in range(1, 600) if watched.probes[at] and not watched.probes[at - 1]]
    pauses = [later - earlier for earlier, later in itertools.pairwise(begun)]

    assert pauses[-1] >= 60
    assert len(begun) <= 14
    assert sum(map(bool, watched.probes)) <= 2 * len(begun)


def test_a_probe_asks_for_no_more_than_twice_what_fits() -> None:
    """Far beyond the limit it would cost the picture that is there."""
    bandwidth = Bandwidth()
    for at in range(STRIKES):
        second(bandwidth, at, 1_000_000, remb=100_000)
    probes = [second(bandwidth, at, 100_000, wanted=10**7).probe for at in range(STRIKES, 6)]

    assert probes == [0, 0, *[2 * 100_000 * HEADROOM // 7 - 100_000] * 2]


def test_a_probe_ends_when_nothing_more_is_wanted() -> None:
    """What it was to find out is not believed later."""
    bandwidth = Bandwidth()
    for at in range(STRIKES):
        second(bandwidth, at, 1_000_000, remb=100_000)
    wanted = {at: 100_000 if at == 5 else 1_000_000 for at in range(STRIKES, 8)}
    probes = [bool(second(bandwidth, at, 100_000, wanted=wanted[at]).probe) for at in wanted]

    assert probes == [False, False, True, False, True, True]


def test_seconds_of_which_nobody_says_anything_count_for_neither() -> None:
    """Reports of loss come about once a second, and so between two now and then."""
    bandwidth = Bandwidth()
    for at, loss in enumerate((128, None, 128)):
        now_ns = START + at * NANOSECOND
        bandwidth.second(Sample(1_000_000, 1_000_000, loss, 0, 0), now_ns)

    assert bandwidth.budget == 750_000


def test_a_tenth_is_too_much() -> None:
    """A little less is not."""
    lossy, fair = Bandwidth(), Bandwidth()
    for at in range(10 * STRIKES):
        second(fair, at, 1_000_000, loss=HIGH_LOSS - 1)
        second(lossy, at, 1_000_000, loss=HIGH_LOSS)

    assert fair.budget is None
    assert lossy.budget is not None


def test_the_same_estimate_is_not_counted_twice() -> None:
    """Who looks sooner than a new one comes has heard nothing new."""
    bandwidth = Bandwidth()
    for at in range(2 * STRIKES):
        now_ns = START + at * NANOSECOND
        bandwidth.second(Sample(1_000_000, 1_000_000, 0, 400_000, START), now_ns)

    assert bandwidth.budget is None


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

    # How many steps a probe takes depends on where it begins.
    assert all(later >= earlier - 2 for earlier, later in itertools.pairwise(pauses))
    assert pauses[-1] >= 60
