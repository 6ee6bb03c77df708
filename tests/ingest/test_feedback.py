"""Laws of what is said back to a publisher."""

import struct

import offers

from ingest.feedback import FIRST_REPORT_NS, Feedback
from ingest.streams import ReadStream
from levelchat.media.time import NANOSECOND
from levelchat.rtc import rtcp
from levelchat.rtc.negotiate import negotiate
from levelchat.rtc.remb import RembEstimate
from levelchat.rtc.sdp import parse_offer
from levelchat.rtc.sender_clock import SenderClock

START = 1_000 * NANOSECOND
VIDEO_SSRC = 0xCAFE


class Rig:
    """One publisher of the small offer, and its feedback."""

    def __init__(self, *, reduced_size: bool = True) -> None:
        clock = SenderClock()
        self.tracks = [
            ReadStream(track, "", clock)
            for track in negotiate(parse_offer(offers.offer(offers.AUDIO, offers.VIDEO))).tracks
        ]
        self.feedback = Feedback(
            self.tracks,
            reduced_size=reduced_size,
            estimate=RembEstimate(100_000, 8_000_000),
            interval_ms=1000,
        )

    def video(self, sequence: int, now_ns: int) -> None:
        header = struct.pack("!BBHII", 0x80, 96, sequence, sequence * 3000, VIDEO_SSRC)
        self.tracks[1].receive(header + bytes(1000), now_ns)


def kinds(packet: bytes) -> list[tuple[int, int]]:
    """Type and count (or format) of each packet in a compound one."""
    found, position = [], 0
    while position < len(packet):
        first, kind, words = struct.unpack_from("!BBH", packet, position)
        found.append((kind, first & 31))
        position += 4 * (words + 1)
    return found


def remb(packet: bytes) -> tuple[int, list[int]] | None:
    """The bitrate and the SSRCs of the REMB in *packet*."""
    at = packet.find(b"REMB")
    if at < 0:
        return None
    count, exponent_mantissa = packet[at + 4], int.from_bytes(packet[at + 5 : at + 8], "big")
    ssrcs = struct.unpack_from(f"!{count}I", packet, at + 8)
    return (exponent_mantissa & 0x3FFFF) << (exponent_mantissa >> 18), list(ssrcs)


def test_the_first_report_comes_soon() -> None:
    """100 ms after the first packet, and then each second."""
    rig = Rig()
    rig.feedback.start(START)

    assert not rig.feedback.due(START + FIRST_REPORT_NS - 1)
    assert rig.feedback.due(START + FIRST_REPORT_NS)
    rig.feedback.report(START + FIRST_REPORT_NS)
    assert not rig.feedback.due(START + FIRST_REPORT_NS + NANOSECOND - 1)
    assert rig.feedback.due(START + FIRST_REPORT_NS + NANOSECOND)


def test_a_report_names_the_real_source() -> None:
    """RR with a block, CNAME, then REMB that names the SSRC that really sends."""
    rig = Rig()
    rig.feedback.start(START)
    rig.video(1, START)

    packet = rig.feedback.report(START + FIRST_REPORT_NS)

    assert kinds(packet)[:3] == [(201, 1), (202, 1), (206, 15)]
    assert remb(packet) == (8_000_000 >> 5 << 5, [VIDEO_SSRC])


def test_without_a_source_there_is_no_remb() -> None:
    """Before the SSRC is known no REMB is sent: one with a wrong SSRC harms more than none."""
    rig = Rig()
    rig.feedback.start(START)

    packet = rig.feedback.report(START)

    assert remb(packet) is None
    assert kinds(packet)[:2] == [(201, 0), (202, 1)]


def test_loss_lowers_the_rate() -> None:
    """A third lost brings REMB down to below what arrived; it never falls under the floor."""
    rig = Rig()
    rig.feedback.start(START)
    rig.video(0, START)
    now = START
    for second in range(20):
        for index in range(1, 31):
            now = START + second * NANOSECOND + index * NANOSECOND // 30
            if index % 3:
                rig.video((second * 30 + index) & 0xFFFF, now)
        rig.feedback.report(now)

    assert 100_000 <= rig.feedback.bitrate < 20 * 1012 * 8


def test_urgent_messages_go_alone_where_that_was_agreed() -> None:
    """Reduced-size RTCP is the message itself; otherwise a report comes before it."""
    message = rtcp.pli(1, VIDEO_SSRC)

    assert Rig().feedback.urgent([message]) == message
    assert kinds(Rig(reduced_size=False).feedback.urgent([message])) == [
        (201, 0),
        (202, 1),
        (206, 1),
    ]
