"""Laws of how large pictures are."""

import pytest
from forwardkit import av1, h264, vp8, vp9
from hypothesis import given
from hypothesis import strategies as st

from bench import rtp_material
from levelchat.media.codec import Codec
from levelchat.rtc import rtp
from levelchat.rtc.forward import keyframes, sizes
from levelchat.rtc.forward.seams import SIZE_SAID

VIDEO = [Codec.H264, Codec.VP8, Codec.VP9, Codec.AV1]
SVC = bytes.fromhex("8b 01 58 0140 00b4 0280 0168 0500 02d0 01 04 01".replace(" ", "")) + b"\x82"
"""The descriptor of a VP9 picture with three layers of 320, 640 and 1280 columns."""


def first_of_key_frame(codec: Codec, width: int, height: int) -> bytes:
    """As FFmpeg packs what a real encoder made."""
    made = rtp_material.make(codec, 3, width=width, height=height)
    payloads = (rtp.parse(packet, 0).payload for packet in made.packets)
    return next(payload for payload in payloads if keyframes.begins(codec, payload))


@pytest.mark.parametrize("codec", VIDEO)
@pytest.mark.parametrize(("width", "height"), [(640, 360), (322, 178), (720, 1280)])
def test_a_key_frame_says_its_size(codec: Codec, width: int, height: int) -> None:
    """In its first packet, within the bytes that are read."""
    payload = first_of_key_frame(codec, width, height)

    assert sizes.read(codec, payload) == (width, height)
    assert sizes.read(codec, payload[:SIZE_SAID]) == (width, height)


def test_layers_count_as_the_highest() -> None:
    """VP9 lists them before the frame, whose own header would say the lowest."""
    assert sizes.read(Codec.VP9, SVC) == (1280, 720)


@pytest.mark.parametrize(
    ("codec", "payload"),
    [
        (Codec.H264, h264(1, key=True)),
        (Codec.H264, b"\x67\x42\x00\x1f"),
        (Codec.H264, b"\x78\x00\x00"),
        (Codec.H264, b""),
        (Codec.VP8, vp8(1, key=True, picture=3)),
        (Codec.VP8, b"\x10\x00\x00\x00\x9d\x01\x2a\x00\x00\x68\x01"),
        (Codec.VP9, vp9(1, key=True)),
        (Codec.VP9, SVC[:9]),
        (Codec.AV1, av1(1, key=True)),
        (Codec.OPUS, b"\x78abc"),
    ],
)
def test_what_says_none_is_unknown(codec: Codec, payload: bytes) -> None:
    """Cut off, without a start code, of no columns, or no picture."""
    assert sizes.read(codec, payload) == sizes.UNKNOWN


@given(st.sampled_from(VIDEO), st.binary(max_size=300))
def test_anything_is_read(codec: Codec, payload: bytes) -> None:
    """A hostile publisher gets no size beyond what can be, and raises nothing."""
    size = sizes.read(codec, payload)

    assert size == sizes.UNKNOWN or all(0 < side <= sizes.MAX_SIDE for side in size)


@pytest.mark.parametrize("codec", VIDEO)
def test_a_real_one_with_any_byte_changed_is_read(codec: Codec) -> None:
    """Nor does what is almost right."""
    payload = first_of_key_frame(codec, 320, 180)[:SIZE_SAID]
    for place in range(min(60, len(payload))):
        for value in (0, 1, 0x7F, 0x80, 0xFF):
            size = sizes.read(codec, payload[:place] + bytes((value,)) + payload[place + 1 :])
            assert all(0 <= side <= sizes.MAX_SIDE for side in size)
    for end in range(len(payload)):
        sizes.read(codec, payload[:end])


# Fields of an AV1 sequence header (§5.5.1) that no encoder here writes.
_SIZE = "1000 0111 001111111 10110011".replace(" ", "")
"""Widths of 9 and 8 bits, 128 and 180 pixels."""


@pytest.mark.parametrize(
    "before",
    [
        "000 0 1 00000",  # a still picture with the reduced header
        "000 0 0 0 0 00000 000000000000 00000",  # no timing
        "000 0 0 0 0 00000 000000000000 01000 1",  # level 4.0, which has a tier
        "000 0 0 1" + "0" * 64 + "1 00100 0 0 00000 000000000000 00000",  # equal pictures
        # a decoder's model with delays of 5 bits, and an initial delay
        "000 0 0 1" + "0" * 64 + "0 1 00100" + "0" * 42 + "1 00000 000000000000 00000"
        "1 00000 00000 1 1 0000",
        # two operating points, one of them with delays
        "000 0 0 1" + "0" * 64 + "0 1 00000" + "0" * 42 + "0 00001 000000000000 00000 0"
        "000000000000 00000 1 0 0 1",
    ],
)
@pytest.mark.parametrize("header", [b"\x08", b"\x0c\x00"], ids=["plain", "extended"])
def test_every_sequence_header_of_av1_is_read(before: str, header: bytes) -> None:
    """Whatever comes before the size, and with a temporal delimiter before it all."""
    bits = before.replace(" ", "") + _SIZE
    body = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
    sized = bytes((header[0] | 0x02,)) + header[1:] + bytes((len(body),)) + body
    for obu in (header + body, sized):
        payload = b"\x28\x01\x10" + obu
        counted = b"\x08\x01\x10" + bytes((len(obu),)) + obu

        assert sizes.read(Codec.AV1, payload) == (128, 180)
        assert sizes.read(Codec.AV1, counted) == (128, 180)
