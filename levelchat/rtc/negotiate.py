"""Decides what we take of an offer: which m-lines, which codec of each, which feedback.

Comes in: an `Offer` and an order of preference. Goes out: a `Negotiation`, or an error that names
what was offered and what we speak. Pure: the answer's text is `levelchat.rtc.answer`'s.
"""

from collections.abc import Sequence

import msgspec

from levelchat.media.codec import Codec, Kind
from levelchat.rtc import header_extensions
from levelchat.rtc.bundling import check_bundle, check_payload_types, our_setup
from levelchat.rtc.errors import UnsupportedSdp
from levelchat.rtc.formats import (
    FEEDBACK,
    codec_of,
    h264_rank,
    red_of,
    refusal,
    repair_of,
    sends_fragments,
)
from levelchat.rtc.forward.seams import (
    AUDIO_HISTORY,
    VIDEO_HISTORY,
    ExtensionIds,
    SourceConfig,
)
from levelchat.rtc.header_extensions import (
    AUDIO_LEVEL_URI,
    CAPTURE_TIME_URI,
    DEPENDENCY_URI,
    MID_URI,
    REPAIRED_RID_URI,
    RID_URI,
    ROUTING,
)
from levelchat.rtc.receiver import ReceiverConfig
from levelchat.rtc.sdp import Extension, Format, Media, Offer, Rid
from levelchat.rtc.simulcast import quality_order

MAX_LAYERS = 3
"""Of a track that are taken: what browsers encode, and more than subscribers can tell apart. Of
more the first are taken, since `a=simulcast` lists them by preference (RFC 8853 §5.2)."""

SCALABLE = frozenset({Codec.VP9, Codec.AV1})
"""Codecs whose layers within a stream need the dependency descriptor to be told apart."""


class AcceptedTrack(msgspec.Struct, frozen=True):
    """One m-line that we take, with the one codec that we take of it."""

    index: int
    """Of the m-line."""
    codec: Codec
    format: Format
    rtx: Format | None
    feedback: tuple[str, ...]
    extensions: tuple[Extension, ...]
    media: Media
    layers: tuple[Rid, ...] = ()
    """Simulcast layers that we take, as offered; empty without simulcast."""
    red: Format | None = None
    """Redundant audio (RFC 2198), where it was asked for; packets then have its payload type."""

    @property
    def rids(self) -> tuple[str, ...]:
        """The names of its layers, as offered."""
        return tuple(layer.name for layer in self.layers)

    @property
    def mid_id(self) -> int:
        """Identifier of the extension that names the m-line (RFC 9143 §15); 0: none."""
        return header_extensions.identifier(self.extensions, MID_URI)

    @property
    def rid_id(self) -> int:
        """Of the one that names the layer (RFC 8852 §3); 0: none."""
        return header_extensions.identifier(self.extensions, RID_URI)

    @property
    def repaired_rid_id(self) -> int:
        """Of the one that names the layer of a retransmission (RFC 8852 §3); 0: none."""
        return header_extensions.identifier(self.extensions, REPAIRED_RID_URI)

    @property
    def dependency_descriptor(self) -> bool:
        """Packets may carry it."""
        return self.extension_ids().dependency != 0

    @property
    def red_payload_type(self) -> int:
        """Of redundant audio; 0: the audio comes plain."""
        return self.red.payload_type if self.red else 0

    def extension_ids(self) -> ExtensionIds:
        """Identifiers of what is forwarded."""
        return header_extensions.forwarded_ids(self.extensions)

    def quality_order(self) -> tuple[str, ...]:
        """The names of its layers from the lowest to the highest."""
        return quality_order(self.layers)

    def source_config(self, *, tap: bool, gaps: bool) -> SourceConfig:
        """Of the track, or of each of its layers."""
        return SourceConfig(
            codec=self.codec,
            payload_type=self.red_payload_type or self.format.payload_type,
            rtx_payload_type=self.rtx.payload_type if self.rtx else 0,
            extensions=self.extension_ids(),
            history=VIDEO_HISTORY if self.codec.kind is Kind.VIDEO else AUDIO_HISTORY,
            tap=tap,
            gaps=gaps,
        )

    def receiver(self) -> ReceiverConfig:
        """What a `TrackReceiver` must know."""
        return ReceiverConfig(
            codec=self.codec,
            payload_type=self.format.payload_type,
            rtx_payload_type=self.rtx.payload_type if self.rtx else None,
            ssrc=self.media.ssrc,
            rtx_ssrc=self.media.rtx_ssrc,
            abs_capture_time_id=self.extension_ids().capture_time or None,
            nack="nack" in self.feedback,
            pli="nack pli" in self.feedback,
            fir="ccm fir" in self.feedback,
        )

    @property
    def remb(self) -> bool:
        return "goog-remb" in self.feedback


