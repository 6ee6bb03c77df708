"""Which formats of an m-line we speak, and which of them can carry a given stream.

Comes in: what a peer offers. Goes out: codecs, repair formats, and how well a stream fits. Pure;
nothing of m-lines or transports is decided here.
"""

from collections.abc import Iterable

from levelchat.media.codec import Codec, Kind
from levelchat.media.time import AUDIO_RATE, VIDEO_RATE
from levelchat.rtc.errors import UnsupportedCodec
from levelchat.rtc.sdp_media import Format, Media

FEEDBACK = ("nack", "nack pli", "ccm fir", "goog-remb")
"""RTCP feedback that we give and take, of RFC 4585 §4.2, RFC 5104 §7.1 and REMB. Not
transport-cc: REMB alone steers both ways, at a message a second instead of twenty."""

VIDEO_CODECS = (Codec.H264, Codec.VP8, Codec.VP9, Codec.AV1)
AUDIO_CODECS = (Codec.OPUS,)

H264_DEFAULT_PROFILE = "420010"
"""RFC 6184 §8.1: without profile-level-id "the Baseline profile ... MUST be inferred"."""

_H264_RANKS = {0x42: 0, 0x4D: 1, 0x64: 2, 0xF4: 3}
"""profile_idc of (constrained) baseline, main, high and high 4:4:4; who decodes one decodes those
before it. Full baseline's own tools (ASO, FMO) are in no encoder that sends by WebRTC."""
_H264_HIGH = 2
"""The most that is taken of a publisher: the packager's output is 4:2:0."""


def codec_of(offered: Format) -> Codec | None:
    """The codec, if this form of it can be received and passed on."""
    codec = receiver_of(offered)
    if codec is Codec.H264 and h264_rank(offered) > _H264_HIGH:
        return None
    return codec


def receiver_of(offered: Format) -> Codec | None:
    """The codec, if a peer that offers this can be sent some form of it."""
    for codec in (*VIDEO_CODECS, *AUDIO_CODECS):
        if offered.name == codec:
            return codec if _speaks(codec, offered) else None
    return None


def repair_of(media: Media, payload_type: int) -> Format | None:
    """The format of the retransmissions of *payload_type* (RFC 4588 §8.6)."""
    for offered in media.formats:
        if offered.name == "rtx" and offered.parameters.get("apt") == str(payload_type):
            return offered
    return None


def sends_fragments(offered: Format) -> bool:
    """H.264 in fragmentation units (RFC 6184 §6.3), not only in whole NAL units."""
    return offered.parameters.get("packetization-mode") == "1"


def h264_rank(offered: Format) -> int:
    """Of its profile, the one that most can decode first; -1: none that we know."""
    try:
        return _H264_RANKS.get(int(_h264_profile(offered)[:2], 16), -1)
    except ValueError:
        return -1


def red_of(media: Media, payload_type: int) -> Format | None:
    """The format of redundant audio made of *payload_type* (RFC 2198 §5)."""
    for offered in media.formats:
        primary = offered.fmtp.partition("/")[0].strip()
        if offered.name == "red" and primary == str(payload_type):
            return offered
    return None


def misfit(codec: Codec, fmtp: str, offered: Format) -> int | None:
    """How far *offered* is from what a stream of *codec* with *fmtp* needs: 0 is just that, more
    is more than it needs, None is not enough.
    """
    if receiver_of(offered) is not codec:
        return None
    if codec is not Codec.H264:
        return 0
    stream = Format(payload_type=0, name=codec, fmtp=fmtp)
    # RFC 6184 §6.3: a receiver of mode 1 takes the single NAL units of mode 0 too.
    if sends_fragments(stream) and not sends_fragments(offered):
        return None
    needed, given = h264_rank(stream), h264_rank(offered)
    if not 0 <= needed <= given:
        return None
    spare_mode = sends_fragments(offered) != sends_fragments(stream)
    exact = _h264_profile(stream)[:4] == _h264_profile(offered)[:4]
    # The level is not compared: it limits what is sent only without level-asymmetry-allowed,
    # which nobody leaves out, and every decoder of a browser takes more than the 3.1 they offer.
    return 4 * (given - needed) + 2 * spare_mode + (not exact)


def refusal(kind: Kind, sections: Iterable[Media]) -> UnsupportedCodec:
    """Names what was offered and what we speak."""
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


def _speaks(codec: Codec, offered: Format) -> bool:
    rate = AUDIO_RATE if codec is Codec.OPUS else VIDEO_RATE
    if offered.clock_rate != rate:
        return False
    parameters = offered.parameters
    if codec is Codec.H264:
        # RFC 6184 §6.2: mode 0 is the default; mode 2 is interleaved, which no browser sends.
        modes = ("0", "1")
        return parameters.get("packetization-mode", "0") in modes and h264_rank(offered) >= 0
    if codec is Codec.VP9:
        # RFC 9628 §7: "If no profile-id is present, Profile 0 MUST be inferred."
        return parameters.get("profile-id", "0") == "0"
    if codec is Codec.AV1:
        # AV1 RTP §7.2.1: "If the profile parameter is not present, it MUST be inferred to be 0."
        return parameters.get("profile", "0") == "0"
    # RFC 7587 §7: "The number of channels MUST be 2".
    return codec is not Codec.OPUS or offered.channels == 2  # noqa: PLR2004


def _h264_profile(offered: Format) -> str:
    return offered.parameters.get("profile-level-id", H264_DEFAULT_PROFILE).lower()


def _described(item: Format) -> str:
    if not item.name:
        return f"payload type {item.payload_type}"
    profile = item.parameters.get("profile-level-id") or item.parameters.get("profile-id")
    return f"{item.name[:20]} {profile[:8]}" if profile else item.name[:20]
