"""Laws of levelchat.bus.messages."""

import msgspec
import pytest

from levelchat.bus.messages import Join, RoomClosed, Seen, decode, encode

JOIN = Join(
    session="s_1",
    node="n",
    transport="whip",
    project="default",
    room="r_1",
    media_id="r_1",
    identity="ada",
    name="Ada",
    capabilities=("publish:camera",),
    token_id="t",
    at=1,
    meta={"seat": "4"},
)


@pytest.mark.parametrize(
    "message", [JOIN, Seen("n", 2, (JOIN, JOIN)), RoomClosed("r_1", "host_ended", 1, 2)]
)
def test_a_message_comes_back_as_it_went(message: Join | Seen | RoomClosed) -> None:
    """Encoding and decoding lose nothing, and the type is told by the bytes alone."""
    assert decode(encode(message)) == message


def test_a_newer_release_may_say_more() -> None:
    """A field that this release does not know is passed over, so that nodes can be upgraded
    one after the other.
    """
    data = msgspec.msgpack.decode(encode(RoomClosed("r_1", "empty", 1, 2)))

    assert decode(msgspec.msgpack.encode(data | {"mood": "good"})) == RoomClosed(
        "r_1", "empty", 1, 2
    )


@pytest.mark.parametrize("data", [b"", b"\xc1", b"\x80", msgspec.msgpack.encode({"type": "No"})])
def test_what_is_no_message_is_refused(data: bytes) -> None:
    """Bytes that say nothing raise the one error that listeners expect."""
    with pytest.raises(msgspec.DecodeError):
        decode(data)
