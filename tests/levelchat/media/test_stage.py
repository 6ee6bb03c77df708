"""Laws of what is said of a publication."""

import msgspec
import pytest

from levelchat.media.codec import Codec, Kind
from levelchat.media.stage import Layer, PublishedTrack


@pytest.mark.parametrize(
    ("codec", "kind"), [(Codec.OPUS, Kind.AUDIO), (Codec.AV1, Kind.VIDEO), (Codec.VP8, Kind.VIDEO)]
)
def test_a_track_is_of_its_codecs_kind(codec: Codec, kind: Kind) -> None:
    """Nobody says the kind of a track twice."""
    assert PublishedTrack(codec, (Layer(1),)).kind is kind


def test_what_was_said_does_not_change() -> None:
    """A publication that is other is another one, so that who watches can compare."""
    track = PublishedTrack(Codec.VP8, (Layer(1, "l"), Layer(2, "h")))

    assert msgspec.structs.replace(track, layers=track.layers[:1]) != track
    with pytest.raises(AttributeError):
        track.fmtp = "x"  # type: ignore[misc]
