"""Laws of datagrams in a stream."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from levelchat.rtc.framing import MAX_FRAME, FrameReader, MalformedFrame, frame

DATAGRAMS = st.lists(st.binary(min_size=1, max_size=300), max_size=8)


@given(DATAGRAMS, st.lists(st.integers(0, 2500), max_size=12))
def test_a_stream_may_be_cut_anywhere(datagrams: list[bytes], cuts: list[int]) -> None:
    """Whatever the pieces, the same datagrams come out, in their order."""
    stream = b"".join(map(frame, datagrams))
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    reader = FrameReader()

    found = [
        datagram
        for start, end in itertools.pairwise(edges)
        for datagram in reader.feed(stream[start:end])
    ]

    assert found == datagrams


def test_byte_by_byte() -> None:
    """A datagram is there with its last byte, and not before."""
    stream = frame(b"first") + frame(b"second")
    reader = FrameReader()

    counts = [len(reader.feed(stream[at : at + 1])) for at in range(len(stream))]

    assert counts == [0] * 6 + [1] + [0] * 7 + [1]


def test_null_packets_carry_nothing() -> None:
    """RFC 4571 §2: a length of zero is no datagram, and no error."""
    assert FrameReader().feed(b"\0\0" + frame(b"x") + b"\0\0\0\0" + frame(b"y")) == [b"x", b"y"]


def test_the_longest_frame() -> None:
    """One of 1,500 bytes passes; one byte more is no stream of datagrams."""
    longest = bytes(MAX_FRAME)
    assert FrameReader().feed(frame(longest)) == [longest]

    with pytest.raises(MalformedFrame, match="1501"):
        FrameReader().feed(frame(longest + b"x")[:2])


@given(st.lists(st.binary(max_size=2000), max_size=8))
def test_no_stream_fills_the_memory(pieces: list[bytes]) -> None:
    """Of any stream at most one frame that is not whole is kept."""
    reader = FrameReader()
    try:
        for piece in pieces:
            assert all(0 < len(datagram) <= MAX_FRAME for datagram in reader.feed(piece))
            assert len(reader._kept) < MAX_FRAME + 2
    except MalformedFrame:
        pass
