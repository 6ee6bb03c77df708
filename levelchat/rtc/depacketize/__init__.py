"""Payloads of RTP packets to frames, one module per codec."""

from levelchat.media.codec import Codec
from levelchat.rtc.depacketize.av1 import Av1Depacketizer
from levelchat.rtc.depacketize.h264 import H264Depacketizer
from levelchat.rtc.depacketize.opus import OpusDepacketizer
from levelchat.rtc.depacketize.seams import Depacketizer
from levelchat.rtc.depacketize.vp8 import Vp8Depacketizer
from levelchat.rtc.depacketize.vp9 import Vp9Depacketizer


def depacketizer(codec: Codec) -> Depacketizer:
    """A new depacketizer of *codec*, which is one that can be received."""
    makers: dict[Codec, type[Depacketizer]] = {
        Codec.H264: H264Depacketizer,
        Codec.VP8: Vp8Depacketizer,
        Codec.VP9: Vp9Depacketizer,
        Codec.AV1: Av1Depacketizer,
        Codec.OPUS: OpusDepacketizer,
    }
    return makers[codec]()
