"""Laws of levelchat.media.frame."""

from levelchat.media.codec import Codec, Kind
from levelchat.media.frame import TrackInfo


def test_a_track_has_the_kind_of_its_codec() -> None:
    """A track's kind is never told twice."""
    assert TrackInfo(Codec.VP9).kind is Kind.VIDEO
    assert TrackInfo(Codec.OPUS).kind is Kind.AUDIO
