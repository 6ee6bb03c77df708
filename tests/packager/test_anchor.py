"""The laws of the publisher's clock."""

import pytest

from packager.anchor import Anchor

MS = 1_000_000
NOW = 1_700_000_000_000 * MS
LATENESS = 400 * MS


def _after(anchor: Anchor, lateness_ns: int, seconds: int, start_ns: int = NOW) -> int:
    """Feeds frames that are *lateness_ns* late; how late the last one is taken to be."""
    placed = now_ns = start_ns
    for frame in range(seconds * 30):
        now_ns = start_ns + frame * 33 * MS
        placed = anchor.place(now_ns - lateness_ns, now_ns)
    return now_ns - placed


@pytest.mark.parametrize("lateness_ms", [-80, 0, 50, 200, 399])
def test_a_plausible_clock_is_believed(lateness_ms: int) -> None:
    """Frames that come in time keep their capture times."""
    anchor = Anchor(LATENESS)

    assert _after(anchor, lateness_ms * MS, 10) == lateness_ms * MS
    assert anchor.shift_ns == 0


@pytest.mark.parametrize("lateness_ms", [600, 5_000, 3_600_000])
def test_a_publisher_that_is_always_late_is_moved(lateness_ms: int) -> None:
    """Frames that are always late come in time after the anchor moved."""
    anchor = Anchor(LATENESS)

    assert _after(anchor, lateness_ms * MS, 5) == 100 * MS


@pytest.mark.parametrize("early_ms", [300, 5_000, 3_600_000])
def test_a_publisher_from_the_future_is_moved(early_ms: int) -> None:
    """Frames that are always early come in time after the anchor moved."""
    anchor = Anchor(LATENESS)

    assert _after(anchor, -early_ms * MS, 5) == 100 * MS


def test_the_future_is_never_believed() -> None:
    """One frame from far ahead cannot drag the time line along."""
    anchor = Anchor(LATENESS)

    assert anchor.place(NOW + 3_600_000 * MS, NOW) == NOW + 100 * MS


def test_a_burst_moves_nothing() -> None:
    """A stall of the network, whose frames come all at once, is no change of clock."""
    anchor = Anchor(LATENESS)
    _after(anchor, 50 * MS, 3)
    stall_ns = NOW + 3_000 * MS
    for late_ms in range(900, 50, -33):
        anchor.place(
            stall_ns + (900 - late_ms) * MS - late_ms * MS, stall_ns + (900 - late_ms) * MS
        )
    _after(anchor, 50 * MS, 3, stall_ns + 900 * MS)

    assert anchor.shift_ns == 0


def test_sound_and_picture_move_together() -> None:
    """One track that is late moves nothing while another one comes in time."""
    anchor = Anchor(LATENESS)
    for frame in range(300):
        now_ns = NOW + frame * 33 * MS
        anchor.place(now_ns - 900 * MS, now_ns)
        anchor.place(now_ns - 50 * MS, now_ns)

    assert anchor.shift_ns == 0
