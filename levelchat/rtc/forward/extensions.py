"""Header extensions that go from a publisher to its subscribers (RFC 8285).

Comes in: an incoming packet, local identifiers. Goes out: the elements that are kept, and the
bytes of an extension that carries them under other identifiers. Never changes an element.
"""

from typing import NamedTuple

from levelchat.rtc import rtp
from levelchat.rtc.forward.seams import ExtensionIds

_ONE_BYTE = 0xBEDE
_TWO_BYTE = 0x1000
_LONGEST_SHORT = 16
"""Bytes of a one-byte form's element (RFC 8285 §4.2)."""
_HIGHEST_SHORT = 14
"""RFC 8285 §4.2: the identifier 15 ends the search."""
_LONGEST = 255


class Kept(NamedTuple):
    """The elements of one packet; None where it has none."""

    audio_level: bytes | None = None
    capture_time: bytes | None = None
    dependency: bytes | None = None


NOTHING = Kept()


def read(packet: rtp.RtpPacket, ids: ExtensionIds) -> Kept:
    """What of *packet*'s extensions is kept."""
    if not packet.profile:
        return NOTHING
    return Kept(
        _element(packet, ids.audio_level),
        _element(packet, ids.capture_time),
        _element(packet, ids.dependency),
    )


def _element(packet: rtp.RtpPacket, wanted: int) -> bytes | None:
    return rtp.extension_element(packet, wanted) if wanted else None


def write(kept: Kept, ids: ExtensionIds) -> tuple[bytes, int]:
    """The header extension of an outgoing packet, empty if none of *kept* has an identifier; and
    where in it the dependency descriptor is, which comes last: 0 without one.
    """
    elements = [
        (identifier, element)
        for identifier, element in (
            (ids.audio_level, kept.audio_level),
            (ids.capture_time, kept.capture_time),
            (ids.dependency, kept.dependency),
        )
        if identifier and element and len(element) <= _LONGEST
    ]
    if not elements:
        return b"", 0
    short = all(
        len(element) <= _LONGEST_SHORT and identifier <= _HIGHEST_SHORT
        for identifier, element in elements
    )
    if short:
        body = b"".join(
            bytes((identifier << 4 | len(element) - 1,)) + element
            for identifier, element in elements
        )
    else:
        body = b"".join(
            bytes((identifier, len(element))) + element for identifier, element in elements
        )
    words = (len(body) + 3) // 4
    profile = _ONE_BYTE if short else _TWO_BYTE
    start = profile.to_bytes(2, "big") + words.to_bytes(2, "big")
    last = elements[-1][1]
    at = len(start) + len(body) - len(last) if last is kept.dependency else 0
    return start + body.ljust(4 * words, b"\0"), at