class Negotiation(msgspec.Struct, frozen=True):
    """What we take of an offer."""

    tracks: tuple[AcceptedTrack, ...]
    setup: str
    """Our role in DTLS: `passive` or `active`."""

    @property
    def rtcp_rsize(self) -> bool:
        """Reduced-size RTCP may be sent (RFC 5506)."""
        return all(track.media.rtcp_rsize for track in self.tracks)


def negotiate(offer: Offer, preferred: Sequence[Codec] = (), *, red: bool = False) -> Negotiation:
    """The first audio and the first video that the offerer sends and we can receive.

    Codecs in *preferred* come first in its order, then those of the offer in the offer's order.
    With *red* audio is asked for with redundancy where it is offered: then only subscribers that
    take RED hear it, and no packager does. Without, plain Opus is, even if RED comes first.
    """
    setup = our_setup(offer)
    found = (_track(offer, kind, preferred, red=red) for kind in Kind)
    tracks = tuple(sorted((track for track in found if track), key=lambda track: track.index))
    if not tracks:
        raise UnsupportedSdp("the offer sends neither audio nor video: use a=sendonly")
    check_bundle(offer, [track.media for track in tracks])
    check_payload_types(
        item
        for track in tracks
        for item in (track.format, track.rtx, track.red)
        if item is not None
    )
    return Negotiation(tracks, setup)


def _track(
    offer: Offer, kind: Kind, preferred: Sequence[Codec], *, red: bool
) -> AcceptedTrack | None:
    sections = [
        (index, media)
        for index, media in enumerate(offer.media)
        if media.kind == kind and media.is_rtp and media.sends
    ]
    for index, media in sections:
        chosen = _choose(media, kind, preferred)
        if chosen is not None:
            return _accept(index, media, *chosen, red=red)
    if sections:
        # RFC 9725 §4.4.3: an endpoint should not accept a part of an offer silently, "which can
        # be misleading to end users".
        raise refusal(kind, (media for _, media in sections))
    return None


def _accept(index: int, media: Media, codec: Codec, chosen: Format, *, red: bool) -> AcceptedTrack:
    wanted = {*ROUTING, AUDIO_LEVEL_URI, CAPTURE_TIME_URI}
    if codec in SCALABLE:
        wanted.add(DEPENDENCY_URI)
    extensions = tuple(header_extensions.taken(media, wanted, sending=False))
    return AcceptedTrack(
        index=index,
        codec=codec,
        format=chosen,
        rtx=repair_of(media, chosen.payload_type),
        feedback=tuple(item for item in FEEDBACK if item in chosen.feedback),
        extensions=extensions,
        media=media,
        layers=_layers(media, chosen, extensions),
        red=red_of(media, chosen.payload_type) if red else None,
    )


def _layers(media: Media, chosen: Format, extensions: tuple[Extension, ...]) -> tuple[Rid, ...]:
    # RFC 8853 relates layers by the RID in their packets; without it nobody can tell them apart.
    if not header_extensions.identifier(extensions, RID_URI):
        return ()
    usable = [
        layer
        for layer in media.layers
        if not layer.payload_types or chosen.payload_type in layer.payload_types
    ]
    return tuple(usable[:MAX_LAYERS])


def _choose(media: Media, kind: Kind, preferred: Sequence[Codec]) -> tuple[Codec, Format] | None:
    usable = [
        (codec, offered)
        for offered in media.formats
        if (codec := codec_of(offered)) is not None and codec.kind is kind
    ]

    def rank(item: tuple[Codec, Format]) -> tuple[int, bool, int]:
        codec, offered = item
        place = preferred.index(codec) if codec in preferred else len(preferred)
        if codec is not Codec.H264:
            return place, False, 0
        # Fragmentation units (mode 1) before single NAL units (mode 0); then what each browser
        # decodes (RFC 7742 §5: constrained baseline), since packets are passed on as they are.
        return place, not sends_fragments(offered), h264_rank(offered)

    if not usable:
        return None
    if not any(codec in preferred for codec, _ in usable):
        # The offer's own order: its first codec, in the best form of it.
        usable = [item for item in usable if item[0] is usable[0][0]]
    return min(usable, key=rank)
