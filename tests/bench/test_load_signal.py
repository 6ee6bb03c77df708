"""Laws of the light WebSocket client."""

import asyncio
import struct

import pytest
from fake_signal import fake_signal, welcome
from hypothesis import given
from hypothesis import strategies as st

from bench import load_signal
from bench.load_http import LoadFailed
from bench.load_signal import PONG, TEXT, Crowd, Expected
from levelchat.contract import signal


def _from_server(opcode: int, payload: bytes) -> bytes:
    length = len(payload)
    if length < 126:
        return bytes([0x80 | opcode, length]) + payload
    if length < 65_536:
        return bytes([0x80 | opcode, 126]) + struct.pack("!H", length) + payload
    return bytes([0x80 | opcode, 127]) + struct.pack("!Q", length) + payload


@given(st.sampled_from([0, 1, 125, 126, 65_535, 65_536]), st.integers(0, 12))
def test_a_frame_is_found_when_it_is_complete(length: int, missing: int) -> None:
    """Of any length, and not a byte before its last."""
    whole = bytearray(_from_server(TEXT, b"x" * length))
    found = load_signal.parse(whole)
    assert found is not None
    opcode, start, end = found

    assert (opcode, end - start, end) == (TEXT, length, len(whole))
    assert load_signal.parse(whole + b"more") == found
    assert missing == 0 or load_signal.parse(whole[: max(0, len(whole) - missing)]) is None


@pytest.mark.parametrize("length", [0, 125, 126, 65_535, 65_536])
def test_a_clients_frame_is_masked(length: int) -> None:
    """RFC 6455 §5.3 demands it; a mask of zeros leaves the payload as it is."""
    frame = load_signal.frame(PONG, b"x" * length)

    assert frame[0] == 0x80 | PONG
    assert frame[1] & 0x80
    assert frame.endswith(bytes(4) + b"x" * length)


async def test_all_hear_once() -> None:
    """The last of them makes it complete."""
    expected = Expected((b"a", b"b"), 2)

    assert expected.matches(b"xaxbx")
    assert not expected.matches(b"xax")
    expected.heard()
    expected.heard()
    assert await expected.by_all() > 0


async def test_a_participant_joins_hears_and_speaks() -> None:
    """Against aiohttp's own WebSocket: what it sends is read, what we send is understood."""
    async with fake_signal() as server:
        crowd = Crowd()
        port = int(server.url.rpartition(":")[2])
        participant = await load_signal.connect(port, crowd, "t")
        joining = asyncio.create_task(participant.join())
        peer = await server.welcomed(welcome())
        assert await joining > 0
        crowd.members.append(participant)

        heard = crowd.expect('"type":"reaction"', "🎉")
        await peer.say(signal.Reaction(identity="a", emoji="no", at=1))
        await peer.say(signal.Reaction(identity="a", emoji="🎉", at=1))
        assert await heard.by_all() > 0

        participant.say(signal.ChatSend(text="hi" * 200))
        assert await peer.hear() == signal.ChatSend(text="hi" * 200)
        participant.close()


async def test_a_refused_join_is_said() -> None:
    """A load that measures refusals measures nothing."""
    async with fake_signal() as server:
        port = int(server.url.rpartition(":")[2])
        participant = await load_signal.connect(port, Crowd(), "t")
        joining = asyncio.create_task(participant.join())
        peer = await server.peer()
        await peer.say(signal.Error(code="room_full", message="x"))

        with pytest.raises(LoadFailed, match="room_full"):
            await joining
        participant.close()
