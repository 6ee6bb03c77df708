"""Answers the offer of a node above: one track an m-line, known by its SSRC.

Comes in: the offer that another node's WHEP gave. Goes out: a `Pull`, and the answer's text. We
are the controlling side of ICE here and make the checks; that is done elsewhere, like the packets.
"""

from collections.abc import Iterator

import msgspec

from levelchat.media.codec import Codec, Kind
from levelchat.rtc import header_extensions, sdp_writing
from levelchat.rtc.bundling import check_bundle, check_fingerprints, check_payload_types
from levelchat.rtc.errors import UnsupportedSdp
from levelchat.rtc.formats import FEEDBACK, codec_of, refusal, repair_of
from levelchat.rtc.forward.seams import (
    AUDIO_HISTORY,
    VIDEO_HISTORY,
    ExtensionIds,
    SourceConfig,
)
from levelchat.rtc.sdp import Extension, Format, Media, Offer
from levelchat.rtc.sdp_writing import LocalSide

SETUPS = {"actpass": "passive", "active": "passive", "passive": "active"}
"""Our a=setup by theirs. RFC 8842 §5.3 would have us active; but in DTLS 1.2 the client is done
last, and the first packets of a node that is done before us would find no route here."""


class PulledTrack(msgspec.Struct, frozen=True):
    """One track, or one simulcast layer of it, that the node above sends."""

    index: int
    """Of the m-line."""
    mid: str
    codec: Codec
    payload_type: int
    rtx_payload_type: int
    """0: none."""
    ssrc: int
    rtx_ssrc: int
    """0: none."""
    stream: str
    track: str
    fmtp: str
    extensions: ExtensionIds
    feedback: tuple[str, ...] = ()

    def source_config(self, *, tap: bool = False, gaps: bool = True) -> SourceConfig:
        """What the forwarding core must know of it."""
        return SourceConfig(
            codec=self.codec,
            payload_type=self.payload_type,
            rtx_payload_type=self.rtx_payload_type,
            extensions=self.extensions,
            history=VIDEO_HISTORY if self.codec.kind is Kind.VIDEO else AUDIO_HISTORY,
            tap=tap,
            gaps=gaps,
        )


class Pull(msgspec.Struct, frozen=True):
    """What we take of a node's offer."""

    setup: str
    """Our role in DTLS: `passive` or `active`."""
    tracks: tuple[PulledTrack, ...]
    rtcp_rsize: bool = False
    """Reduced-size RTCP may be sent (RFC 5506)."""


def pull(offer: Offer) -> Pull:
    """Everything of the offer that we speak."""
    if offer.setup not in SETUPS:
        raise UnsupportedSdp(f"a=setup:{offer.setup[:20]} is not actpass, active or passive")
    check_fingerprints(offer)
    sections = [
        (index, media)
        for index, media in enumerate(offer.media)
        if media.is_rtp and media.sends and media.kind in set(Kind)
    ]
    tracks = tuple(_track(index, media) for index, media in sections)
    if not tracks:
        raise UnsupportedSdp("the offer sends neither audio nor video")
    used = [media for _, media in sections]
    check_bundle(offer, used)
    check_payload_types(item for track in tracks for item in _formats(offer, track))
    return Pull(SETUPS[offer.setup], tracks, all(media.rtcp_rsize for media in used))


def render_pull(offer: Offer, decided: Pull, local: LocalSide) -> str:
    """The answer."""
    tracks = {track.index: track for track in decided.tracks}
    mids = (track.mid for track in decided.tracks if track.mid in offer.bundle)
    # RFC 8445 §2.5: a lite agent makes no checks, and two of them would wait for each other.
    lines = [*sdp_writing.head(local, mids, lite=False, mixed=offer.extmap_mixed)]
    for index, media in enumerate(offer.media):
        if index in tracks:
            lines += _accepted(offer, tracks[index], decided, local)
        else:
            lines += sdp_writing.rejected(media)
    return sdp_writing.text(lines)


def _track(index: int, media: Media) -> PulledTrack:
    for item in media.formats:
        codec = codec_of(item)
        if codec is not None and codec.kind == media.kind:
            break
    else:
        raise refusal(Kind(media.kind), [media])
    if media.ssrc is None:
        raise UnsupportedSdp("every m-line of a node's offer needs a=ssrc")
    rtx = repair_of(media, item.payload_type) if media.rtx_ssrc is not None else None
    stream, _, track = media.msid.partition(" ")
    return PulledTrack(
        index=index,
        mid=media.mid,
        codec=codec,
        payload_type=item.payload_type,
        rtx_payload_type=rtx.payload_type if rtx else 0,
        ssrc=media.ssrc,
        rtx_ssrc=media.rtx_ssrc or 0,
        stream=stream,
        track=track,
        fmtp=item.fmtp,
        extensions=header_extensions.forwarded_ids(_extensions(media)),
        feedback=tuple(name for name in FEEDBACK if name in item.feedback),
    )


def _extensions(media: Media) -> Iterator[Extension]:
    return header_extensions.taken(media, header_extensions.FORWARDED, sending=False)


def _formats(offer: Offer, track: PulledTrack) -> list[Format]:
    numbers = (track.payload_type, track.rtx_payload_type or track.payload_type)
    return [item for item in offer.media[track.index].formats if item.payload_type in numbers]


def _accepted(offer: Offer, track: PulledTrack, decided: Pull, local: LocalSide) -> Iterator[str]:
    media = offer.media[track.index]
    formats = _formats(offer, track)
    yield from sdp_writing.section(media.kind, media.protocol, media.mid, "recvonly", formats)
    yield from sdp_writing.transport(local, decided.setup, rsize=media.rtcp_rsize)
    yield from sdp_writing.extmaps(_extensions(media))
    for item in formats:
        if item.payload_type == track.payload_type:
            yield from sdp_writing.codec(item, track.codec, track.feedback, track.fmtp)
        else:
            yield from sdp_writing.repair(item, track.codec.clock_rate)
