"""Laws of levelchat.media.program."""

from levelchat.media.codec import Codec, Kind
from levelchat.media.program import Rendition


def test_a_rendition_has_the_kind_of_its_codec() -> None:
    """A rendition's kind is never told twice."""
    rendition = Rendition("a128", Codec.AAC, "mp4a.40.2", 48_000, 24_576, 140_000, 130_000, b"")

    assert rendition.kind is Kind.AUDIO
