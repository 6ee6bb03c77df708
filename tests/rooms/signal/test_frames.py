"""What the server writes is what RFC 6455 says, and aiohttp's reader agrees."""

import asyncio

import pytest
from aiohttp import WSMsgType
from aiohttp._websocket.reader import WebSocketDataQueue, WebSocketReader
from aiohttp.base_protocol import BaseProtocol
from hypothesis import given
from hypothesis import strategies as st

from levelchat.contract.signal import Pong
from rooms.signal import frames


async def _read(data: bytes) -> tuple[int, object, str]:
    loop = asyncio.get_running_loop()
    queue = WebSocketDataQueue(BaseProtocol(loop), 1 << 20, loop=loop)
    reader = WebSocketReader(queue, 1 << 20, compress=False, decode_text=False)
    failed, _ = reader.feed_data(data)
    assert not failed
    message = await queue.read()
    return message.type, message.data, message.extra


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65_535, 65_536, 70_000])
async def test_a_text_of_any_length_is_one_frame(length: int) -> None:
    """At each of the three forms of the length, and at their borders."""
    kind, data, _ = await _read(frames.text(b"x" * length))

    assert kind is WSMsgType.TEXT
    assert data == b"x" * length


async def test_a_message_is_json_with_its_type() -> None:
    """The protocol's structures render themselves."""
    _, data, _ = await _read(frames.message(Pong(at=7, ref="a")))

    assert data == b'{"type":"pong","at":7,"ref":"a"}'


async def test_a_close_says_why() -> None:
    """Code and reason; a reason too long for a control frame is cut between letters."""
    assert await _read(frames.close(4001, "kicked")) == (WSMsgType.CLOSE, 4001, "kicked")
    assert await _read(frames.close(4001, "ä" * 100)) == (WSMsgType.CLOSE, 4001, "ä" * 61)


async def test_a_pong_tells_when_its_ping_was_sent() -> None:
    """What a client echoes is understood; what it makes up is not."""
    kind, data, _ = await _read(frames.ping(123_456_789))

    assert kind is WSMsgType.PING
    assert isinstance(data, bytes)
    assert frames.pinged_at(data) == 123_456_789
    assert frames.pinged_at(b"hello") is None


@given(st.binary(max_size=125))
def test_a_pong_echoes(payload: bytes) -> None:
    """RFC 6455 §5.5.3: identical application data."""
    assert frames.pong(payload) == bytes((0x8A, len(payload))) + payload
