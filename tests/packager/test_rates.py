"""The laws of declared bit rates."""

import pytest

from packager import rates
from packager.settings import PackagerSettings


@pytest.mark.parametrize("seconds", [1, 2, 4, 6])
@pytest.mark.parametrize("bitrate", [100_000, 400_000, 2_500_000])
def test_a_full_buffer_fits_into_the_declared_peak(seconds: int, bitrate: int) -> None:
    """What x264's buffer model allows in one segment, boxes included, is declared."""
    settings = PackagerSettings(segment_seconds=seconds)
    peak, average = rates.video_bandwidth(settings, bitrate)
    allowed = rates.max_rate(bitrate) * seconds + rates.buffer_size(bitrate)

    assert peak * seconds > allowed
    assert bitrate < average < peak


def test_sound_is_declared_with_its_boxes() -> None:
    """A peak above the average, and an average above the encoder's bitrate."""
    peak, average = rates.audio_bandwidth(PackagerSettings(), 47)

    assert 128_000 < average < peak
