"""The newest packets of a source."""

from forwardkit import IDS, h264, packet
from hypothesis import given
from hypothesis import strategies as st

from levelchat.media.codec import Codec
from levelchat.rtc import rtp
from levelchat.rtc.forward import extensions
from levelchat.rtc.forward.history import History
from levelchat.rtc.forward.packets import Packet
from levelchat.rtc.forward.seams import MAX_DROPOUT


def _add(history: History, sequence: int, *, key: bool = False) -> bool:
    number = history.number(sequence & 0xFFFF)
    if number is None:
        return False
    parsed = rtp.parse(packet(sequence, payload=h264(0, key=key)), 0)
    made = Packet(parsed, extensions.read(parsed, IDS), Codec.H264)
    made.sequence = number
    history.add(made)
    return True


@given(st.integers(0, 65_535), st.lists(st.integers(-40, 60), max_size=60))
def test_each_number_is_new_once(first: int, steps: list[int]) -> None:
    """Around a wrap as well: what is still held is never taken again, and is found."""
    history = History(32)
    number = first + (1 << 16)
    taken = []
    for step in steps:
        number = max(number + step, first + (1 << 16))
        if _add(history, number):
            taken.append(number)
    assert len(taken) == len(set(taken))
    assert history.unique == len(taken)
    if taken:
        offset = taken[0] - (taken[0] & 0xFFFF)
        newest = max(taken)
        assert history.highest == newest - offset
        for held in taken:
            assert (history.get(held - offset) is not None) == (newest - held < 32)


def test_key_frames_are_found_while_they_are_there() -> None:
    """The newest one, by number and not by arrival."""
    history = History(16)
    assert history.key_frame() is None
    for sequence in (10, 12):
        _add(history, sequence, key=True)
    _add(history, 11, key=True)
    assert history.key_frame() == 12
    for sequence in range(13, 40):
        _add(history, sequence)
    assert history.key_frame() is None


def test_a_jump_is_another_stream() -> None:
    """RFC 3550 §A.1."""
    history = History(16)
    assert history.continues(5)
    _add(history, 5)
    assert history.continues(5 + MAX_DROPOUT)
    assert not history.continues(6 + MAX_DROPOUT)
    assert not history.continues((5 - MAX_DROPOUT - 1) & 0xFFFF)


def test_what_is_forgotten_is_not_found() -> None:
    """Whoever still refers to it finds nothing."""
    history = History(16)
    _add(history, 5, key=True)
    history.forget()

    assert (history.get(5), history.key_frame()) == (None, None)


def test_expected_counts_from_the_first() -> None:
    """Numbers from the lowest that came to the highest."""
    history = History(16)
    assert history.expected == 0
    for sequence in (10, 15, 12, 9):
        _add(history, sequence)
    assert (history.expected, history.unique) == (7, 4)
