"""The codecs we speak, each with its kind and RTP clock."""

from enum import StrEnum

from levelchat.media.time import AUDIO_RATE, VIDEO_RATE


class Kind(StrEnum):
    AUDIO = "audio"
    VIDEO = "video"


class Codec(StrEnum):
    """A codec by its lower-case SDP encoding name; AAC only ever leaves us."""

    H264 = "h264"
    VP8 = "vp8"
    VP9 = "vp9"
    AV1 = "av1"
    OPUS = "opus"
    AAC = "aac"

    @property
    def kind(self) -> Kind:
        return Kind.AUDIO if self in (Codec.OPUS, Codec.AAC) else Kind.VIDEO

    @property
    def clock_rate(self) -> int:
        return AUDIO_RATE if self.kind is Kind.AUDIO else VIDEO_RATE
