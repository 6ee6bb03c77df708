"""What subscribers say."""

from hypothesis import given
from hypothesis import strategies as st

from levelchat.rtc import rtcp
from levelchat.rtc.forward import feedback
from levelchat.rtc.forward.feedback import MAX_NACKS, MAX_REMB
from levelchat.rtc.rtcp import ReportBlock


@given(st.sets(st.integers(0, 65_535), min_size=1, max_size=200))
def test_each_number_of_a_nack_is_read(sequences: set[int]) -> None:
    """RFC 4585 §6.2.1: first and mask."""
    said = feedback.read(rtcp.nack(1, 2, sorted(sequences)))

    assert said.nacks == [(2, sequence) for sequence in sorted(sequences)]
    assert said.rest == b""


def test_a_nack_names_so_many() -> None:
    """Whoever asks for everything is read to a bound."""
    said = feedback.read(rtcp.nack(1, 2, range(5000)))

    assert MAX_NACKS - 17 <= len(said.nacks) <= MAX_NACKS


def test_key_frames_and_bitrates_are_read() -> None:
    """PLI, FIR with more than one entry, REMB."""
    fir = rtcp.fir(1, 5, 1)
    two = fir[:3] + bytes((fir[3] + 2,)) + fir[4:] + (6).to_bytes(4, "big") + bytes(4)
    said = feedback.read(rtcp.pli(1, 4) + two + rtcp.remb(1, 262_144, [4]))

    assert said.key_frames == [4, 5, 6]
    assert said.remb == 262_144
    assert feedback.read(rtcp.remb(1, rtcp.MAX_REMB_BITRATE, [4])).remb == MAX_REMB


def test_reports_are_read_and_the_rest_is_left() -> None:
    """Blocks of receiver and sender reports; what subscribers do not send stays whole."""
    block = ReportBlock(9, 1, 2, 3, 4, 5, 6)
    application = b"\x81\xcc\x00\x02" + bytes(4) + b"name"
    congestion = b"\x8f\xcd\x00\x03" + bytes(12)
    said = feedback.read(rtcp.compound(1, "me", [block]) + application + congestion)

    assert said.blocks == [block]
    assert said.rest == application + congestion


@given(st.binary(max_size=100))
def test_no_bytes_make_it_raise(data: bytes) -> None:
    """Whatever comes is read as far as it can be."""
    feedback.read(data)
    feedback.read(b"\x81\xce\x00\x04" + data)
