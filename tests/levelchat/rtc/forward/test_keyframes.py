"""Where key frames begin."""

import pytest
from forwardkit import av1, h264, vp8, vp9

from levelchat.media.codec import Codec
from levelchat.rtc.forward import keyframes

DELIMITED = b"\x78\x00\x02\x09\xf0\x00\x03\x67\x42\x00"
"""A STAP-A of an access unit delimiter and a sequence parameter set."""


@pytest.mark.parametrize(
    ("codec", "payload"),
    [
        (Codec.H264, h264(1, key=True)),
        (Codec.H264, b"\x67\x42\x00\x1f"),
        (Codec.H264, DELIMITED),
        (Codec.VP8, vp8(1, key=True, picture=3)),
        (Codec.VP9, vp9(1, key=True)),
        (Codec.AV1, av1(1, key=True)),
    ],
)
def test_a_key_frame_begins(codec: Codec, payload: bytes) -> None:
    """The first packet of a key frame is known by itself."""
    assert keyframes.begins(codec, payload)


@pytest.mark.parametrize(
    ("codec", "payload"),
    [
        (Codec.H264, h264(1)),
        (Codec.H264, b"\x65\x88"),
        (Codec.H264, b"\x7c\x85rest"),
        (Codec.H264, b"\x78\x00"),
        (Codec.H264, b"\x78\xff\xff\x09\x67"),
        (Codec.H264, b""),
        (Codec.VP8, vp8(1, key=True, picture=3, begins=False)),
        (Codec.VP8, vp8(1)),
        (Codec.VP9, vp9(1)),
        (Codec.VP9, vp9(1, key=True, spatial=1)),
        (Codec.AV1, av1(1)),
        (Codec.OPUS, b"\x78abc"),
    ],
)
def test_nothing_else_does(codec: Codec, payload: bytes) -> None:
    """Neither other frames, nor later packets of a key frame, nor sound."""
    assert not keyframes.begins(codec, payload)
