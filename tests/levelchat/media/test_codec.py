"""Laws of levelchat.media.codec."""

import pytest

from levelchat.media.codec import Codec, Kind


@pytest.mark.parametrize("codec", list(Codec))
def test_each_codec_has_the_rtp_clock_of_its_kind(codec: Codec) -> None:
    """Video counts at 90 kHz, audio at 48 kHz."""
    assert codec.clock_rate == (90_000 if codec.kind is Kind.VIDEO else 48_000)


def test_audio_is_opus_in_and_aac_out() -> None:
    """Opus and AAC are the audio codecs; all others are video."""
    assert {c for c in Codec if c.kind is Kind.AUDIO} == {Codec.OPUS, Codec.AAC}
