"""The laws of the packager's settings."""

from typing import Any

import pytest

from levelchat.service.settings import Settings, SettingsError
from packager.settings import PackagerSettings


def _read(**values: Any) -> PackagerSettings:
    return Settings({"packager": values}).section("packager", PackagerSettings)


def test_the_defaults_fit_each_other() -> None:
    """Nothing has to be written to have settings that work."""
    settings = _read()

    assert (settings.part_frames, settings.gop_frames, settings.part_samples) == (15, 30, 24_000)
    assert settings.audio_part_target == 24 * 1024


@pytest.mark.parametrize(
    "values",
    [
        {"part_ms": 200},
        {"part_ms": 1000, "segment_seconds": 6, "gop_ms": 2000},
        {"frame_rate": 25, "part_ms": 200},
        {"ladder": [{"size": 1080, "bitrate": 5_000_000}]},
    ],
)
def test_sensible_settings_are_taken(values: dict[str, Any]) -> None:
    """What fits is taken as written."""
    assert _read(**values)


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"part_ms": 330}, "part_ms 330"),
        ({"part_ms": 100}, "audio parts"),
        ({"part_ms": 5000}, "part_ms is from"),
        ({"part_ms": 700, "frame_rate": 30}, "segment_seconds"),
        ({"gop_ms": 1500}, "gop_ms 1500"),
        ({"gop_ms": 250}, "gop_ms 250"),
        ({"gop_ms": 0}, "gop_ms"),
        ({"frame_rate": 29}, "frame_rate 29"),
        ({"frame_rate": 0}, "frame_rate"),
        ({"segment_seconds": 0}, "segment_seconds"),
        ({"preset": "fastest"}, "preset"),
        ({"audio_bitrate": 1}, "audio_bitrate"),
        ({"linger_seconds": -1}, "linger_seconds"),
        ({"max_broadcasts": 0}, "max_broadcasts"),
        ({"ladder": []}, "ladder"),
        ({"ladder": [{"size": 241, "bitrate": 400_000}]}, "241"),
        ({"ladder": [{"size": 240, "bitrate": 4}]}, "bitrate"),
        (
            {"ladder": [{"size": 240, "bitrate": 400_000}, {"size": 480, "bitrate": 900_000}]},
            "240 comes before 480",
        ),
        ({"ladder": [{"size": 240, "bitrat": 4}]}, "bitrat"),
        ({"speed": 1}, "speed"),
    ],
)
def test_settings_that_do_not_fit_are_named(values: dict[str, Any], word: str) -> None:
    """A number that fits no other is refused by its name."""
    with pytest.raises(SettingsError) as refused:
        _read(**values)

    assert "[packager]" in refused.value.detail
    assert word in refused.value.detail
