"""RTP packets as they come from SRTP (RFC 3550 §5.1, RFC 8285, RFC 4588).

Comes in: the bytes of one decrypted packet. Goes out: its header and its payload without padding,
or `MalformedRtp`. Never looks into the payload.
"""

import struct

import msgspec

VERSION = 2
"""RFC 3550 §5.1."""

_HEADER = struct.Struct("!BBHII")
_EXTENSION = struct.Struct("!HH")
_HEADER_BYTES = 12
_CSRC_BYTES = 4
_HAS_PADDING = 0x20
_HAS_EXTENSION = 0x10
_CSRC_COUNT = 0x0F
_MARKER = 0x80

_ONE_BYTE_PROFILE = 0xBEDE
"""RFC 8285 §4.2."""
_ONE_BYTE_STOP = 15
"""RFC 8285 §4.2: an ID of 15 ends the search, whatever follows."""
_TWO_BYTE_PROFILE = 0x1000
"""RFC 8285 §4.3; the low four bits are the application's."""

_ORIGINAL_SEQUENCE_BYTES = 2
"""RFC 4588 §4."""


class MalformedRtp(ValueError):
    """The peer sent what is not an RTP packet."""


class RtpPacket(msgspec.Struct, gc=False):
    """A received packet. An empty payload is legal: padding, or a source with nothing to say."""

    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes
    arrival_ns: int
    profile: int = 0
    """Which form of header extension `extension` has; 0 without one."""
    extension: bytes = b""


def parse(data: bytes, arrival_ns: int) -> RtpPacket:
    """The packet in *data*."""
    end = len(data)
    if end < _HEADER_BYTES:
        raise MalformedRtp(f"an RTP packet of {end} bytes")
    first, second, sequence, timestamp, ssrc = _HEADER.unpack_from(data)
    if first >> 6 != VERSION:
        raise MalformedRtp(f"RTP version {first >> 6}")
    start = _HEADER_BYTES + _CSRC_BYTES * (first & _CSRC_COUNT)
    profile, extension = 0, b""
    if first & _HAS_EXTENSION:
        profile, extension = _read_extension(data, start)
        start += _EXTENSION.size + len(extension)
    if first & _HAS_PADDING:
        # RFC 3550 §5.1: "The last octet of the padding contains a count of how many padding
        # octets should be ignored, including itself."
        padding = data[-1]
        if not padding:
            raise MalformedRtp("padding of no bytes")
        end -= padding
    if start > end:
        raise MalformedRtp("the header is longer than the packet")
    return RtpPacket(
        second & ~_MARKER,
        second >= _MARKER,
        sequence,
        timestamp,
        ssrc,
        data[start:end],
        arrival_ns,
        profile,
        extension,
    )


def _read_extension(data: bytes, start: int) -> tuple[int, bytes]:
    if start + _EXTENSION.size > len(data):
        raise MalformedRtp("the header extension is cut off")
    profile, words = _EXTENSION.unpack_from(data, start)
    start += _EXTENSION.size
    end = start + 4 * words
    if end > len(data):
        raise MalformedRtp("the header extension is longer than the packet")
    return profile, data[start:end]


def extension_element(packet: RtpPacket, wanted: int) -> bytes | None:
    """The data of the header extension element with local identifier *wanted*."""
    if packet.profile == _ONE_BYTE_PROFILE:
        return _one_byte_element(packet.extension, wanted)
    if packet.profile & 0xFFF0 == _TWO_BYTE_PROFILE:
        return _two_byte_element(packet.extension, wanted)
    return None


def _one_byte_element(elements: bytes, wanted: int) -> bytes | None:
    position, end = 0, len(elements)
    while position < end:
        identifier, length = elements[position] >> 4, (elements[position] & 0x0F) + 1
        if identifier == _ONE_BYTE_STOP:
            return None
        if not identifier:
            position += 1
            continue
        position += 1
        if identifier == wanted and position + length <= end:
            return elements[position : position + length]
        position += length
    return None


def _two_byte_element(elements: bytes, wanted: int) -> bytes | None:
    position, end = 0, len(elements) - 1
    while position < end:
        identifier, length = elements[position], elements[position + 1]
        if not identifier:
            position += 1
            continue
        position += 2
        if identifier == wanted and position + length <= len(elements):
            return elements[position : position + length]
        position += length
    return None


def from_retransmission(packet: RtpPacket, payload_type: int, ssrc: int) -> RtpPacket | None:
    """The packet that a retransmission (RFC 4588 §4) carries; None for one with only padding."""
    payload = packet.payload
    if len(payload) < _ORIGINAL_SEQUENCE_BYTES:
        return None
    return RtpPacket(
        payload_type,
        packet.marker,
        int.from_bytes(payload[:_ORIGINAL_SEQUENCE_BYTES], "big"),
        packet.timestamp,
        ssrc,
        payload[_ORIGINAL_SEQUENCE_BYTES:],
        packet.arrival_ns,
        packet.profile,
        packet.extension,
    )
