"""The laws of decoding a publisher's picture."""

import msgspec
import pytest
from broadcast import video

from levelchat.media.codec import Codec
from levelchat.media.frame import EncodedFrame
from packager.decoder import SILENT_FRAMES, VideoDecoder

CODECS = [Codec.H264, Codec.VP8, Codec.VP9, Codec.AV1]


@pytest.mark.parametrize("codec", CODECS)
def test_each_frame_gives_its_picture_at_once(codec: Codec) -> None:
    """No codec holds a picture back."""
    decoder = VideoDecoder(codec)
    frames = video(codec, 30)
    pictures = [decoder.decode(frame) for frame in frames]

    assert len(frames) == 30
    assert all(picture is not None for picture in pictures)
    assert not decoder.needs_key


@pytest.mark.parametrize("codec", CODECS)
def test_decoding_begins_at_a_key_frame(codec: Codec) -> None:
    """What comes before the first key frame is left out, and one is wished for."""
    frames = video(codec, 40)
    decoder = VideoDecoder(codec)

    assert [decoder.decode(frame) for frame in frames[1:5]] == [None] * 4
    assert decoder.needs_key
    assert decoder.decode(frames[0]) is not None
    assert not decoder.needs_key


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("garbage", [b"", b"\x00", b"\xff" * 50, bytes(range(256)) * 4])
def test_garbage_costs_no_more_than_the_next_key_frame(codec: Codec, garbage: bytes) -> None:
    """After frames that are none, the next key frame is decoded."""
    frames = video(codec, 30)
    decoder = VideoDecoder(codec)
    decoder.decode(frames[0])
    for _ in range(3):
        decoder.decode(EncodedFrame(codec, 0, 0, True, False, garbage))

    pictures = [decoder.decode(frame) for frame in (frames[0], *frames[1:10])]
    assert pictures[-1] is not None


def test_a_frame_left_out_stops_decoding() -> None:
    """After a gap nothing is shown that would be wrong."""
    frames = video(Codec.VP8, 40)
    decoder = VideoDecoder(Codec.VP8)
    decoder.decode(frames[0])
    decoder.skip()

    assert decoder.decode(frames[2]) is None
    assert decoder.decode(frames[30]) is not None


def test_a_decoder_that_stays_silent_is_replaced() -> None:
    """A second of frames without a picture asks for a key frame."""
    frames = video(Codec.H264, 30)
    decoder = VideoDecoder(Codec.H264)
    decoder.decode(frames[0])
    sei = msgspec.structs.replace(frames[1], data=b"\x00\x00\x00\x01\x06\x05\x01\x00\x80")
    for _ in range(SILENT_FRAMES):
        decoder.decode(sei)

    assert decoder.needs_key
    assert decoder.decode(frames[0]) is not None
