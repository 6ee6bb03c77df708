"""Laws of levelchat.media.wire."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from levelchat.media import wire
from levelchat.media.codec import Codec
from levelchat.media.frame import EncodedFrame, TrackInfo
from levelchat.media.program import Part, Program, Rendition

RENDITION = Rendition("v720", Codec.H264, "avc1.64001f", 90_000, 45_000, 3, 2, b"init", 1280, 720)
MESSAGES = [
    wire.Open((TrackInfo(Codec.VP8), TrackInfo(Codec.OPUS))),
    wire.Frame(EncodedFrame(Codec.AV1, 1 << 40, 1 << 60, key=True, broken=False, data=b"\0" * 99)),
    wire.Close("gone"),
    wire.Finish(),
    wire.Started(Program("abc", 2, (RENDITION,))),
    wire.RenditionAdded(RENDITION),
    wire.PartReady(
        Part("v720", 5, 1, 0, 45_000, 7, independent=True, last=False, gap=False, data=b"x")
    ),
    wire.KeyFrameWanted(),
    wire.Dropped("v720", 3, "encoder behind"),
    wire.Ended(),
]


@given(st.lists(st.sampled_from(MESSAGES)), st.integers(1, 50))
def test_messages_survive_any_fragmentation(messages: list[wire.Message], size: int) -> None:
    """However the stream is cut, the same messages come out in order."""
    stream = b"".join(wire.pack(message) for message in messages)
    unpacker = wire.Unpacker()

    received = [
        message
        for start in range(0, len(stream), size)
        for message in unpacker.feed(stream[start : start + size])
    ]

    assert received == messages


def test_an_oversized_message_is_refused_before_it_is_buffered() -> None:
    """A length beyond the bound ends the connection at once."""
    with pytest.raises(wire.WireError, match="the limit is"):
        wire.Unpacker().feed(struct.pack("!I", wire.MAX_MESSAGE + 1))


@given(st.binary(min_size=1, max_size=64))
def test_garbage_is_an_error_of_its_own(body: bytes) -> None:
    """What is no message raises WireError and nothing else."""
    unpacker = wire.Unpacker()
    try:
        messages = unpacker.feed(struct.pack("!I", len(body)) + body)
    except wire.WireError:
        return

    assert all(wire.pack(message) for message in messages)
