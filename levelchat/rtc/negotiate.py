"""Decides what we take of an offer: which m-lines, which codec of each, which feedback.

Comes in: an `Offer` and an order of preference. Goes out: a `Negotiation`, or an error that names
what was offered and what we speak. Pure: the answer's text is `levelchat.rtc.answer`'s.
"""

from collections.abc import Iterator, Sequence

import msgspec

from levelchat.media.codec import Codec, Kind
from levelchat.media.time import AUDIO_RATE, VIDEO_RATE
from levelchat.rtc.errors import UnsupportedCodec, UnsupportedSdp
from levelchat.rtc.receiver import ReceiverConfig
from levelchat.rtc.sdp import Extension, Format, Media, Offer

MID_URI = "urn:ietf:params:rtp-hdrext:sdes:mid"
AUDIO_LEVEL_URI = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
CAPTURE_TIME_URI = "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time"
EXTENSIONS = frozenset({MID_URI, AUDIO_LEVEL_URI, CAPTURE_TIME_URI})
"""Header extensions that we accept. Not video-orientation: without it senders turn the picture
themselves, as everyone behind us expects."""

FEEDBACK = ("nack", "nack pli", "ccm fir", "goog-remb")
"""RTCP feedback that we give, of RFC 4585 §4.2, RFC 5104 §7.1 and REMB. Not transport-cc: REMB
alone steers a publisher's uplink, at one message a second."""

H264_PROFILES = frozenset({0x42, 0x4D, 0x64})
"""profile_idc of (constrained) baseline, main and high."""
H264_DEFAULT_PROFILE = "420010"
"""RFC 6184 §8.1: without profile-level-id "the Baseline profile ... MUST be inferred"."""

DIGESTS = frozenset({"sha-256", "sha-384", "sha-512"})
"""Hash functions of a=fingerprint that we can check; RFC 8122 §5 forbids MD2 and MD5."""

SETUPS = {"actpass": "passive", "active": "passive", "passive": "active"}
"""Our a=setup by theirs. RFC 8842 §5.3 recommends that the answerer be active; we stay passive
where we may, as every WHIP server does: the publisher knows when its path is open."""

