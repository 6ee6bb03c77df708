"""Writes the answers that publishers get, and the fragment of an ICE restart.

Comes in: an offer, what was decided of it, and our side of the transport. Goes out: text. Never
decides anything.
"""

from collections.abc import Iterator

from levelchat.media.codec import Codec
from levelchat.rtc import sdp_writing
from levelchat.rtc.negotiate import AcceptedTrack, Negotiation
from levelchat.rtc.sdp import IceParameters, Offer, Rid
from levelchat.rtc.sdp_writing import Candidate, LocalSide

__all__ = ["Candidate", "LocalSide", "render", "render_restart"]

OPUS_PARAMETERS = "minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1"
"""RFC 7587 §6.1: we take stereo, and forward error correction where the path loses packets."""


def render(offer: Offer, decided: Negotiation, local: LocalSide) -> str:
    """The answer."""
    return sdp_writing.text(_answer(offer, decided, local))


def render_restart(ice: IceParameters) -> str:
    """The body of the answer to an ICE restart (RFC 9725 §4.3.3)."""
    return sdp_writing.text(
        ["a=ice-lite", f"a=ice-ufrag:{ice.ufrag}", f"a=ice-pwd:{ice.password}"]
    )


def _answer(offer: Offer, decided: Negotiation, local: LocalSide) -> Iterator[str]:
    tracks = {track.index: track for track in decided.tracks}
    bundled = [track.media.mid for track in decided.tracks if track.media.mid in offer.bundle]
    yield from sdp_writing.head(local, bundled, mixed=offer.extmap_mixed)
    for index, media in enumerate(offer.media):
        track = tracks.get(index)
        if track is None:
            yield from sdp_writing.rejected(media)
        else:
            yield from _accepted(track, decided, local)


def _accepted(track: AcceptedTrack, decided: Negotiation, local: LocalSide) -> Iterator[str]:
    media = track.media
    # The sender uses the first: RED, where it was taken, before what it is made of.
    formats = [item for item in (track.red, track.format, track.rtx) if item]
    # RFC 9725 §4.2: "The WHIP endpoint MUST use the "recvonly" attribute in the SDP answer."
    yield from sdp_writing.section(media.kind, media.protocol, media.mid, "recvonly", formats)
    yield from sdp_writing.transport(local, decided.setup, rsize=media.rtcp_rsize)
    yield from sdp_writing.extmaps(track.extensions)
    parameters = (
        OPUS_PARAMETERS
        if track.codec is Codec.OPUS
        else sdp_writing.configuration(track.codec, track.format.fmtp)
    )
    yield from sdp_writing.codec(track.format, track.codec, track.feedback, parameters)
    if track.red is not None:
        yield from sdp_writing.redundancy(track.red)
    if track.rtx is not None:
        yield from sdp_writing.repair(track.rtx, track.format.clock_rate)
    yield from _simulcast(track.layers)


def _simulcast(layers: tuple[Rid, ...]) -> Iterator[str]:
    for layer in layers:
        # RFC 8851 §6: an answer may tighten restrictions, and never loosens them.
        pairs = ";".join("=".join(filter(None, pair)) for pair in layer.restrictions)
        yield f"a=rid:{layer.name} recv {pairs}".rstrip()
    if layers:
        yield f"a=simulcast:recv {';'.join(layer.name for layer in layers)}"
