"""Sender reports."""

from hypothesis import given
from hypothesis import strategies as st

from levelchat.rtc import rtcp
from levelchat.rtc.forward import sender_reports
from levelchat.rtc.rtcp import SenderReport

RATE = 90_000


def _report(ntp: int, timestamp: int) -> SenderReport:
    return SenderReport(1, ntp, timestamp, 0, 0)


@given(st.integers(0, 9_000), st.integers(-900_000, 900_000), st.integers(0, (1 << 32) - 1))
def test_the_distance_is_that_of_the_captures(passed_ms: int, since: int, at: int) -> None:
    """However far from its report a packet is, and through the timestamp's wrap."""
    first = _report(1 << 62, at)
    second = _report((1 << 62) + (passed_ms << 32) // 1000, 5000)
    before = (at + since) & 0xFFFFFFFF
    after = 5000 + since & 0xFFFFFFFF
    ticks = sender_reports.distance((first, before), (second, after), RATE)

    assert ticks is not None
    assert abs(ticks - passed_ms * 90) <= 2


def test_what_cannot_be_is_not_known() -> None:
    """No report, a sender without a clock, a step back, more than 10 s."""
    known = _report(1 << 62, 0)
    far = _report((1 << 62) + (11 << 32), 0)

    assert sender_reports.distance((None, 0), (known, 0), RATE) is None
    assert sender_reports.distance((known, 0), (_report(0, 0), 0), RATE) is None
    assert sender_reports.distance((known, 90), (known, 0), RATE) is None
    assert sender_reports.distance((known, 0), (far, 0), RATE) is None


def test_a_report_reads_as_it_was_written() -> None:
    """RFC 3550 §6.4.1, and the CNAME that must be with it."""
    data = sender_reports.compound(7, "us", 1 << 40, (1 << 32) + 5, (9, 1 << 33))

    assert rtcp.parse(data) == [SenderReport(7, 1 << 40, 5, 9, 0)]
    assert data.endswith(rtcp.sdes(7, "us"))
    assert sender_reports.middle(0x1122_3344_5566_7788) == 0x3344_5566
