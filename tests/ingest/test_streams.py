"""Laws of the streams of a publisher."""

import struct

import offers

from ingest.streams import PassedStream, ReadStream
from levelchat.media.time import NANOSECOND
from levelchat.rtc.forward.seams import SourceStats
from levelchat.rtc.negotiate import negotiate
from levelchat.rtc.sdp import parse_offer
from levelchat.rtc.sender_clock import SenderClock

START = 1_000 * NANOSECOND
AUDIO, VIDEO = negotiate(parse_offer(offers.CHROMIUM_SIMULCAST)).tracks
PLI, NACK = (206, 1), (205, 1)


def kind(message: bytes) -> tuple[int, int]:
    """Packet type and format of an RTCP packet."""
    return message[1], message[0] & 31


def test_a_read_stream_is_told_by_its_first_packet() -> None:
    """A layer's SSRC is not that of the m-line, and its packets are counted."""
    stream = ReadStream(VIDEO, "h", SenderClock())
    assert (stream.ssrc, stream.heard_ns()) == (None, 0)
    header = struct.pack("!BBHII", 0x80, VIDEO.format.payload_type, 9, 0, 0xBEAD)

    stream.receive(header + b"\x10\0\0\0", START)

    assert (stream.ssrc, stream.heard_ns(), stream.stats.packets) == (0xBEAD, START, 1)
    stream.request_key_frame(START)
    assert [kind(message) for message in stream.feedback(START)] == [PLI]


def test_a_passed_stream_says_what_the_core_counts() -> None:
    """Its report, its gaps and its key frames are those of the source."""
    counts = SourceStats(ssrc=0xBEAD, packets=10, bytes=1000, highest_sequence=109)
    counts.last_packet_ns = START
    stream = PassedStream(VIDEO, "h", lambda: counts)

    assert stream.feedback(START) == []
    assert (stream.ssrc, stream.stats.packets, stream.heard_ns()) == (0xBEAD, 10, START)
    block = stream.report_block(START)
    assert block is not None
    assert (block.ssrc, block.highest_sequence) == (0xBEAD, 109)
    stream.on_gap(110, 2, START)
    stream.on_filled(110, START)
    later = START + NANOSECOND // 2
    assert [kind(message) for message in stream.feedback(later)] == [NACK]
    assert stream.stats.nacks == 1
    stream.request_key_frame(later)
    assert PLI in [kind(message) for message in stream.feedback(later)]


def test_sound_has_no_key_frames() -> None:
    """Nobody is asked for one."""
    stream = PassedStream(AUDIO, "", lambda: SourceStats(ssrc=7))

    stream.request_key_frame(START)

    assert stream.feedback(START) == []
