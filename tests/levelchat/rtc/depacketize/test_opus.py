"""Laws of levelchat.rtc.depacketize.opus."""

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import rtp_material
from levelchat.media.codec import Codec
from levelchat.rtc.depacketize.opus import OpusDepacketizer, duration
from levelchat.rtc.depacketize.seams import AccessUnit, MalformedPayload


def test_a_payload_is_a_packet() -> None:
    """What came is what goes on, and every packet is a beginning."""
    depacketizer = OpusDepacketizer()
    depacketizer.push(b"\xfc\xff\xfe")

    assert depacketizer.starts_key_frame(b"\xfc")
    assert depacketizer.finish() == AccessUnit(b"\xfc\xff\xfe", key=True)
    assert depacketizer.finish() is None


@pytest.mark.parametrize(
    ("packet", "ticks"),
    [
        (b"\x00", 480),  # SILK 10 ms
        (b"\x18", 2880),  # SILK 60 ms
        (b"\x68", 960),  # hybrid 20 ms
        (b"\x80", 120),  # CELT 2.5 ms
        (b"\xf8", 960),  # CELT 20 ms, one frame
        (b"\xf9", 1920),  # two frames
        (b"\xfa\x00", 1920),  # two frames of different sizes
        (b"\xfb\x06", 5760),  # six frames: 120 ms
    ],
)
def test_the_duration_is_in_the_first_bytes(packet: bytes, ticks: int) -> None:
    """RFC 6716 §3.1: configuration and frame count give the duration."""
    assert duration(packet) == ticks


def test_an_encoder_agrees_on_the_duration() -> None:
    """Packets that libopus makes of 20 ms are read as 20 ms, and decode to as much."""
    decoder = av.CodecContext.create("opus", "r")
    for packet in rtp_material.make(Codec.OPUS, 5).encoded:
        assert duration(packet) == 960
        assert sum(frame.samples for frame in decoder.decode(av.Packet(packet))) in (648, 960)


@pytest.mark.parametrize("packet", [b"\xfb", b"\xfb\x00", b"\xfb\x07", b"\x1b\x03"])
def test_impossible_packets_are_malformed(packet: bytes) -> None:
    """Code 3 without a count, with no frames, or with more than 120 ms."""
    with pytest.raises(MalformedPayload):
        OpusDepacketizer().push(packet)


def test_a_packet_that_was_reset_is_gone() -> None:
    """`reset` drops what was not finished."""
    depacketizer = OpusDepacketizer()
    depacketizer.push(b"\xfc")
    with pytest.raises(MalformedPayload):
        depacketizer.push(b"\xfc")
    depacketizer.reset()

    assert depacketizer.finish() is None


@given(st.binary(min_size=1, max_size=8))
def test_garbage_is_a_packet_or_malformed(payload: bytes) -> None:
    """No payload raises anything else."""
    try:
        OpusDepacketizer().push(payload)
    except MalformedPayload:
        return
