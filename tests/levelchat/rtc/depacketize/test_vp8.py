"""Laws of levelchat.rtc.depacketize.vp8."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from levelchat.rtc.depacketize.seams import AccessUnit, MalformedPayload
from levelchat.rtc.depacketize.vp8 import Vp8Depacketizer

KEY = b"\x10\x02\x00\x9d\x01\x2a\x40\x01\xf0\x00rest"
DELTA = b"\x31\x02\x00delta"


@pytest.mark.parametrize(
    "descriptor",
    [
        b"\x10",  # nothing optional
        b"\x90\x00",  # extension byte, empty
        b"\x90\x80\x7f",  # picture ID of 7 bits
        b"\x90\x80\xff\xff",  # of 15 bits
        b"\x90\x40\x09",  # TL0PICIDX
        b"\x90\x20\x40",  # TID
        b"\x90\x10\x1f",  # KEYIDX
        b"\x90\xf0\x80\x01\x05\x60",  # all
    ],
    ids=lambda descriptor: descriptor.hex(),
)
def test_every_descriptor_is_stepped_over(descriptor: bytes) -> None:
    """RFC 7741 §4.2: whatever fields the descriptor has, the frame behind it comes out whole."""
    depacketizer = Vp8Depacketizer()
    continued = bytes((descriptor[0] & ~0x10,)) + descriptor[1:]
    depacketizer.push(descriptor + KEY[:9])
    depacketizer.push(continued + KEY[9:])

    assert depacketizer.finish() == AccessUnit(KEY, key=True)
    assert depacketizer.starts_key_frame(descriptor + KEY)
    assert not depacketizer.starts_key_frame(descriptor + DELTA)
    assert not depacketizer.starts_key_frame(continued + KEY)


def test_later_partitions_do_not_begin_a_frame() -> None:
    """S with a partition index above 0 continues the frame."""
    depacketizer = Vp8Depacketizer()
    depacketizer.push(b"\x10" + DELTA)
    depacketizer.push(b"\x11second")

    assert depacketizer.finish() == AccessUnit(DELTA + b"second", key=False)


@pytest.mark.parametrize(
    "payloads",
    [
        [b"\x00middle"],
        [b"\x10" + KEY, b"\x10" + KEY],
        [b"\x10"],
        [b"\x90"],
        [b"\x90\x80"],
        [b"\x90\x80\xff\xff"],
        [b"\x10" + KEY[:3] + b"bad" + KEY[6:]],
        [b"\x10" + KEY[:8]],
    ],
)
def test_what_breaks_the_rules_is_malformed(payloads: list[bytes]) -> None:
    """No beginning, two beginnings, nothing behind the descriptor, no start code, no size."""
    depacketizer = Vp8Depacketizer()

    with pytest.raises(MalformedPayload):  # noqa: PT012 - either call may be the one
        for payload in payloads:
            depacketizer.push(payload)
        depacketizer.finish()


def test_a_frame_can_be_dropped() -> None:
    """After `reset` the next frame begins as the first did."""
    depacketizer = Vp8Depacketizer()
    depacketizer.push(b"\x10" + KEY)
    depacketizer.reset()
    assert depacketizer.finish() is None
    depacketizer.push(b"\x10" + DELTA)

    assert depacketizer.finish() == AccessUnit(DELTA, key=False)


@given(st.lists(st.binary(min_size=1, max_size=12), max_size=5))
def test_garbage_is_a_frame_or_malformed(payloads: list[bytes]) -> None:
    """No payloads raise anything else."""
    depacketizer = Vp8Depacketizer()
    try:
        for payload in payloads:
            depacketizer.starts_key_frame(payload)
            depacketizer.push(payload)
        depacketizer.finish()
    except MalformedPayload:
        return
