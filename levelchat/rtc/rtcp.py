"""RTCP: read what a publisher says about its streams, write what we say back.

Comes in: a decrypted datagram, or small values. Goes out: small values, or bytes. Reads sender and
receiver reports and BYE, steps over every other well-formed packet, and raises `MalformedRtcp` for
a datagram that is none; never anything else.
"""

import struct
from collections.abc import Iterable, Sequence

import msgspec

VERSION = 2
_SENDER_REPORT = 200
_RECEIVER_REPORT = 201
_SDES = 202
_BYE = 203
_TRANSPORT_FEEDBACK = 205
_PAYLOAD_FEEDBACK = 206

_GENERIC_NACK = 1
"""FMT of RFC 4585 §6.2.1."""
_PICTURE_LOSS = 1
"""FMT of RFC 4585 §6.3.1."""
_FULL_INTRA_REQUEST = 4
"""FMT of RFC 5104 §4.3.1."""
_APPLICATION_LAYER = 15
"""FMT of RFC 4585 §6.4, which REMB uses (draft-alvestrand-rmcat-remb-03 §2.2)."""

_CNAME = 1
"""SDES item of RFC 3550 §6.5.1."""

MAX_BLOCKS = 31
"""Report blocks in one packet: the count has five bits (RFC 3550 §6.4.1)."""
MAX_REMB_BITRATE = ((1 << 18) - 1) << 63
"""Bits a second that an 18-bit mantissa and a 6-bit exponent can say."""

_NACK_SPAN = 17
"""Packets that one PID with its 16-bit BLP names (RFC 4585 §6.2.1)."""

_HEADER = struct.Struct("!BBH")
_SENDER_INFO = struct.Struct("!IQIII")
_BLOCK = struct.Struct("!IIIIII")
_PAIR = struct.Struct("!II")


class MalformedRtcp(ValueError):
    """The peer sent what is not RTCP."""


class ReportBlock(msgspec.Struct, frozen=True):
    """What one receiver saw of one source (RFC 3550 §6.4.1)."""

    ssrc: int
    fraction_lost: int
    """In 256ths, since the report before."""
    packets_lost: int
    """In all; negative when duplicates outnumber losses."""
    highest_sequence: int
    """Cycles in the upper 16 bits."""
    jitter: int
    """In ticks of the source's clock."""
    last_sender_report: int
    """The middle 32 bits of its NTP timestamp; 0 when none came."""
    delay_since_last: int
    """Since that report, in 65,536ths of a second."""


class SenderReport(msgspec.Struct, frozen=True):
    ssrc: int
    ntp: int
    """64 bits: seconds since 1900 and their fraction; 0 when the sender has no clock."""
    rtp_timestamp: int
    packets: int
    octets: int
    blocks: tuple[ReportBlock, ...] = ()


class ReceiverReport(msgspec.Struct, frozen=True):
    ssrc: int
    blocks: tuple[ReportBlock, ...] = ()


class Bye(msgspec.Struct, frozen=True):
    ssrcs: tuple[int, ...]


Report = SenderReport | ReceiverReport | Bye


def parse(data: bytes) -> list[Report]:
    """The reports in a compound or reduced-size (RFC 5506) packet."""
    reports: list[Report] = []
    position = 0
    while position < len(data):
        if len(data) - position < _HEADER.size:
            raise MalformedRtcp("an RTCP header is cut off")
        first, kind, words = _HEADER.unpack_from(data, position)
        end = position + 4 * (words + 1)
        if first >> 6 != VERSION:
            raise MalformedRtcp(f"RTCP version {first >> 6}")
        if end > len(data):
            raise MalformedRtcp(f"an RTCP packet of type {kind} is longer than its datagram")
        report = _read(kind, first & 0x1F, data[position + _HEADER.size : end])
        if report is not None:
            reports.append(report)
        position = end
    return reports


def _read(kind: int, count: int, body: bytes) -> Report | None:
    try:
        if kind == _SENDER_REPORT:
            ssrc, ntp, timestamp, packets, octets = _SENDER_INFO.unpack_from(body)
            blocks = _read_blocks(body, _SENDER_INFO.size, count)
            return SenderReport(ssrc, ntp, timestamp, packets, octets, blocks)
        if kind == _RECEIVER_REPORT:
            ssrc = int.from_bytes(_part(body, 4), "big")
            return ReceiverReport(ssrc, _read_blocks(body, 4, count))
        if kind == _BYE:
            return Bye(struct.unpack(f"!{count}I", _part(body, 4 * count)))
    except struct.error as error:
        raise MalformedRtcp(f"an RTCP packet of type {kind} is too short: {error}") from error
    return None


def _part(body: bytes, length: int) -> bytes:
    if len(body) < length:
        raise struct.error(f"{length} bytes needed, {len(body)} there")
    return body[:length]