VIDEO_CODECS = (Codec.H264, Codec.VP8, Codec.VP9, Codec.AV1)
AUDIO_CODECS = (Codec.OPUS,)


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

    def receiver(self) -> ReceiverConfig:
        """What a `TrackReceiver` must know."""
        identifiers = {extension.uri: extension.identifier for extension in self.extensions}
        return ReceiverConfig(
            codec=self.codec,
            payload_type=self.format.payload_type,
            rtx_payload_type=self.rtx.payload_type if self.rtx else None,
            ssrc=self.media.ssrc,
            rtx_ssrc=self.media.rtx_ssrc,
            abs_capture_time_id=identifiers.get(CAPTURE_TIME_URI),
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


def negotiate(offer: Offer, preferred: Sequence[Codec] = ()) -> Negotiation:
    """The first audio and the first video that the offerer sends and we can receive.

    Codecs in *preferred* come first in its order, then those of the offer in the offer's order.
    """
    if offer.setup not in SETUPS:
        raise UnsupportedSdp(f"a=setup:{offer.setup[:20]} is not actpass, active or passive")
    if not any(fingerprint.algorithm in DIGESTS for fingerprint in offer.fingerprints):
        raise UnsupportedSdp(f"the offer needs an a=fingerprint of {', '.join(sorted(DIGESTS))}")
    found = (_track(offer, kind, preferred) for kind in Kind)
    tracks = tuple(sorted((track for track in found if track), key=lambda track: track.index))
    if not tracks:
        raise UnsupportedSdp("the offer sends neither audio nor video: use a=sendonly")
    _check_transport(offer, tracks)
    return Negotiation(tracks, SETUPS[offer.setup])


def _track(offer: Offer, kind: Kind, preferred: Sequence[Codec]) -> AcceptedTrack | None:
    sections = [
        (index, media)
        for index, media in enumerate(offer.media)
        if media.kind == kind and media.is_rtp and media.sends
    ]
    for index, media in sections:
        chosen = _choose(media, kind, preferred)
        if chosen is not None:
            codec, chosen_format = chosen
            return AcceptedTrack(
                index=index,
                codec=codec,
                format=chosen_format,
                rtx=_rtx(media, chosen_format.payload_type),
                feedback=tuple(item for item in FEEDBACK if item in chosen_format.feedback),
                extensions=tuple(_extensions(media)),
                media=media,
            )
    if sections:
        # RFC 9725 §4.4.3: an endpoint should not accept a part of an offer silently, "which can
        # be misleading to end users".
        raise _refusal(kind, [media for _, media in sections])
    return None


def _choose(media: Media, kind: Kind, preferred: Sequence[Codec]) -> tuple[Codec, Format] | None:
    codecs = VIDEO_CODECS if kind is Kind.VIDEO else AUDIO_CODECS
    usable = [
        (codec, offered)
        for offered in media.formats
        for codec in codecs
        if offered.name == codec and _receivable(codec, offered)
    ]

    def rank(item: tuple[Codec, Format]) -> tuple[int, bool]:
        codec, offered = item
        place = preferred.index(codec) if codec in preferred else len(preferred)
        # Within H.264, fragmentation units (mode 1) before single NAL units (mode 0).
        return place, codec is Codec.H264 and not _fragments(offered)

    if not usable:
        return None
    if not any(codec in preferred for codec, _ in usable):
        # The offer's own order: its first codec, in the best form of it.
        usable = [item for item in usable if item[0] is usable[0][0]]
    return min(usable, key=rank)


def _fragments(offered: Format) -> bool:
    return offered.parameters.get("packetization-mode") == "1"


def _receivable(codec: Codec, offered: Format) -> bool:
    rate = AUDIO_RATE if codec is Codec.OPUS else VIDEO_RATE
    if offered.clock_rate != rate:
        return False
    parameters = offered.parameters
    if codec is Codec.H264:
        return _h264_receivable(parameters)
    if codec is Codec.VP9:
        # RFC 9628 §7: "If no profile-id is present, Profile 0 MUST be inferred."
        return parameters.get("profile-id", "0") == "0"
    if codec is Codec.AV1:
        # AV1 RTP §7.2.1: "If the profile parameter is not present, it MUST be inferred to be 0."
        return parameters.get("profile", "0") == "0"
    # RFC 7587 §7: "The number of channels MUST be 2".
    return codec is not Codec.OPUS or offered.channels == 2  # noqa: PLR2004


def _h264_receivable(parameters: dict[str, str]) -> bool:
    profile = parameters.get("profile-level-id", H264_DEFAULT_PROFILE)
    # RFC 6184 §6.2: mode 0 is the default; mode 2 is interleaved, which no browser sends.
    mode = parameters.get("packetization-mode", "0")
    try:
        return mode in ("0", "1") and int(profile[:2], 16) in H264_PROFILES
    except ValueError:
        return False


def _rtx(media: Media, payload_type: int) -> Format | None:
    return next(
        (
            offered
            for offered in media.formats
            if offered.name == "rtx" and offered.parameters.get("apt") == str(payload_type)
        ),
        None,
    )


def _extensions(media: Media) -> Iterator[Extension]:
    for extension in media.extensions:
        if extension.uri in EXTENSIONS and extension.direction in ("", "sendrecv", "sendonly"):
            yield extension


def _check_transport(offer: Offer, tracks: tuple[AcceptedTrack, ...]) -> None:
    for track in tracks:
        # RFC 9725 §4.4.1: client and server SHALL use RTP/RTCP multiplexing.
        if not track.media.rtcp_mux:
            raise UnsupportedSdp("every m-line needs a=rtcp-mux")
    # RFC 9725 §4.4.1: "Each "m=" section MUST be part of a single BUNDLE group."
    if len(tracks) > 1 and any(track.media.mid not in offer.bundle for track in tracks):
        raise UnsupportedSdp("audio and video must be in one a=group:BUNDLE")
    numbers = [item.payload_type for track in tracks for item in (track.format, track.rtx) if item]
    # RFC 9143 §9.1: a payload type in a bundle means the same codec in each of its m-lines.
    if len(numbers) != len(set(numbers)):
        raise UnsupportedSdp("audio and video use the same payload type in one bundle")


def _refusal(kind: Kind, sections: list[Media]) -> UnsupportedCodec:
    offered: dict[str, None] = {}
    for media in sections:
        for item in media.formats:
            offered[_described(item)] = None
    supported = (
        "H.264 (baseline, main, high), VP8, VP9 (profile 0), AV1 (profile 0)"
        if kind is Kind.VIDEO
        else "Opus"
    )
    listed = ", ".join(list(offered)[:20])
    return UnsupportedCodec(
        f"none of the {kind} codecs offered ({listed}) is supported: {supported}"
    )


def _described(item: Format) -> str:
    if not item.name:
        return f"payload type {item.payload_type}"
    profile = item.parameters.get("profile-level-id") or item.parameters.get("profile-id")
    return f"{item.name[:20]} {profile[:8]}" if profile else item.name[:20]
