"""Decodes a publisher's video, one picture for one frame, without delay.

Comes in: encoded frames. Goes out: pictures, or the wish for a key frame. An error costs the
pictures up to the next key frame, nothing else.
"""

import av
from av.codec.context import Flags
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from levelchat.media.codec import Codec
from levelchat.media.frame import EncodedFrame

DECODERS = {Codec.H264: "h264", Codec.VP8: "vp8", Codec.VP9: "vp9", Codec.AV1: "libdav1d"}

THREADS = 2
"""Within one picture only: threads over several pictures would hold each back by a frame."""

SILENT_FRAMES = 30
"""Frames without a picture, after which a decoder is taken to be lost; a second at 30 a second."""


class VideoDecoder:
    """One publisher's picture track."""

    def __init__(self, codec: Codec) -> None:
        self.codec = codec
        self.needs_key = True
        """Nothing can be decoded before the next key frame."""
        self._context = _open(codec)
        self._silent = 0

    def decode(self, frame: EncodedFrame) -> VideoFrame | None:
        """The picture of *frame*; the newest where there are several."""
        # An empty packet would tell the decoder that the stream is over; Chrome sends some.
        if not frame.data or (self.needs_key and not frame.key):
            return None
        try:
            pictures = self._context.decode(av.Packet(frame.data))
        except (av.FFmpegError, ValueError):
            self._lose()
            return None
        self.needs_key = False
        self._silent = 0 if pictures else self._silent + 1
        if self._silent >= SILENT_FRAMES:
            self._lose()
        return pictures[-1] if pictures else None

    def skip(self) -> None:
        """A frame was left out: what follows cannot be decoded."""
        self.needs_key = True

    def _lose(self) -> None:
        self.needs_key = True
        self._silent = 0
        self._context = _open(self.codec)


def _open(codec: Codec) -> VideoCodecContext:
    context = av.CodecContext.create(DECODERS[codec], "r")
    if not isinstance(context, VideoCodecContext):
        raise TypeError(f"{codec} is no video codec")
    context.thread_count = THREADS
    if codec is Codec.AV1:
        context.options = {"max_frame_delay": "1"}
    else:
        context.thread_type = "SLICE"
        # A WebRTC stream has no B-frames; without the flag FFmpeg waits for their absence.
        context.flags |= Flags.low_delay
    return context
