"""Opus in, AAC-LC out.

Comes in: Opus packets, and frames of samples. Goes out: blocks of samples, and AAC frames with
their place on the time line. A packet that cannot be decoded is as good as lost.
"""

from fractions import Fraction

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.codec.context import Flags

from levelchat.media.time import AUDIO_RATE
from packager.soundline import Block

CHANNELS = 2
LAYOUT = "stereo"
FULL_SCALE = np.float32(1 / 32768)


class OpusDecoder:
    """One publisher's sound track."""

    def __init__(self) -> None:
        self._context = av.CodecContext.create("libopus", "r")
        self._context.sample_rate = AUDIO_RATE
        self._context.layout = LAYOUT

    def decode(self, packet: bytes) -> Block | None:
        """The samples of *packet*; None when it is damaged or empty."""
        try:
            frames = self._context.decode(av.Packet(packet)) if packet else []
        except (av.FFmpegError, ValueError):
            return None
        blocks = [_planar(frame) for frame in frames]
        return np.concatenate(blocks, axis=1) if blocks else None


def _planar(frame: AudioFrame) -> Block:
    interleaved = frame.to_ndarray().reshape(-1, CHANNELS)
    return np.ascontiguousarray(interleaved.T, dtype=np.float32) * FULL_SCALE


class AacEncoder:
    """FFmpeg's own AAC encoder; frames are numbered by samples from the program's begin."""

    def __init__(self, bitrate: int) -> None:
        self._bitrate = bitrate
        self._context: AudioCodecContext | None = None

    def open(self) -> bytes:
        """Opens the codec; its AudioSpecificConfig."""
        context = av.CodecContext.create("aac", "w")
        context.sample_rate = AUDIO_RATE
        context.layout = LAYOUT
        context.format = "fltp"
        context.bit_rate = self._bitrate
        context.time_base = Fraction(1, AUDIO_RATE)
        context.flags |= Flags.global_header
        context.open()
        self._context = context
        return bytes(context.extradata or b"")

    def encode(self, block: Block | None, start: int) -> list[tuple[int, bytes]]:
        """The frames, with their starts, that *block* at *start* completes; None flushes."""
        if self._context is None:
            raise RuntimeError("the encoder is not open")
        packets = self._context.encode(None if block is None else _frame(block, start))
        # The first packet is priming: it stands before the program's begin, and tfdt has no
        # numbers below 0 (ISO/IEC 14496-12 §8.8.12).
        return [
            (packet.pts, bytes(packet))
            for packet in packets
            if packet.pts is not None and packet.pts >= 0
        ]


def _frame(block: Block, start: int) -> AudioFrame:
    frame = AudioFrame.from_ndarray(np.ascontiguousarray(block), format="fltp", layout=LAYOUT)
    frame.sample_rate = AUDIO_RATE
    frame.pts = start
    frame.time_base = Fraction(1, AUDIO_RATE)
    return frame
