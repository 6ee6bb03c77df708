"""The lines that every SDP of ours is made of.

Comes in: our side of the transport, formats, extensions. Goes out: lines. Never decides anything.
"""

from collections.abc import Iterable, Iterator

import msgspec

from levelchat.media.codec import Codec
from levelchat.rtc.sdp import Extension, Fingerprint, Format, IceParameters, Media

HOST_PREFERENCE = 126
"""Type preference of host candidates (RFC 8445 §5.1.2.2)."""
TCP_HOST_PREFERENCE = 90
"""RFC 6544 §4.2 wants TCP below UDP of the same type; browsers use this number for their own."""
TCP_PASSIVE = 4
"""Direction preference of passive host candidates (RFC 6544 §4.2)."""

_CONFIGURATION = {
    # RFC 6184 §8.2.2: "the media format configuration ... MUST be used symmetrically".
    Codec.H264: ("level-asymmetry-allowed", "packetization-mode", "profile-level-id"),
    # RFC 9628 §7.2: the profile is symmetric; AV1 RTP §7.2.2 says so of all three.
    Codec.VP9: ("profile-id",),
    Codec.AV1: ("level-idx", "profile", "tier"),
}


class Candidate(msgspec.Struct, frozen=True):
    """An address that we are reached at: a host candidate over UDP, or one that waits for TCP."""

    address: str
    port: int
    protocol: str = "udp"
    """`udp` or `tcp`."""


class LocalSide(msgspec.Struct, frozen=True):
    """Our side of the transport."""

    ice: IceParameters
    fingerprint: Fingerprint
    candidates: tuple[Candidate, ...]
    """In order of preference; FFmpeg tries the first one only."""
    session_id: int
    """Of the o-line; a number that no other answer had."""


def text(lines: Iterable[str]) -> str:
    """The lines as they are sent."""
    return "".join(f"{line}\r\n" for line in lines)


def head(
    local: LocalSide, mids: Iterable[str], *, lite: bool = True, mixed: bool = True
) -> Iterator[str]:
    """The session's own lines. *lite*: we answer checks and make none (RFC 8445 §2.5). *mixed*:
    both forms of header extensions in one stream (RFC 8285 §4.1.2).
    """
    yield "v=0"
    yield f"o=- {local.session_id} 1 IN IP4 127.0.0.1"
    yield "s=-"
    yield "t=0 0"
    if lite:
        yield "a=ice-lite"
    bundled = " ".join(mids)
    if bundled:
        yield f"a=group:BUNDLE {bundled}"
    if mixed:
        yield "a=extmap-allow-mixed"
    yield "a=msid-semantic: WMS *"


def rejected(media: Media) -> Iterator[str]:
    """An offered m-line that is not used."""
    # RFC 3264 §6: "To reject an offered stream, the port number in the corresponding stream in
    # the answer MUST be set to zero"; at least one format is needed, and ignored.
    yield f"m={media.kind} 0 {media.protocol} {media.format_names[0]}"
    yield "c=IN IP4 0.0.0.0"
    if media.mid:
        yield f"a=mid:{media.mid}"
    yield "a=inactive"


def section(
    kind: str, protocol: str, mid: str, direction: str, formats: Iterable[Format]
) -> Iterator[str]:
    """The first lines of an m-line that is used."""
    numbers = " ".join(str(item.payload_type) for item in formats)
    yield f"m={kind} 9 {protocol} {numbers}"
    yield "c=IN IP4 0.0.0.0"
    yield "a=rtcp:9 IN IP4 0.0.0.0"
    if mid:
        yield f"a=mid:{mid}"
    yield f"a={direction}"


def transport(local: LocalSide, setup: str, *, rsize: bool) -> Iterator[str]:
    """Where we are and who; *rsize*: RTCP may be of reduced size (RFC 5506)."""
    yield f"a=ice-ufrag:{local.ice.ufrag}"
    yield f"a=ice-pwd:{local.ice.password}"
    yield f"a=fingerprint:{local.fingerprint.algorithm} {local.fingerprint.value}"
    yield f"a=setup:{setup}"
    yield from (_candidate(place, item) for place, item in enumerate(local.candidates))
    yield "a=end-of-candidates"
    yield "a=rtcp-mux"
    if rsize:
        yield "a=rtcp-rsize"


def extmaps(extensions: Iterable[Extension]) -> Iterator[str]:
    """The header extensions that we take of an offer."""
    # RFC 8285 §6: an offered "sendonly" must be answered "recvonly" or "inactive", and so on.
    answers = {"sendonly": "/recvonly", "recvonly": "/sendonly"}
    for extension in extensions:
        direction = answers.get(extension.direction, "")
        yield f"a=extmap:{extension.identifier}{direction} {extension.uri}"


def codec(chosen: Format, kept: Codec, feedback: Iterable[str], parameters: str) -> Iterator[str]:
    """A format of *kept*."""
    channels = f"/{chosen.channels}" if chosen.channels > 1 else ""
    name = kept.value if kept is Codec.OPUS else kept.upper()
    yield f"a=rtpmap:{chosen.payload_type} {name}/{chosen.clock_rate}{channels}"
    yield from (f"a=rtcp-fb:{chosen.payload_type} {item}" for item in feedback)
    if parameters:
        yield f"a=fmtp:{chosen.payload_type} {parameters}"


def repair(chosen: Format, clock_rate: int) -> Iterator[str]:
    """A format of retransmissions (RFC 4588 §8.6)."""
    yield f"a=rtpmap:{chosen.payload_type} rtx/{clock_rate}"
    yield f"a=fmtp:{chosen.payload_type} {chosen.fmtp}"


def redundancy(chosen: Format) -> Iterator[str]:
    """A format of redundant audio (RFC 2198 §5)."""
    yield f"a=rtpmap:{chosen.payload_type} red/{chosen.clock_rate}/{chosen.channels}"
    yield f"a=fmtp:{chosen.payload_type} {chosen.fmtp}"


def configuration(kept: Codec, fmtp: str) -> str:
    """What the format is; nothing that limits or describes one side."""
    names = _CONFIGURATION.get(kept, ())
    offered = Format(payload_type=0, name=kept, fmtp=fmtp).parameters
    return ";".join(f"{name}={value}" for name, value in offered.items() if name in names)


def sources(ssrc: int, rtx_ssrc: int, cname: str, msid: str) -> Iterator[str]:
    """What we send, by SSRC (RFC 5576), with its retransmissions."""
    yield f"a=msid:{msid}"
    if rtx_ssrc:
        yield f"a=ssrc-group:FID {ssrc} {rtx_ssrc}"
    for number in (ssrc, rtx_ssrc):
        if number:
            yield f"a=ssrc:{number} cname:{cname}"
            yield f"a=ssrc:{number} msid:{msid}"


def _candidate(place: int, candidate: Candidate) -> str:
    # RFC 8445 §5.1.2.1: priority = type preference · 2^24 + local preference · 2^8 + 256 - 1.
    if candidate.protocol == "tcp":
        preference = TCP_PASSIVE << 13 | (0x1FFF - place)
        priority = TCP_HOST_PREFERENCE << 24 | preference << 8 | 0xFF
    else:
        priority = HOST_PREFERENCE << 24 | (0xFFFF - place) << 8 | 0xFF
    written = (
        f"a=candidate:{place + 1} 1 {candidate.protocol} {priority}"
        f" {candidate.address} {candidate.port} typ host"
    )
    # RFC 6544 §4.5: "tcptype" tells who opens the connection.
    return f"{written} tcptype passive" if candidate.protocol == "tcp" else written
