"""Laws of levelchat.rtc.rtp."""

import struct

import pytest
from aiortc.rtcrtpparameters import RTCRtpHeaderExtensionParameters, RTCRtpParameters
from aiortc.rtp import HeaderExtensionsMap
from aiortc.rtp import RtpPacket as ForeignPacket
from hypothesis import given
from hypothesis import strategies as st

from bench.rtp_material import pack
from levelchat.rtc import rtp


def with_extension(profile: int, elements: bytes, payload: bytes = b"x") -> bytes:
    packet = pack(1, 2, b"")
    elements += bytes(-len(elements) % 4)
    extension = struct.pack("!HH", profile, len(elements) // 4) + elements
    return bytes((packet[0] | 0x10,)) + packet[1:] + extension + payload


def test_a_plain_packet_is_read() -> None:
    """Each field of the fixed header and the payload come out."""
    packet = rtp.parse(pack(65535, 2**32 - 1, b"payload", marker=True, ssrc=7), 5)

    assert packet == rtp.RtpPacket(96, True, 65535, 2**32 - 1, 7, b"payload", 5)


@given(
    st.integers(0, 127),
    st.booleans(),
    st.integers(0, 65535),
    st.integers(0, 2**32 - 1),
    st.lists(st.integers(0, 2**32 - 1), max_size=15),
    st.binary(max_size=40),
    st.integers(0, 255),
)
def test_what_another_library_writes_is_read(
    payload_type: int,
    marker: bool,  # noqa: FBT001
    sequence: int,
    timestamp: int,
    csrcs: list[int],
    payload: bytes,
    padding: int,
) -> None:
    """Packets with CSRCs, padding and extensions from aiortc's serializer parse to the same."""
    foreign = ForeignPacket(
        payload_type, marker=int(marker), sequence_number=sequence, timestamp=timestamp, ssrc=9
    )
    foreign.csrc = csrcs
    foreign.payload = payload
    foreign.padding_size = padding
    foreign.extensions.mid = "video0"
    extensions = HeaderExtensionsMap()
    mid = RTCRtpHeaderExtensionParameters(id=3, uri="urn:ietf:params:rtp-hdrext:sdes:mid")
    extensions.configure(RTCRtpParameters(headerExtensions=[mid]))
    packet = rtp.parse(foreign.serialize(extensions), 0)

    assert (packet.payload_type, packet.marker) == (payload_type, marker)
    assert (packet.sequence, packet.timestamp, packet.ssrc) == (sequence, timestamp, 9)
    assert packet.payload == payload
    assert rtp.extension_element(packet, 3) == b"video0"


@given(st.binary(max_size=64))
def test_garbage_is_refused_and_nothing_else(data: bytes) -> None:
    """Whatever the bytes, parsing gives a packet or `MalformedRtp`."""
    try:
        packet = rtp.parse(data, 0)
    except rtp.MalformedRtp:
        return
    for identifier in range(256):
        rtp.extension_element(packet, identifier)


@given(st.binary(max_size=64), st.sampled_from([0xBEDE, 0x1000, 0x100F, 0x1234]))
def test_garbage_in_an_extension_is_harmless(elements: bytes, profile: int) -> None:
    """Looking for any element in any extension ends and never raises."""
    packet = rtp.parse(with_extension(profile, elements), 0)

    for identifier in range(256):
        rtp.extension_element(packet, identifier)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        pack(1, 2, b"")[:11],
        b"\x00" + pack(1, 2, b"abc")[1:],
        b"\x8f" + pack(1, 2, b"abc")[1:],
        b"\x90" + pack(1, 2, b"ab")[1:],
        b"\x90" + pack(1, 2, b"\xbe\xde\x00\x05abcd")[1:],
        b"\xa0" + pack(1, 2, b"ab\x00")[1:],
        b"\xa0" + pack(1, 2, b"ab\x04")[1:],
    ],
    ids=["empty", "short", "version", "csrcs", "no extension", "cut extension", "pad 0", "pad 4"],
)
def test_what_does_not_fit_is_malformed(data: bytes) -> None:
    """A header that promises more than there is raises `MalformedRtp`."""
    with pytest.raises(rtp.MalformedRtp):
        rtp.parse(data, 0)


def test_padding_alone_leaves_an_empty_payload() -> None:
    """A packet of nothing but padding is legal and empty."""
    assert rtp.parse(b"\xa0" + pack(1, 2, b"\0\0\0\4")[1:], 0).payload == b""


def test_one_byte_elements_are_found_behind_padding_and_others() -> None:
    """RFC 8285 §4.2: zero bytes are stepped over, and 15 ends the search."""
    packet = rtp.parse(with_extension(0xBEDE, b"\x10a\0\0\x21bc\xf0\x30d"), 0)

    assert rtp.extension_element(packet, 1) == b"a"
    assert rtp.extension_element(packet, 2) == b"bc"
    assert rtp.extension_element(packet, 3) is None
    assert packet.payload == b"x"


def test_two_byte_elements_are_found() -> None:
    """RFC 8285 §4.3: identifiers above 14 and elements of no bytes exist."""
    packet = rtp.parse(with_extension(0x1005, b"\x10\x00\x00\x20\x03abc"), 0)

    assert rtp.extension_element(packet, 16) == b""
    assert rtp.extension_element(packet, 32) == b"abc"
    assert rtp.extension_element(packet, 1) is None


def test_a_retransmission_gives_the_original_back() -> None:
    """RFC 4588 §4: the first two bytes are the original sequence number."""
    carrier = rtp.parse(pack(5, 900, b"\xff\xfepayload", marker=True, payload_type=97, ssrc=8), 3)

    assert rtp.from_retransmission(carrier, 96, 7) == rtp.RtpPacket(
        96, True, 65534, 900, 7, b"payload", 3
    )


@pytest.mark.parametrize("payload", [b"", b"\x01"])
def test_a_retransmission_of_nothing_is_no_packet(payload: bytes) -> None:
    """Probes on the retransmission stream carry no original."""
    assert rtp.from_retransmission(rtp.parse(pack(5, 9, payload), 0), 96, 7) is None
