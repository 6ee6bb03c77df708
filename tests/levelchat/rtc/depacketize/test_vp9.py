"""Laws of levelchat.rtc.depacketize.vp9."""

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import rtp_material
from levelchat.media.codec import Codec
from levelchat.rtc.depacketize.seams import AccessUnit, MalformedPayload
from levelchat.rtc.depacketize.vp9 import Vp9Depacketizer

KEY = b"\x82\x49\x83\x42frame"
DELTA = b"\x86\x00frame"
BEGIN, END = 0x08, 0x04


@pytest.mark.parametrize(
    "descriptor",
    [
        b"\x00",  # nothing optional
        b"\x80\x7f",  # I: picture ID of 7 bits
        b"\x80\xff\xff",  # of 15 bits
        b"\xa0\x01\x20\x05",  # L, non-flexible: TL0PICIDX follows
        b"\xb0\x01\x20",  # L, flexible
        b"\xd0\x01\x02",  # P and F: one P_DIFF
        b"\xd0\x01\x03\x05\x02",  # three P_DIFF
        b"\xc0\x01",  # P without F: no P_DIFF
        b"\x02\x00",  # V: nothing in it
        b"\x02\x10\x01\x40\x00\xf0",  # one size
        b"\x02\x30" + bytes(8),  # two sizes
        b"\x02\x08\x02\x04\x01\x08\x01\x02",  # two pictures, one and two references
        b"\xf2\x80\x01\x00\x02\x18" + bytes(4) + b"\x01\x00",  # all
    ],
    ids=lambda descriptor: descriptor.hex(),
)
def test_every_descriptor_is_stepped_over(descriptor: bytes) -> None:
    """RFC 9628 §4.2: whatever fields the descriptor has, the frame behind it comes out whole."""
    depacketizer = Vp9Depacketizer()
    first, rest = descriptor[0], descriptor[1:]
    depacketizer.push(bytes((first | BEGIN,)) + rest + KEY[:3])
    depacketizer.push(bytes((first,)) + rest + KEY[3:5])
    depacketizer.push(bytes((first | END,)) + rest + KEY[5:])

    assert depacketizer.finish() == AccessUnit(KEY, key=True)
    assert depacketizer.starts_key_frame(bytes((first | BEGIN,)) + rest + KEY)
    assert not depacketizer.starts_key_frame(bytes((first | BEGIN,)) + rest + DELTA)
    assert not depacketizer.starts_key_frame(bytes((first,)) + rest + KEY)


@pytest.mark.parametrize(
    ("frame", "key"),
    [
        (b"\x82\x49", True),  # profile 0
        (b"\xa2\x49", True),  # profile 1
        (b"\x92\x49", True),  # profile 2
        (b"\xb1\x24", True),  # profile 3: one more bit
        (b"\x86", False),  # not a key frame
        (b"\x88", False),  # shows an existing frame
        (b"\xb2", False),  # profile 3, not a key frame
        (b"\xb4", False),  # profile 3, shows an existing frame
        (b"\x02", False),  # no frame marker
    ],
)
def test_key_frames_are_known_by_their_header(frame: bytes, *, key: bool) -> None:
    """VP9 §6.2: marker, profile, show_existing_frame and frame_type decide, in every profile."""
    depacketizer = Vp9Depacketizer()
    depacketizer.push(b"\x0c" + frame)

    assert depacketizer.finish() == AccessUnit(frame, key=key)


def layers(*frames: bytes) -> list[bytes]:
    """Payloads of spatial layers, in flexible mode with inter-layer prediction."""
    return [
        bytes((0xB0 | BEGIN | END, 5, spatial << 1 | (spatial > 0))) + frame
        for spatial, frame in enumerate(frames)
    ]


def test_spatial_layers_become_a_superframe() -> None:
    """Two layers come out as one superframe: the frames, then marker, sizes, marker (Annex B)."""
    depacketizer = Vp9Depacketizer()
    upper = DELTA * 60
    for payload in layers(KEY, upper):
        depacketizer.push(payload)

    index = b"\xc9" + len(KEY).to_bytes(2, "little") + len(upper).to_bytes(2, "little") + b"\xc9"
    assert depacketizer.finish() == AccessUnit(KEY + upper + index, key=True)


def test_only_the_lowest_layer_begins_a_picture() -> None:
    """The upper layer of a key picture is no place to resume at."""
    lower, upper = layers(KEY, KEY)

    assert Vp9Depacketizer().starts_key_frame(lower)
    assert not Vp9Depacketizer().starts_key_frame(upper)


def test_a_decoder_takes_the_superframe() -> None:
    """FFmpeg's decoder finds both frames of a superframe made of two real ones."""
    first, second = rtp_material.make(Codec.VP9, 2).encoded
    depacketizer = Vp9Depacketizer()
    for payload in layers(first, second):
        depacketizer.push(payload)
    unit = depacketizer.finish()

    assert unit is not None
    splitter = av.CodecContext.create("vp9", "r")
    decoded = splitter.decode(av.Packet(unit.data)) + splitter.decode(None)
    assert len(decoded) == 2


@pytest.mark.parametrize(
    "payloads",
    [
        [b"\x00middle"],
        [b"\x04end"],
        [b"\x08one", b"\x08two"],
        [b"\x08cut off"],
        [b"\x0c"],
        [b"\x8c"],
        [b"\x8c\x80"],
        [b"\xdc\x01\x03\x03\x03\x02x"],
        [b"\x0e\xf8\x00"],
        [b"\x0cx"] * 9,
    ],
)
def test_what_breaks_the_rules_is_malformed(payloads: list[bytes]) -> None:
    """No beginning or end, a descriptor cut off, four references, nine layers."""
    depacketizer = Vp9Depacketizer()

    with pytest.raises(MalformedPayload):  # noqa: PT012 - either call may be the one
        for payload in payloads:
            depacketizer.push(payload)
        depacketizer.finish()


def test_a_frame_can_be_dropped() -> None:
    """After `reset` the next frame begins as the first did."""
    depacketizer = Vp9Depacketizer()
    depacketizer.push(b"\x08" + KEY)
    depacketizer.reset()
    assert depacketizer.finish() is None
    depacketizer.push(b"\x0c" + DELTA)

    assert depacketizer.finish() == AccessUnit(DELTA, key=False)


@given(st.lists(st.binary(min_size=1, max_size=12), max_size=5))
def test_garbage_is_a_frame_or_malformed(payloads: list[bytes]) -> None:
    """No payloads raise anything else."""
    depacketizer = Vp9Depacketizer()
    try:
        for payload in payloads:
            depacketizer.starts_key_frame(payload)
            depacketizer.push(payload)
        depacketizer.finish()
    except MalformedPayload:
        return
