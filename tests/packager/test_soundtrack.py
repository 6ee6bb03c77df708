"""The laws of a program's sound."""

import io

import av
import numpy as np
from broadcast import SMALL

from levelchat.media.program import Part
from packager.soundtrack import Soundtrack

SECOND = 1_000_000_000
ORIGIN = 1_700_000_000 * 48_000
ORIGIN_NS = 1_700_000_000 * SECOND


def _play(parts: list[Part], seconds: int) -> tuple[Soundtrack, bytes]:
    track = Soundtrack(SMALL, origin=ORIGIN, emit=parts.append)
    init = track.open().init
    for number in range(seconds * 50):
        at = np.arange(number * 960, (number + 1) * 960) / 48_000
        block = np.stack([0.5 * np.sin(2 * np.pi * 440 * at)] * 2).astype(np.float32)
        track.add(block, number * 960, ORIGIN_NS + number * SECOND // 50)
    return track, init


def test_parts_leave_with_their_last_frame() -> None:
    """After n seconds of sound, only the part that is still open is missing."""
    parts: list[Part] = []
    _play(parts, 3)

    assert len(parts) == 5
    assert {part.duration for part in parts} <= {23 * 1024, 24 * 1024}
    assert all(part.independent for part in parts)


def test_every_sample_comes_out() -> None:
    """With the flush, all whole frames are there and the tone is a tone from the first on."""
    parts: list[Part] = []
    track, init = _play(parts, 3)
    track.finish(ORIGIN + 3 * 48_000)
    with av.open(io.BytesIO(init + b"".join(part.data for part in parts))) as container:
        blocks = [frame.to_ndarray() for frame in container.decode(audio=0)]
    samples = np.concatenate(blocks, axis=1)

    assert samples.shape == (2, 3 * 48_000 // 1024 * 1024)
    assert sum(part.duration for part in parts) == samples.shape[1]
    for second in range(3):
        loudness = float(np.sqrt((samples[0, second * 48_000 + 2048 :][:40_000] ** 2).mean()))
        assert abs(loudness - 0.5 / np.sqrt(2)) < 0.02


def test_silence_keeps_the_parts_coming() -> None:
    """A publisher that mutes costs its viewers sound, not the playlist."""
    parts: list[Part] = []
    track, _ = _play(parts, 1)
    for tick in range(60):
        track.tick(ORIGIN_NS + SECOND + tick * SECOND // 30)

    assert len(parts) == 5


def test_an_end_before_the_last_sample_adds_nothing() -> None:
    """The picture's end never takes sound away."""
    parts: list[Part] = []
    track, _ = _play(parts, 1)
    track.finish(ORIGIN)

    assert sum(part.duration for part in parts) == 48_000 // 1024 * 1024
