"""Laws of levelchat.rtc.rtcp."""

import struct

import pytest
from aiortc.rtp import (
    RtcpByePacket,
    RtcpPacket,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSdesPacket,
    RtcpSenderInfo,
    RtcpSrPacket,
    unpack_remb_fci,
)
from hypothesis import given
from hypothesis import strategies as st

from levelchat.rtc import rtcp

words = st.integers(0, 2**32 - 1)
blocks = st.builds(
    rtcp.ReportBlock,
    words,
    st.integers(0, 255),
    st.integers(-0x800000, 0x7FFFFF),
    words,
    words,
    words,
    words,
)
BLOCK = rtcp.ReportBlock(1, 2, -3, 4, 5, 6, 7)


def foreign_block(block: rtcp.ReportBlock) -> RtcpReceiverInfo:
    return RtcpReceiverInfo(
        ssrc=block.ssrc,
        fraction_lost=block.fraction_lost,
        packets_lost=block.packets_lost,
        highest_sequence=block.highest_sequence,
        jitter=block.jitter,
        lsr=block.last_sender_report,
        dlsr=block.delay_since_last,
    )


@given(words, st.integers(0, 2**64 - 1), words, words, words, st.lists(blocks, max_size=31))
def test_foreign_sender_reports_are_read(
    ssrc: int, ntp: int, timestamp: int, packets: int, octets: int, seen: list[rtcp.ReportBlock]
) -> None:
    """What aiortc writes as a sender report is what we read."""
    info = RtcpSenderInfo(ntp, timestamp, packets, octets)
    data = bytes(RtcpSrPacket(ssrc, info, [foreign_block(block) for block in seen]))

    assert rtcp.parse(data) == [
        rtcp.SenderReport(ssrc, ntp, timestamp, packets, octets, tuple(seen))
    ]


@given(words, st.lists(blocks, max_size=31))
def test_our_receiver_reports_are_read_by_others(ssrc: int, seen: list[rtcp.ReportBlock]) -> None:
    """Aiortc reads each block as we meant it, negative losses included, and so do we."""
    data = rtcp.receiver_report(ssrc, seen)

    assert RtcpPacket.parse(data) == [RtcpRrPacket(ssrc, [foreign_block(b) for b in seen])]
    assert rtcp.parse(data) == [rtcp.ReceiverReport(ssrc, tuple(seen))]


def test_bye_names_its_sources() -> None:
    """A BYE with a reason gives the sources that end."""
    assert rtcp.parse(bytes(RtcpByePacket([1, 2]))) == [rtcp.Bye((1, 2))]
    assert rtcp.parse(b"\x81\xcb\x00\x03\0\0\0\x09\x05leave\0\0") == [rtcp.Bye((9,))]


@given(st.binary(max_size=80))
def test_garbage_is_refused_and_nothing_else(data: bytes) -> None:
    """Whatever the bytes, parsing gives reports or `MalformedRtcp`."""
    try:
        rtcp.parse(data)
    except rtcp.MalformedRtcp:
        return


@given(
    st.integers(0, 31),
    st.integers(190, 225),
    st.binary(max_size=60).map(lambda body: body[: len(body) // 4 * 4]),
)
def test_packets_shorter_than_they_say_are_refused(count: int, kind: int, body: bytes) -> None:
    """A well-formed length around a body too short for its type is `MalformedRtcp` or skipped."""
    data = struct.pack("!BBH", 0x80 | count, kind, len(body) // 4) + body
    try:
        rtcp.parse(data)
    except rtcp.MalformedRtcp:
        return


@pytest.mark.parametrize("cut", [1, 3, 4, 8, 27])
def test_a_cut_off_packet_is_malformed(cut: int) -> None:
    """Every truncation of a sender report is refused."""
    data = bytes(RtcpSrPacket(1, RtcpSenderInfo(2, 3, 4, 5), []))

    with pytest.raises(rtcp.MalformedRtcp):
        rtcp.parse(data[:cut])


def test_unknown_packets_are_stepped_over() -> None:
    """An extended report between two known packets disturbs neither."""
    unknown = struct.pack("!BBHII", 0x80, 207, 2, 1, 2)
    data = rtcp.receiver_report(1, []) + unknown + bytes(RtcpByePacket([3]))

    assert rtcp.parse(data) == [rtcp.ReceiverReport(1), rtcp.Bye((3,))]


@given(st.sets(st.integers(65_000, 66_200), min_size=1, max_size=200))
def test_a_nack_names_each_packet_once(missing: set[int]) -> None:
    """Aiortc reads back exactly the numbers asked for, across the wrap."""
    (packet,) = RtcpPacket.parse(rtcp.nack(1, 2, sorted(missing)))

    assert isinstance(packet, RtcpRtpfbPacket)
    assert (packet.ssrc, packet.media_ssrc, packet.fmt) == (1, 2, 1)
    assert [number & 0xFFFF for number in packet.lost] == [
        number & 0xFFFF for number in sorted(missing)
    ]


def test_a_full_window_of_losses_is_one_small_nack() -> None:
    """512 missing packets take 31 pairs of PID and BLP."""
    assert len(rtcp.nack(1, 2, range(65_400, 65_912))) == 12 + 4 * 31


def test_a_picture_loss_indication_has_no_body() -> None:
    """RFC 4585 §6.3.1: two SSRCs and nothing more."""
    assert RtcpPacket.parse(rtcp.pli(1, 2)) == [RtcpPsfbPacket(fmt=1, ssrc=1, media_ssrc=2)]


def test_a_full_intra_request_carries_its_number() -> None:
    """RFC 5104 §4.3.1: the media source stands in the entry, and the number wraps at 256."""
    assert RtcpPacket.parse(rtcp.fir(1, 2, 258)) == [
        RtcpPsfbPacket(fmt=4, ssrc=1, media_ssrc=0, fci=b"\0\0\0\2\2\0\0\0")
    ]


@given(st.integers(0, 2**60), st.lists(words, min_size=1, max_size=5))
def test_remb_says_the_bitrate_to_18_bits(bitrate: int, ssrcs: list[int]) -> None:
    """Aiortc reads back the SSRCs and the bitrate, at most one 2^17th too low."""
    (packet,) = RtcpPacket.parse(rtcp.remb(1, bitrate, ssrcs))

    assert isinstance(packet, RtcpPsfbPacket)
    assert (packet.fmt, packet.media_ssrc) == (15, 0)
    told, named = unpack_remb_fci(packet.fci)
    assert named == ssrcs
    assert bitrate - (bitrate >> 17) <= told <= bitrate


@pytest.mark.parametrize("cname", ["", "a", "ab", "abc", "abcd", "x" * 300])
def test_a_compound_begins_with_a_report_and_a_name(cname: str) -> None:
    """RFC 3550 §6.1: report, SDES with CNAME, then the feedback; all padded to 32 bits."""
    data = rtcp.compound(1, cname, [BLOCK], [rtcp.pli(1, 2)])
    report, description, feedback = RtcpPacket.parse(data)

    assert len(data) % 4 == 0
    assert isinstance(report, RtcpRrPacket)
    assert isinstance(description, RtcpSdesPacket)
    assert description.chunks[0].items == [(1, cname[:255].encode())]
    assert isinstance(feedback, RtcpPsfbPacket)


def test_more_blocks_than_one_report_holds_make_two_reports() -> None:
    """RFC 3550 §6.1: beyond 31 sources another report follows."""
    reports = rtcp.parse(rtcp.compound(1, "us", [BLOCK] * 32))

    assert [len(r.blocks) for r in reports if isinstance(r, rtcp.ReceiverReport)] == [31, 1]