def _read_blocks(body: bytes, start: int, count: int) -> tuple[ReportBlock, ...]:
    return tuple(_read_block(body, start + _BLOCK.size * index) for index in range(count))


def _read_block(body: bytes, start: int) -> ReportBlock:
    ssrc, loss, highest, jitter, last, delay = _BLOCK.unpack_from(body, start)
    lost = loss & 0xFFFFFF
    lost -= (lost & 0x800000) << 1
    return ReportBlock(ssrc, loss >> 24, lost, highest, jitter, last, delay)


def _packet(kind: int, count: int, body: bytes) -> bytes:
    return _HEADER.pack(VERSION << 6 | count, kind, len(body) // 4) + body


def receiver_report(sender: int, blocks: Sequence[ReportBlock]) -> bytes:
    """A receiver report of *sender*, who is us; takes at most `MAX_BLOCKS`."""
    body = sender.to_bytes(4, "big") + b"".join(map(_block, blocks))
    return _packet(_RECEIVER_REPORT, len(blocks), body)


def _block(block: ReportBlock) -> bytes:
    # RFC 3550 §A.3: the cumulative number is a signed 24-bit value, clamped and not wrapped.
    lost = min(max(block.packets_lost, -0x800000), 0x7FFFFF) & 0xFFFFFF
    return _BLOCK.pack(
        block.ssrc,
        block.fraction_lost << 24 | lost,
        block.highest_sequence,
        block.jitter,
        block.last_sender_report,
        block.delay_since_last,
    )


def sdes(sender: int, cname: str) -> bytes:
    """A source description with the one item that every sender must give (RFC 3550 §6.5)."""
    text = cname.encode()[:255]
    item = bytes((_CNAME, len(text))) + text
    # RFC 3550 §6.5: the items end with one or more null octets, up to a 32-bit boundary.
    item += bytes(4 - len(item) % 4)
    return _packet(_SDES, 1, sender.to_bytes(4, "big") + item)


def nack(sender: int, media: int, sequences: Iterable[int]) -> bytes:
    """A generic NACK of *sequences*, at least one, given unwrapped and in ascending order."""
    pairs: list[list[int]] = []
    for sequence in sequences:
        ahead = sequence - pairs[-1][0] if pairs else _NACK_SPAN
        if ahead < _NACK_SPAN:
            pairs[-1][1] |= 1 << (ahead - 1)
        else:
            pairs.append([sequence, 0])
    entries = b"".join(struct.pack("!HH", first & 0xFFFF, mask) for first, mask in pairs)
    return _packet(_TRANSPORT_FEEDBACK, _GENERIC_NACK, _PAIR.pack(sender, media) + entries)


def pli(sender: int, media: int) -> bytes:
    """Picture Loss Indication: the decoder cannot go on without a key frame."""
    return _packet(_PAYLOAD_FEEDBACK, _PICTURE_LOSS, _PAIR.pack(sender, media))


def fir(sender: int, media: int, command: int) -> bytes:
    """Full Intra Request number *command*."""
    # RFC 5104 §4.3.1.2: "The SSRC of media source is not used and SHALL be set to 0."
    entry = _PAIR.pack(media, (command & 0xFF) << 24)
    return _packet(_PAYLOAD_FEEDBACK, _FULL_INTRA_REQUEST, _PAIR.pack(sender, 0) + entry)


def remb(sender: int, bitrate: int, ssrcs: Sequence[int]) -> bytes:
    """The bits a second that all of *ssrcs* together may use.

    Chrome ignores layers that the message does not name, so the SSRCs must be real ones.
    """
    bitrate = min(bitrate, MAX_REMB_BITRATE)
    exponent = max(bitrate.bit_length() - 18, 0)
    numbers = len(ssrcs) << 24 | exponent << 18 | bitrate >> exponent
    body = _PAIR.pack(sender, 0) + b"REMB" + numbers.to_bytes(4, "big")
    body += struct.pack(f"!{len(ssrcs)}I", *ssrcs)
    return _packet(_PAYLOAD_FEEDBACK, _APPLICATION_LAYER, body)


def compound(
    sender: int, cname: str, blocks: Sequence[ReportBlock], feedback: Iterable[bytes] = ()
) -> bytes:
    """A compound packet: a report first and a CNAME, as RFC 3550 §6.1 demands, then *feedback*.

    Reduced-size RTCP (RFC 5506), where agreed on, is the feedback alone, joined.
    """
    reports = [
        receiver_report(sender, blocks[start : start + MAX_BLOCKS])
        for start in range(0, max(len(blocks), 1), MAX_BLOCKS)
    ]
    return b"".join([*reports, sdes(sender, cname), *feedback])
