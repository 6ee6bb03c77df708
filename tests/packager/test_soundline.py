"""The laws of the output's sound."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from packager.soundline import LARGE, SMALL, Block, Framer, SoundLine, sample_at

SECOND = 1_000_000_000
ORIGIN = 1_700_000_000 * 48_000
ORIGIN_NS = 1_700_000_000 * SECOND
LATENESS = 400_000_000


def _block(samples: int = 960, value: float = 0.5) -> Block:
    return np.full((2, samples), value, np.float32)


def _line() -> SoundLine:
    return SoundLine(ORIGIN, LATENESS)


def _at(samples: int) -> int:
    return ORIGIN_NS + samples * SECOND // 48_000


def _length(blocks: list[Block]) -> int:
    return sum(block.shape[1] for block in blocks)


def test_a_sample_has_its_place_since_the_epoch() -> None:
    """48 samples a millisecond."""
    assert sample_at(ORIGIN_NS + 1_000_000) == ORIGIN + 48


def test_regular_blocks_are_appended_as_they_are() -> None:
    """Sound that is in time is not touched."""
    line = _line()
    for number in range(50):
        block = _block(value=number / 50)
        (appended,) = line.add(block, number * 960, _at(number * 960))
        assert appended is block
    assert line.next == ORIGIN + 50 * 960


def test_the_first_block_is_placed_by_its_capture_time() -> None:
    """Silence stands before sound that begins after the picture."""
    appended = _line().add(_block(), 0, _at(500))

    assert [block.shape[1] for block in appended] == [500, 960]
    assert not appended[0].any()


def test_sound_before_the_beginning_is_cut_off() -> None:
    """A block that began earlier than the program loses its head; an older one is left out."""
    assert _length(_line().add(_block(), 0, _at(-500))) == 460
    assert _line().add(_block(), 0, _at(-960)) == []


def test_lost_packets_become_silence() -> None:
    """A hole in RTP time is filled with as much silence."""
    line = _line()
    line.add(_block(), 0, _at(0))
    appended = line.add(_block(), 3 * 960, _at(3 * 960))

    assert [block.shape[1] for block in appended] == [1920, 960]
    assert not appended[0].any()


def test_a_packet_that_comes_again_is_left_out() -> None:
    """RTP time that goes back a little is a duplicate."""
    line = _line()
    line.add(_block(), 960, _at(0))

    assert line.add(_block(), 960, _at(0)) == []
    assert line.next == ORIGIN + 960


@pytest.mark.parametrize("pts", [5_000_000, -5_000_000])
def test_another_rtp_time_line_is_placed_anew(pts: int) -> None:
    """A source that changes its RTP time goes on where its capture time says."""
    line = _line()
    line.add(_block(), 0, _at(0))

    assert _length(line.add(_block(), pts, _at(960))) == 960


@pytest.mark.parametrize("error", [-SMALL, -100, 0, 100, SMALL])
def test_small_errors_are_left_alone(error: int) -> None:
    """The jitter of the clock mapping does not touch the sound."""
    line = _line()
    line.add(_block(), 0, _at(0))

    assert _length(line.add(_block(), 960, _at(960 + error))) == 960


@pytest.mark.parametrize(("error", "length"), [(SMALL + 50, 964), (-SMALL - 50, 956)])
def test_drift_is_followed_by_half_a_percent(error: int, length: int) -> None:
    """A drifting clock makes blocks longer or shorter by less than can be heard."""
    line = _line()
    line.add(_block(), 0, _at(0))
    appended = line.add(_block(), 960, _at(960 + error))

    assert _length(appended) == length
    assert np.allclose(np.concatenate(appended, axis=1), 0.5)


def test_drift_never_becomes_asynchrony() -> None:
    """A clock that is off by 1000 ppm stays within 40 ms, without silence or cuts."""
    line = _line()
    for number in range(5_000):
        captured = number * 960 * 1001 // 1000
        appended = line.add(_block(), number * 960, _at(captured))
        assert _length(appended) in range(955, 966)
        assert abs(line.next - ORIGIN - captured - 960) < LARGE


@pytest.mark.parametrize("error", [LARGE + 1, 10_000, -LARGE - 1])
def test_large_errors_are_corrected_at_once(error: int) -> None:
    """What a viewer would notice is put right with silence or a cut."""
    line = _line()
    line.add(_block(4_800), 0, _at(0))
    appended = line.add(_block(4_800), 4_800, _at(4_800 + error))

    assert _length(appended) == 4_800 + error


def test_missing_sound_becomes_silence_in_time() -> None:
    """A publisher that mutes is followed by silence; its sound comes back where it belongs."""
    line = _line()
    line.add(_block(), 0, _at(0))
    now_ns = _at(960 + 4_800) + LATENESS

    assert line.overdue(now_ns - 100_000_000 - 1_000) == []
    (silence,) = line.overdue(now_ns)
    assert silence.shape[1] in range(4_799, 4_802)
    assert not silence.any()
    appended = line.add(_block(), 960 + 96_000, _at(9_600))
    assert line.next == ORIGIN + 9_600 + 960
    assert _length(appended[-1:]) == 960


def test_sound_that_comes_after_its_silence_is_cut_off() -> None:
    """Nothing is ever said twice for one instant."""
    line = _line()
    line.fill(4_800)

    assert line.add(_block(), 0, _at(3_000)) == []
    assert _length(line.add(_block(), 960, _at(4_000))) == 160


@given(
    steps=st.lists(
        st.tuples(st.integers(-200_000, 200_000), st.integers(-60_000, 60_000), st.booleans()),
        max_size=50,
    )
)
def test_the_line_has_no_holes(steps: list[tuple[int, int, bool]]) -> None:
    """Whatever the times say, what is appended is exactly what the line advances."""
    line = _line()
    written = 0
    for pts, wall, fills in steps:
        appended = line.fill(abs(wall)) if fills else line.add(_block(), pts, _at(wall))
        written += _length(appended)
        assert line.next == ORIGIN + written


@given(lengths=st.lists(st.integers(1, 5_000), max_size=30))
def test_a_framer_keeps_every_sample(lengths: list[int]) -> None:
    """Blocks of any length become frames of one length, in order."""
    framer = Framer(1024)
    samples = np.arange(sum(lengths), dtype=np.float32)
    frames: list[Block] = []
    at = 0
    for length in lengths:
        frames += framer.push(np.stack([samples[at : at + length]] * 2))
        at += length

    assert all(frame.shape == (2, 1024) for frame in frames)
    joined = np.concatenate([frame[0] for frame in frames]) if frames else samples[:0]
    assert np.array_equal(joined, samples[: sum(lengths) // 1024 * 1024])
