"""The laws of the H.264 encoder."""

import pytest
from broadcast import picture

from packager import rates
from packager.cmaf import h264
from packager.encoder import VideoEncoder
from packager.ladder import Step

STEP = Step("v180", 320, 180, 300_000)


def _open(step: Step = STEP) -> tuple[VideoEncoder, bytes]:
    encoder = VideoEncoder(step, 30, "ultrafast")
    return encoder, encoder.open()


def _types(unit: bytes) -> set[int]:
    return {nal[0] & 0x1F for nal in h264.nal_units(unit)}


def test_a_picture_in_is_an_access_unit_out() -> None:
    """Nothing is held back, and key frames stand exactly where they are asked for."""
    encoder, _ = _open()
    units = [
        encoder.encode(picture(320, 180, number, light=number % 7 == 0), number, key=number == 45)
        for number in range(60)
    ]

    assert [number for number, unit in enumerate(units) if 5 in _types(unit)] == [0, 45]


def test_parameter_sets_are_known_before_the_first_picture() -> None:
    """They are in the header alone, and the same for every encoder of a step."""
    encoder, sets = _open()

    assert h264.parameter_sets(sets) == h264.parameter_sets(_open()[1])
    assert not {7, 8} & _types(encoder.encode(picture(320, 180, 0, light=False), 0, key=True))


def test_numbers_may_have_holes() -> None:
    """A frame that was left out does not disturb what follows."""
    encoder, _ = _open()

    for number in (0, 1, 5, 6, 20):
        assert encoder.encode(picture(320, 180, number, light=False), number, key=False)


def test_hard_pictures_stay_below_the_buffer() -> None:
    """Flashing light does not take more than the decoder's buffer allows."""
    encoder, _ = _open()
    size = sum(
        len(encoder.encode(picture(320, 180, number, light=number % 2 == 0), number, key=False))
        for number in range(60)
    )

    assert size * 8 <= rates.max_rate(300_000) * 2 + rates.buffer_size(300_000)


def test_an_encoder_must_be_open() -> None:
    """Construction does nothing; using what is not open is our own mistake."""
    with pytest.raises(RuntimeError):
        VideoEncoder(STEP, 30, "ultrafast").encode(picture(320, 180, 0, light=False), 0, key=True)
