"""What subscribers say in RTCP (F17 to F20).

Comes in: a decrypted compound packet. Goes out: what it asks and reports, and the packets of it
that are for somebody else. Never raises: what is cut off is not read.
"""

import struct
from collections.abc import Iterator

import msgspec

from levelchat.rtc import rtcp
from levelchat.rtc.rtcp import ReportBlock, SenderReport

_SENDER_REPORT = 200
_RECEIVER_REPORT = 201
_SDES = 202
_BYE = 203
_TRANSPORT = 205
_PAYLOAD = 206
_EXTENDED_REPORT = 207
_NACK = 1
_PLI = 1
_FIR = 4
_APPLICATION = 15
MAX_REMB = (1 << 63) - 1
"""Bits a second; what a message can say goes further."""
MAX_NACKS = 512
"""Numbers of one datagram; a real one names a tenth of it."""


class Feedback(msgspec.Struct):
    """One compound packet."""

    nacks: list[tuple[int, int]] = msgspec.field(default_factory=list)
    """SSRC and sequence number."""
    key_frames: list[int] = msgspec.field(default_factory=list)
    """SSRCs that PLI and FIR are about."""
    blocks: list[ReportBlock] = msgspec.field(default_factory=list)
    sender_reports: list[SenderReport] = msgspec.field(default_factory=list)
    remb: int | None = None
    rest: bytes = b""
    """Packets that are none of these."""


def read(data: bytes) -> Feedback:
    """What *data* says."""
    feedback = Feedback()
    rest = []
    for first, kind, packet in _packets(data):
        if not _take(feedback, first & 0x1F, kind, packet):
            rest.append(packet)
    feedback.rest = b"".join(rest)
    return feedback


def _packets(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    position = 0
    while position + 4 <= len(data):
        end = position + 4 * (int.from_bytes(data[position + 2 : position + 4], "big") + 1)
        if data[position] >> 6 != rtcp.VERSION or end > len(data):
            return
        yield data[position], data[position + 1], data[position:end]
        position = end


def _take(feedback: Feedback, form: int, kind: int, packet: bytes) -> bool:
    """Whether *packet* is one that subscribers send about what they receive."""
    if kind in (_SENDER_REPORT, _RECEIVER_REPORT):
        _take_report(feedback, packet)
        return kind == _RECEIVER_REPORT
    if kind == _TRANSPORT and form == _NACK:
        _take_nack(feedback, packet)
        return True
    if kind == _PAYLOAD:
        return _take_payload(feedback, form, packet)
    return kind in (_SDES, _BYE, _EXTENDED_REPORT)


def _take_report(feedback: Feedback, packet: bytes) -> None:
    try:
        reports = rtcp.parse(packet)
    except rtcp.MalformedRtcp:
        return
    for report in reports:
        if isinstance(report, SenderReport):
            feedback.sender_reports.append(report)
        if not isinstance(report, rtcp.Bye):
            feedback.blocks.extend(report.blocks)


def _take_nack(feedback: Feedback, packet: bytes) -> None:
    """RFC 4585 §6.2.1."""
    media = int.from_bytes(packet[8:12], "big")
    for first, mask in struct.iter_unpack("!HH", packet[12:]):
        if len(feedback.nacks) + 17 > MAX_NACKS:
            return
        feedback.nacks.append((media, first))
        if mask:
            feedback.nacks.extend(
                (media, first + 1 + bit & 0xFFFF) for bit in range(16) if mask >> bit & 1
            )


def _take_payload(feedback: Feedback, form: int, packet: bytes) -> bool:
    if form == _PLI:
        feedback.key_frames.append(int.from_bytes(packet[8:12], "big"))
        return True
    if form == _FIR:
        # RFC 5104 §4.3.1.1: entries of SSRC, number and 24 reserved bits.
        feedback.key_frames.extend(
            int.from_bytes(packet[at : at + 4], "big") for at in range(12, len(packet) - 7, 8)
        )
        return True
    if form == _APPLICATION and packet[12:16] == b"REMB" and len(packet) >= 20:  # noqa: PLR2004 - its fixed part
        # draft-alvestrand-rmcat-remb-03 §2.2: six bits of exponent, 18 of mantissa.
        number = int.from_bytes(packet[17:20], "big")
        feedback.remb = min((number & 0x3FFFF) << (number >> 18), MAX_REMB)
        return True
    return False
