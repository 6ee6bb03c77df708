"""Laws of cascade.relay.health."""

import itertools

import msgspec
import pytest

from cascade.relay.health import MAX_SPACING_NS, Health, Report, Signs, Verdict
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
    ("report", "silence_ms", "verdict"),
    [
        (Report(), 600, Verdict.BROKEN),
        (Report(30), 600, Verdict.BROKEN),
        (Report(900), 600, Verdict.GOOD),
        (Report(), 300, Verdict.GOOD),
        (Report(30), 300, Verdict.GOOD),
        (Report(is_gone=True), 300, Verdict.BROKEN),
        (Report(is_gone=True), 20, Verdict.GOOD),
    ],
)
def test_the_parents_answer_decides(report: Report, silence_ms: int, verdict: Verdict) -> None:
    """A parent that says nothing, or that sends in vain, is broken at the limit, one that is gone
    before it; one that has nothing to send is not, nor is one whose packets come.
    """
    signs = msgspec.structs.replace(FLOWS, silence_ns=silence_ms * MS)
    assert _health().hear(report, signs) is verdict


def test_who_is_asked_has_answered_when_the_limit_is_there() -> None:
    """The first question comes early, the second at the limit, whatever was answered in between."""
    health, asked = _health(), []
    for now_ms in range(0, 600, 20):
        signs = msgspec.structs.replace(FLOWS, silence_ns=now_ms * MS)
        if health.judge(signs, now_ms * MS) is Verdict.ASK:
            asked.append(now_ms)
            health.hear(Report(), signs)
    assert asked == [200, 500]


def test_a_long_silence_is_asked_about_ever_more_rarely() -> None:
    """At last every two seconds; once packets come it begins anew."""
    health, asked = _health(), []
    for now_ms in range(0, 20_000, 100):
        if health.judge(SILENT, now_ms * MS) is Verdict.ASK:
            asked.append(now_ms)
            assert health.hear(Report(5000), SILENT) is Verdict.GOOD
    assert asked[:5] == [0, 600, 1800, 3800, 5800]
    assert {b - a for a, b in itertools.pairwise(asked[3:])} == {MAX_SPACING_NS // MS}
    assert health.judge(FLOWS, 20_000 * MS) is Verdict.GOOD
    assert health.judge(SILENT, 20_600 * MS) is Verdict.ASK
