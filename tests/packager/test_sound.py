"""The laws of Opus in and AAC out."""

import numpy as np
import pytest
from broadcast import sound

from packager.cmaf import aac
from packager.sound import AacEncoder, OpusDecoder
from packager.soundline import Block


def _tone(start: int, samples: int = 1024) -> Block:
    at = np.arange(start, start + samples) / 48_000
    return np.stack([0.5 * np.sin(2 * np.pi * 1000 * at)] * 2).astype(np.float32)


def test_each_packet_gives_its_samples() -> None:
    """20 ms of Opus are 960 stereo samples within full scale."""
    decoder = OpusDecoder()
    blocks = [decoder.decode(frame.data) for frame in sound(60)]

    assert all(block is not None and block.shape == (2, 960) for block in blocks)
    loudest = max(float(np.abs(block).max()) for block in blocks if block is not None)
    assert 0.3 < loudest < 0.8


@pytest.mark.parametrize("garbage", [b"", b"\xff\xff\xff", b"\x03"])
def test_a_damaged_packet_is_as_good_as_lost(garbage: bytes) -> None:
    """It gives nothing, and the next one is decoded."""
    decoder = OpusDecoder()

    assert decoder.decode(garbage) is None
    assert decoder.decode(sound(60)[0].data) is not None


def test_frames_begin_with_the_program() -> None:
    """Without the encoder's priming, the first frame begins at 0 and none is missing."""
    encoder = AacEncoder(128_000)
    config = encoder.open()
    frames = [frame for n in range(20) for frame in encoder.encode(_tone(n * 1024), n * 1024)]
    frames += encoder.encode(None, 20 * 1024)

    assert aac.codecs_string(config) == "mp4a.40.2"
    assert [start for start, _ in frames] == [n * 1024 for n in range(20)]


def test_an_encoder_must_be_open() -> None:
    """Construction does nothing; using what is not open is our own mistake."""
    with pytest.raises(RuntimeError):
        AacEncoder(128_000).encode(None, 0)
