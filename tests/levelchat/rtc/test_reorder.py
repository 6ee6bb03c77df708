"""Laws of levelchat.rtc.reorder."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from levelchat.rtc.reorder import ReorderBuffer
from levelchat.rtc.rtp import RtpPacket


def packet(sequence: int, arrival_ns: int = 0) -> RtpPacket:
    return RtpPacket(96, False, sequence & 0xFFFF, 0, 1, b"", arrival_ns)


def taken(buffer: ReorderBuffer) -> list[int]:
    numbers = []
    while (ready := buffer.take()) is not None:
        numbers.append(ready.sequence)
    return numbers


@given(st.permutations(range(12)), st.integers(0, 200_000))
def test_any_order_comes_out_in_order(order: list[int], start: int) -> None:
    """Every permutation within the bound comes out ascending, complete, and leaves nothing."""
    buffer = ReorderBuffer(16)
    buffer.start(start)
    out = []
    for offset in order:
        assert buffer.insert(start + offset, packet(start + offset))
        out += taken(buffer)

    assert out == [(start + offset) & 0xFFFF for offset in range(12)]
    assert buffer.missing == {}
    assert buffer.next == start + 12


def test_what_is_missing_is_known_since_its_gap_showed() -> None:
    """Each missing number has the arrival of the packet that jumped over it."""
    buffer = ReorderBuffer(16)
    buffer.start(10)
    buffer.insert(12, packet(12, 100))
    buffer.insert(15, packet(15, 200))

    assert buffer.missing == {10: 100, 11: 100, 13: 200, 14: 200}
    assert buffer.blocked_since == 100
    assert buffer.skip() == 2
    assert taken(buffer) == [12]
    assert buffer.blocked_since == 200


def test_a_second_copy_and_a_late_one_are_refused() -> None:
    """What is held, was taken or was given up is not taken again."""
    buffer = ReorderBuffer(16)
    buffer.start(0)
    assert buffer.insert(2, packet(2))
    assert not buffer.insert(2, packet(2))
    buffer.skip()
    assert taken(buffer) == [2]

    assert not buffer.insert(2, packet(2))
    assert not buffer.insert(0, packet(0))


def test_the_next_packet_passes_an_empty_buffer_only() -> None:
    """The short way is open when nothing is held or missing, and is shut otherwise."""
    buffer = ReorderBuffer(16)
    buffer.start(65535)
    assert buffer.passes(65535)
    assert not buffer.passes(65535)
    assert not buffer.passes(65537)
    buffer.insert(65537, packet(65537))
    assert not buffer.passes(65536)
    assert buffer.insert(65536, packet(65536))
    assert taken(buffer) == [0, 1]
    assert buffer.passes(65538)


@pytest.mark.parametrize(("newest", "reaches"), [(15, True), (16, False), (3000, False)])
def test_the_bound_is_on_the_span(newest: int, *, reaches: bool) -> None:
    """From the next number on, no more than the limit are let in."""
    buffer = ReorderBuffer(16)
    buffer.start(65_536)

    assert buffer.reaches(65_536 + newest) is reaches


def test_skipping_to_a_packet_forgets_all_before_it() -> None:
    """Held and missing numbers go; only the missing ones count."""
    buffer = ReorderBuffer(16)
    buffer.start(0)
    for number in (2, 5, 7):
        buffer.insert(number, packet(number))

    assert buffer.skip_to(7) == 5
    assert taken(buffer) == [7]
    assert buffer.missing == {}


def test_long_random_traffic_never_outgrows_the_bound() -> None:
    """With losses and reordering for 20,000 packets, held and missing stay within the limit."""
    rng = random.Random(3)
    buffer = ReorderBuffer(32)
    buffer.start(65_000)
    arrivals = [(n + rng.random() * 20, n) for n in range(65_000, 85_000) if rng.random() > 0.05]
    out: list[int] = []
    for _, number in sorted(arrivals):
        while not buffer.reaches(number):
            buffer.skip()
            out += taken(buffer)
        if buffer.passes(number):
            out.append(number & 0xFFFF)
        else:
            buffer.insert(number, packet(number))
        out += taken(buffer)
        assert len(buffer.missing) + len(buffer._held) <= 32

    assert len(out) > 18_000
