"""Laws of AAC in MP4."""

import pytest

from packager.cmaf import aac
from packager.cmaf.errors import BitstreamError

LC = bytes.fromhex("1190")


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ("1190", "mp4a.40.2"),  # LC, 48 kHz, stereo
        ("2b92", "mp4a.40.5"),  # HE-AAC
        ("f94c", "mp4a.40.42"),  # xHE-AAC: an escaped object type
    ],
)
def test_the_codecs_string_names_the_object_type(config: str, expected: str) -> None:
    """RFC 6381: mp4a.40. and the audio object type, the escaped ones too."""
    assert aac.codecs_string(bytes.fromhex(config)) == expected


def test_a_cut_off_config_is_refused() -> None:
    """An AudioSpecificConfig of one byte is none."""
    with pytest.raises(BitstreamError):
        aac.codecs_string(b"\x11")


def test_the_descriptors_are_nested() -> None:
    """The box holds ES, DecoderConfig with the config and the rates, and SLConfig."""
    assert aac.elementary_stream(LC, 2, 128_000).hex() == (
        "00000027" + b"esds".hex() + "00000000"
        "0319" "0000" "00"
        "0411" "40" "15" "000600" "0001f400" "0001f400" "0502" "1190"
        "0601" "02"
    )  # fmt: skip


def test_an_endless_config_is_refused() -> None:
    """A config that a one-byte length cannot say is refused, not cut."""
    with pytest.raises(BitstreamError):
        aac.elementary_stream(bytes(128), 2, 128_000)
