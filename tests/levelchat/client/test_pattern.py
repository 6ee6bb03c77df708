"""Laws of the test pattern (docs/clock-strip.md)."""

import numpy as np
import pytest

from levelchat.client.pattern import Pattern
from levelchat.media import clockstrip

SECOND = 1_000_000_000
MIDNIGHT = 1_700_006_400 * SECOND
SIZES = [(640, 360), (1280, 720), (426, 240), (128, 72)]


@pytest.fixture(scope="module")
def pattern() -> Pattern:
    return Pattern(640, 360)


def _square(picture: np.ndarray) -> np.ndarray:
    return picture[180:270, 240:400]


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_picture_carries_its_capture_time(width: int, height: int) -> None:
    """The strip says the capture time and the frame's number, in every size."""
    picture = Pattern(width, height).picture(MIDNIGHT + 1_234_567_890, 33)

    assert picture.shape == (height * 3 // 2, width)
    assert clockstrip.read(picture[:height]) == clockstrip.Stamp(1234, 1)


def test_the_square_is_white_for_a_tenth_of_each_second(pattern: Pattern) -> None:
    """It flashes in the first 100 ms of a UTC second and is dark otherwise."""
    for milliseconds, white in ((0, True), (99, True), (100, False), (999, False), (1000, True)):
        picture = pattern.picture(MIDNIGHT + milliseconds * 1_000_000, 0)
        assert (_square(picture) == 235).all() == white
        assert (_square(picture) <= 40).all() != white


def test_the_tone_sounds_for_a_tenth_of_each_second(pattern: Pattern) -> None:
    """1 kHz in the first 100 ms of a UTC second, silence otherwise, whatever the cuts."""
    pieces = [pattern.sound(MIDNIGHT + at * 20_000_000, 960) for at in range(100)]
    samples = np.concatenate(pieces)
    spectrum = np.abs(np.fft.rfft(samples[:4800]))

    assert spectrum.argmax() * 48_000 / 4800 == 1000
    assert not samples[4800:48_000].any()
    assert (samples[48_000:] == samples[:48_000]).all()


def test_sound_begins_at_the_sample_of_its_time(pattern: Pattern) -> None:
    """Sound asked for from within the tone is the tone from there."""
    whole = pattern.sound(MIDNIGHT, 4800)

    assert (pattern.sound(MIDNIGHT + 7_000_000, 960) == whole[336:1296]).all()


def test_the_picture_moves_all_the_time(pattern: Pattern) -> None:
    """Two pictures a frame apart differ below the strip."""
    first = pattern.picture(MIDNIGHT + SECOND // 2, 0)[60:360]
    second = pattern.picture(MIDNIGHT + SECOND // 2 + 33_333_333, 1)[60:360]

    assert (first != second).mean() > 0.1


def test_the_strip_and_the_square_have_no_colour(pattern: Pattern) -> None:
    """Chroma below strip and square is neutral."""
    chroma = pattern.picture(MIDNIGHT, 0)[360:].reshape(2, 180, 320)

    assert (chroma[:, :30] == 128).all()
    assert (chroma[:, 90:135, 120:200] == 128).all()


@pytest.mark.parametrize(("width", "height"), [(641, 360), (640, 361), (64, 36), (0, 0)])
def test_a_size_without_room_is_refused(width: int, height: int) -> None:
    """Odd sizes, and those too small for a strip that can be read, are refused."""
    with pytest.raises(ValueError, match="128x72"):
        Pattern(width, height)
