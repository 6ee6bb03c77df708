"""x264, set up so that a picture goes in and its access unit comes out.

Comes in: pictures of one size, each with its slot. Goes out: Annex B access units and, before the
first, the parameter sets; they never change. Key frames stand where they are asked for and nowhere
else.
"""

from fractions import Fraction

import av
from av.codec.context import Flags
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame

from packager import rates
from packager.ladder import Step
from packager.scaler import FORMAT

BT709, LIMITED = 1, 1
"""ITU-T H.273 Tables 2 to 4, and FFmpeg's AVCOL_RANGE_MPEG."""

NO_DELAY = (
    "bframes=0:rc-lookahead=0:sync-lookahead=0:mbtree=0:sliced-threads=0:force-cfr=1:"
    "scenecut=0:open-gop=0:keyint=infinite:min-keyint=1"
)
"""x264's parameters that keep no picture back (after its tune `zerolatency`, but in one slice) and
place no key frame by themselves."""


class VideoEncoder:
    """One step of the ladder."""

    def __init__(self, step: Step, frame_rate: int, preset: str) -> None:
        self._step = step
        self._frame_rate = frame_rate
        self._preset = preset
        self._context: VideoCodecContext | None = None

    def open(self) -> bytes:
        """Opens the codec; its parameter sets as Annex B."""
        context = av.CodecContext.create("libx264", "w")
        context.width, context.height, context.pix_fmt = (
            self._step.width,
            self._step.height,
            FORMAT,
        )
        context.time_base = Fraction(1, self._frame_rate)
        context.framerate = Fraction(self._frame_rate, 1)
        context.bit_rate = self._step.bitrate
        # One thread an encoder: the renditions already run beside each other, and frame threads
        # would hold pictures back.
        context.thread_count = 1
        context.max_b_frames = 0
        context.color_primaries = context.color_trc = context.colorspace = BT709
        context.color_range = LIMITED
        context.flags |= Flags.global_header
        context.options = {
            "preset": self._preset,
            "profile": "high",
            "forced-idr": "1",
            "maxrate": str(rates.max_rate(self._step.bitrate)),
            "bufsize": str(rates.buffer_size(self._step.bitrate)),
            "x264-params": NO_DELAY,
        }
        context.open()
        self._context = context
        return bytes(context.extradata or b"")

    def encode(self, picture: VideoFrame, number: int, *, key: bool) -> bytes:
        """The access unit of *picture*, the *number*th since the program began."""
        if self._context is None:
            raise RuntimeError("the encoder is not open")
        picture.pts = number
        picture.time_base = self._context.time_base
        # The decoder left its own picture type there, which x264 would take for an order.
        picture.pict_type = PictureType.I if key else PictureType.NONE
        (packet,) = self._context.encode(picture)
        return bytes(packet)
