"""Laws of cascade.relay.health."""

import itertools

import msgspec
import pytest

from cascade.relay.health import MAX_SPACING_NS, Health, Signs, Verdict
from cascade.relay.settings import RelaySettings

MS = 1_000_000
FLOWS = Signs(
    is_open=True, silence_ns=20 * MS, parent_lives=True, parent_drains=False, loops=False
)
SILENT = msgspec.structs.replace(FLOWS, silence_ns=600 * MS)


def _health() -> Health:
    return Health(RelaySettings(silence_ms=500))


@pytest.mark.parametrize(
    ("signs", "verdict"),
    [
        (FLOWS, Verdict.GOOD),
        (SILENT, Verdict.ASK),
        (msgspec.structs.replace(FLOWS, is_open=False), Verdict.BROKEN),
        (msgspec.structs.replace(FLOWS, loops=True), Verdict.BROKEN),
        (msgspec.structs.replace(FLOWS, parent_drains=True), Verdict.LEAVE),
        (msgspec.structs.replace(FLOWS, parent_lives=False), Verdict.LEAVE),
    ],
)
def test_each_sign_means_one_thing(signs: Signs, verdict: Verdict) -> None:
    """What flows is good or left in peace and order; what is silent is asked; what is closed or
    in a circle is broken.
    """
    assert _health().judge(signs, 0) is verdict


@pytest.mark.parametrize(
    ("parent_ms", "verdict"), [(None, Verdict.BROKEN), (30, Verdict.BROKEN), (900, Verdict.GOOD)]
)
def test_the_parents_answer_decides(parent_ms: int | None, verdict: Verdict) -> None:
    """A parent that says nothing or that sends in vain is broken; one that has nothing to send
    is not.
    """
    assert _health().hear(parent_ms, SILENT, 0) is verdict


def test_packets_that_come_while_asking_settle_it() -> None:
    """Whatever the parent said."""
    assert _health().hear(None, FLOWS, 0) is Verdict.GOOD


def test_a_long_silence_is_asked_about_ever_more_rarely() -> None:
    """From the silence's length to two seconds; once packets come it begins anew."""
    health, asked = _health(), []
    for now_ms in range(0, 20_000, 100):
        if health.judge(SILENT, now_ms * MS) is Verdict.ASK:
            asked.append(now_ms)
            assert health.hear(5000, SILENT, now_ms * MS) is Verdict.GOOD
    assert asked[:4] == [0, 500, 1500, 3500]
    assert {b - a for a, b in itertools.pairwise(asked[3:])} == {MAX_SPACING_NS // MS}
    assert health.judge(FLOWS, 20_000 * MS) is Verdict.GOOD
    assert health.judge(SILENT, 20_600 * MS) is Verdict.ASK
