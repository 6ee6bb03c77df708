"""Padding that is due."""

from forwardkit import MILLISECOND
from hypothesis import given
from hypothesis import strategies as st

from levelchat.rtc.forward.probing import MAX_BITRATE, PACKET, Probe


@given(
    st.integers(-5, 50_000_000), st.integers(-5, 5000), st.lists(st.integers(0, 40), max_size=60)
)
def test_a_probe_keeps_to_its_bitrate(bitrate: int, duration: int, pauses: list[int]) -> None:
    """Never more than the bitrate for the time that passed, its limits included."""
    probe, now, sent = Probe(bitrate, duration, 1000), 1000, 0
    for pause in pauses:
        now += pause * MILLISECOND
        due = probe.due(now)
        assert due >= 0
        probe.sent(due)
        sent += due
        passed = min((now - 1000) // MILLISECOND, 1000, max(duration, 0))
        assert sent * PACKET * 8 * 1000 <= max(min(bitrate, MAX_BITRATE), 0) * passed + 1000


def test_a_probe_ends() -> None:
    """After its duration, at most a second."""
    probe = Probe(1_000_000, 60_000, 0)
    assert not probe.is_over(999 * MILLISECOND)
    assert probe.is_over(1000 * MILLISECOND)
