"""Real RTP for benchmarks and tests: a moving picture or a tone, encoded and packetised by FFmpeg.

Comes in: a codec and how much of it. Goes out: the encoder's packets, and the RTP packets that
FFmpeg's own muxer makes of them. Nothing of what LevelChat receives with is used to make them.
"""

import io
import struct
from fractions import Fraction
from typing import NamedTuple, cast

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream

from levelchat.media.codec import Codec, Kind

PAYLOAD_TYPE = 96
SSRC = 0x4D415445
FRAME_RATE = 30
FIRST_SEQUENCE = 65_500
"""So that every stream of more than 36 packets wraps."""
PACKET_BYTES = 1200

_ENCODERS: dict[Codec, tuple[str, dict[str, str]]] = {
    Codec.H264: ("libx264", {"preset": "ultrafast", "tune": "zerolatency"}),
    Codec.VP8: ("libvpx", {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}),
    Codec.VP9: ("libvpx-vp9", {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}),
    Codec.AV1: ("libsvtav1", {"preset": "12", "svtav1-params": "pred-struct=1:rc=2:lp=1"}),
    Codec.OPUS: ("libopus", {"frame_duration": "20"}),
}


class Material(NamedTuple):
    encoded: list[bytes]
    """As the encoder made them."""
    packets: list[bytes]
    """RTP."""


def pack(
    sequence: int,
    timestamp: int,
    payload: bytes,
    *,
    marker: bool = False,
    payload_type: int = PAYLOAD_TYPE,
    ssrc: int = SSRC,
) -> bytes:
    """One RTP packet; *sequence* and *timestamp* wrap as on the wire."""
    second = payload_type | marker << 7
    header = struct.pack("!BBHII", 0x80, second, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc)
    return header + payload


class _Datagrams(io.RawIOBase):
    """Each write of the muxer is one packet."""

    def __init__(self) -> None:
        super().__init__()
        self.rtp: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        packet = bytes(cast("bytes", data))
        # Sender reports go the same way (RFC 5761 §4 tells them apart).
        if packet[1] & 0x7F == PAYLOAD_TYPE:
            self.rtp.append(packet)
        return len(packet)


def _pictures(count: int, width: int, height: int) -> list[np.ndarray]:
    """A moving gradient with a noisy patch, planar YUV 4:2:0."""
    random = np.random.default_rng(1)
    gradient = np.add.outer(np.arange(height) * 2, np.arange(width))
    pictures = []
    for index in range(count):
        picture = np.full((height * 3 // 2, width), 128, np.uint8)
        picture[:height] = (gradient + 5 * index) & 0xFF
        patch = slice(height // 3, height // 2)
        picture[patch, patch] = random.integers(0, 255, picture[patch, patch].shape)
        pictures.append(picture)
    return pictures


def make(
    codec: Codec,
    frames: int,
    *,
    width: int = 320,
    height: int = 240,
    gop: int = 15,
    bitrate: int = 800_000,
) -> Material:
    """*frames* of video with a key frame every *gop*, or of 20 ms of sound."""
    sink = _Datagrams()
    options = {
        "packetsize": str(PACKET_BYTES),
        "payload_type": str(PAYLOAD_TYPE),
        "ssrc": str(SSRC),
        "seq": str(FIRST_SEQUENCE),
        "strict": "experimental",
    }
    with av.open(sink, "w", format="rtp", options=options, buffer_size=1 << 16) as muxer:
        if codec.kind is Kind.AUDIO:
            encoded = _mux_sound(muxer, frames)
        else:
            stream = _video_stream(muxer, codec, width, height)
            stream.codec_context.gop_size = gop
            stream.codec_context.bit_rate = bitrate
            stream.codec_context.max_b_frames = 0
            encoded = _mux_pictures(muxer, stream, frames)
    return Material(encoded, sink.rtp)


def _video_stream(muxer: OutputContainer, codec: Codec, width: int, height: int) -> VideoStream:
    name, options = _ENCODERS[codec]
    stream = cast("VideoStream", muxer.add_stream(name, rate=FRAME_RATE, options=options))
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    return stream


def _mux_pictures(muxer: OutputContainer, stream: VideoStream, count: int) -> list[bytes]:
    encoded = []
    for index, picture in enumerate(_pictures(count, stream.width, stream.height)):
        frame = av.VideoFrame.from_ndarray(picture, "yuv420p")
        frame.pts, frame.time_base = index, Fraction(1, FRAME_RATE)
        for packet in stream.encode(frame):
            encoded.append(bytes(packet))
            muxer.mux(packet)
    for packet in stream.encode(None):
        encoded.append(bytes(packet))
        muxer.mux(packet)
    return encoded


def _mux_sound(muxer: OutputContainer, count: int) -> list[bytes]:
    name, options = _ENCODERS[Codec.OPUS]
    stream = cast("AudioStream", muxer.add_stream(name, rate=48_000, options=options))
    encoded = []
    for index in range(count):
        at = np.arange(960 * index, 960 * (index + 1)) * (2 * np.pi * 440 / 48_000)
        tone = np.repeat((np.sin(at) * 8000).astype(np.int16), 2)
        frame = av.AudioFrame.from_ndarray(tone.reshape(1, -1), "s16", "stereo")
        frame.pts, frame.sample_rate, frame.time_base = 960 * index, 48_000, Fraction(1, 48_000)
        for packet in stream.encode(frame):
            encoded.append(bytes(packet))
            muxer.mux(packet)
    return encoded
