"""The laws of what is sent to a slow process."""

import pytest

from levelchat.media.codec import Codec
from levelchat.media.frame import EncodedFrame
from packager.intake import MAX_BYTES, Intake

MS = 1_000_000


def _frame(*, key: bool = False, codec: Codec = Codec.VP8) -> EncodedFrame:
    return EncodedFrame(codec, 0, 0, key, False, b"x" * 1000)


def test_a_process_that_reads_gets_everything() -> None:
    """Nothing is left out while nothing waits, however long it takes."""
    intake = Intake()
    for number in range(1000):
        assert intake.admits(_frame(), 0, number * 33 * MS)
        intake.sent(1000, number * 33 * MS)


def test_after_a_gap_it_goes_on_at_a_key_frame() -> None:
    """What follows a frame that was left out cannot be decoded before the next key frame."""
    intake = Intake()

    assert not intake.admits(_frame(), MAX_BYTES + 1, 0)
    assert not intake.admits(_frame(), 0, 33 * MS)
    assert intake.admits(_frame(key=True), 0, 66 * MS)
    assert intake.admits(_frame(), 0, 99 * MS)


@pytest.mark.parametrize(("waited_ms", "admitted"), [(499, True), (501, False)])
def test_a_slow_trickle_is_bounded_in_time(waited_ms: int, *, admitted: bool) -> None:
    """Few bytes that wait for long are as bad as many."""
    intake = Intake()
    intake.sent(1000, 0)

    assert intake.admits(_frame(), 10, waited_ms * MS) is admitted


def test_what_was_read_waits_no_longer() -> None:
    """Only the oldest unread byte counts."""
    intake = Intake()
    intake.sent(1000, 0)
    intake.sent(1000, 600 * MS)

    assert intake.admits(_frame(), 900, 700 * MS)


def test_sound_is_left_out_last() -> None:
    """Where pictures are left out, sound still goes through; it is bounded as well."""
    intake = Intake()
    sound = _frame(key=True, codec=Codec.OPUS)

    assert intake.admits(sound, MAX_BYTES + 1, 0)
    assert not intake.admits(sound, 4 * MAX_BYTES + 1, 0)
    assert intake.admits(sound, 0, 0)


def test_a_key_frame_into_a_full_pipe_is_left_out() -> None:
    """A key frame ends the gap only when there is room for it."""
    intake = Intake()

    assert not intake.admits(_frame(key=True), MAX_BYTES + 1, 0)
    assert not intake.admits(_frame(), 0, 0)
