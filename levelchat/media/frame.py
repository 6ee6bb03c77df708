"""What ingest hands to the packager: encoded frames, and what is known of their tracks."""

import msgspec

from levelchat.media.codec import Codec, Kind


class TrackInfo(msgspec.Struct, frozen=True):
    """A track of a stream, known from the SDP answer before any packet came."""

    codec: Codec

    @property
    def kind(self) -> Kind:
        return self.codec.kind


class EncodedFrame(msgspec.Struct, frozen=True, array_like=True):
    """One access unit (video) or one codec packet (audio), as a decoder takes it.

    H.264: Annex B, parameter sets in front of each key frame. VP8, VP9: the bare frame (VP9: the
    superframe of all spatial layers). AV1: a temporal unit of OBUs with size fields, without
    temporal delimiters. Opus: one packet.
    """

    codec: Codec
    pts: int
    """RTP timestamp, unwrapped, in ticks of `codec.clock_rate`; its start is random."""
    wall_ns: int
    """When it was captured, nanoseconds since the Unix epoch by *our* clock. Audio and video of
    one publisher share the mapping (RTCP sender reports), so equal values are in sync."""
    key: bool
    """A decoder can start here. Always true for audio."""
    broken: bool
    """Something before it was lost beyond repair; a video frame that is `broken` is also `key`."""
    data: bytes
