"""Writes SDP answers and the fragment of an ICE restart.

Comes in: an offer, what was decided of it, and our side of the transport. Goes out: text. Never
decides anything.
"""

from collections.abc import Iterator

import msgspec

from levelchat.media.codec import Codec
from levelchat.rtc.negotiate import AcceptedTrack, Negotiation
from levelchat.rtc.sdp import Extension, Fingerprint, IceParameters, Media, Offer

OPUS_PARAMETERS = "minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1"
"""RFC 7587 §6.1: we take stereo, and forward error correction where the path loses packets."""

_CONFIGURATION = {
    # RFC 6184 §8.2.2: "the media format configuration ... MUST be used symmetrically".
    Codec.H264: ("level-asymmetry-allowed", "packetization-mode", "profile-level-id"),
    # RFC 9628 §7.2: the profile is symmetric; AV1 RTP §7.2.2 says so of all three.
    Codec.VP9: ("profile-id",),
    Codec.AV1: ("level-idx", "profile", "tier"),
}

HOST_PREFERENCE = 126
"""Type preference of host candidates (RFC 8445 §5.1.2.2)."""


class Candidate(msgspec.Struct, frozen=True):
    """An address that we are reached at: a host candidate over UDP."""

    address: str
    port: int


class LocalSide(msgspec.Struct, frozen=True):
    """Our side of the transport."""

    ice: IceParameters
    fingerprint: Fingerprint
    candidates: tuple[Candidate, ...]
    """In order of preference; FFmpeg tries the first one only."""
    session_id: int
    """Of the o-line; a number that no other answer had."""


def render(offer: Offer, decided: Negotiation, local: LocalSide) -> str:
    """The answer."""
    return _text(_answer(offer, decided, local))


def render_restart(ice: IceParameters) -> str:
    """The body of the answer to an ICE restart (RFC 9725 §4.3.3)."""
    return _text(iter(["a=ice-lite", f"a=ice-ufrag:{ice.ufrag}", f"a=ice-pwd:{ice.password}"]))


def _text(lines: Iterator[str]) -> str:
    return "".join(f"{line}\r\n" for line in lines)


def _answer(offer: Offer, decided: Negotiation, local: LocalSide) -> Iterator[str]:
    tracks = {track.index: track for track in decided.tracks}
    yield "v=0"
    yield f"o=- {local.session_id} 1 IN IP4 127.0.0.1"
    yield "s=-"
    yield "t=0 0"
    yield "a=ice-lite"
    bundled = [track.media.mid for track in decided.tracks if track.media.mid in offer.bundle]
    if bundled:
        yield f"a=group:BUNDLE {' '.join(bundled)}"
    if offer.extmap_mixed:
        yield "a=extmap-allow-mixed"
    yield "a=msid-semantic: WMS *"
    for index, media in enumerate(offer.media):
        track = tracks.get(index)
        yield from _rejected(media) if track is None else _accepted(track, decided, local)


def _rejected(media: Media) -> Iterator[str]:
    # RFC 3264 §6: "To reject an offered stream, the port number in the corresponding stream in
    # the answer MUST be set to zero"; at least one format is needed, and ignored.
    yield f"m={media.kind} 0 {media.protocol} {media.format_names[0]}"
    yield "c=IN IP4 0.0.0.0"
    if media.mid:
        yield f"a=mid:{media.mid}"
    yield "a=inactive"


def _accepted(track: AcceptedTrack, decided: Negotiation, local: LocalSide) -> Iterator[str]:
    media = track.media
    formats = [track.format] + ([track.rtx] if track.rtx else [])
    numbers = " ".join(str(item.payload_type) for item in formats)
    yield f"m={media.kind} 9 {media.protocol} {numbers}"
    yield "c=IN IP4 0.0.0.0"
    yield "a=rtcp:9 IN IP4 0.0.0.0"
    if media.mid:
        yield f"a=mid:{media.mid}"
    # RFC 9725 §4.2: "The WHIP endpoint MUST use the "recvonly" attribute in the SDP answer."
    yield "a=recvonly"
    yield from _transport(local, decided.setup)
    yield "a=rtcp-mux"
    if media.rtcp_rsize:
        yield "a=rtcp-rsize"
    yield from (_extmap(extension) for extension in track.extensions)
    yield from _codec(track)


def _transport(local: LocalSide, setup: str) -> Iterator[str]:
    yield f"a=ice-ufrag:{local.ice.ufrag}"
    yield f"a=ice-pwd:{local.ice.password}"
    yield f"a=fingerprint:{local.fingerprint.algorithm} {local.fingerprint.value}"
    yield f"a=setup:{setup}"
    for place, candidate in enumerate(local.candidates):
        priority = HOST_PREFERENCE << 24 | (0xFFFF - place) << 8 | 0xFF
        address, port = candidate.address, candidate.port
        yield f"a=candidate:{place + 1} 1 udp {priority} {address} {port} typ host"
    yield "a=end-of-candidates"


def _extmap(extension: Extension) -> str:
    # RFC 8285 §6: an offered "sendonly" must be answered "recvonly" or "inactive".
    direction = "/recvonly" if extension.direction == "sendonly" else ""
    return f"a=extmap:{extension.identifier}{direction} {extension.uri}"


def _codec(track: AcceptedTrack) -> Iterator[str]:
    chosen = track.format
    channels = f"/{chosen.channels}" if chosen.channels > 1 else ""
    name = track.codec.value if track.codec is Codec.OPUS else track.codec.upper()
    yield f"a=rtpmap:{chosen.payload_type} {name}/{chosen.clock_rate}{channels}"
    yield from (f"a=rtcp-fb:{chosen.payload_type} {item}" for item in track.feedback)
    parameters = _parameters(track)
    if parameters:
        yield f"a=fmtp:{chosen.payload_type} {parameters}"
    if track.rtx is not None:
        yield f"a=rtpmap:{track.rtx.payload_type} rtx/{chosen.clock_rate}"
        yield f"a=fmtp:{track.rtx.payload_type} {track.rtx.fmtp}"


def _parameters(track: AcceptedTrack) -> str:
    """What the chosen configuration is called; nothing that limits or describes the sender."""
    if track.codec is Codec.OPUS:
        return OPUS_PARAMETERS
    offered = track.format.parameters
    return ";".join(
        f"{name}={offered[name]}"
        for name in offered
        if name in _CONFIGURATION.get(track.codec, ())
    )
