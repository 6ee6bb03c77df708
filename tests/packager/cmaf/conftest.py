"""Real encoder output, made once: two seconds of H.264 and of AAC."""

from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
import pytest

from packager.cmaf import h264, header
from packager.cmaf.chunk import Sample, chunk

FRAMES = 60
FRAME = 3000
"""Ticks of 90 kHz: 30 frames a second."""
PART = 15
START = 900_000
"""tfdt of the first frame: 10 s after the program began."""
WALL_NS = 1_700_000_000_500_000_000


class Track(NamedTuple):
    """A header and its parts, two a segment, and the packets they were made of."""

    header: bytes
    parts: list[bytes]
    packets: list[bytes]


def _encode_video() -> list[av.Packet]:
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = 320, 180, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, 90_000), Fraction(30)
    encoder.gop_size = 30
    encoder.options = {"preset": "superfast", "profile": "high", "bf": "0"}
    packets = []
    for index in range(FRAMES):
        plane = np.full((270, 320), 128, np.uint8)
        plane[20:180, index * 4 : index * 4 + 40] = 235
        frame = av.VideoFrame.from_ndarray(plane, "yuv420p")
        frame.pts = index * FRAME
        packets += encoder.encode(frame)
    return packets + encoder.encode(None)


def _encode_audio() -> tuple[bytes, list[bytes]]:
    encoder = av.CodecContext.create("aac", "w")
    encoder.sample_rate, encoder.layout, encoder.format = 48_000, "stereo", "fltp"
    encoder.bit_rate = 128_000
    packets = []
    for index in range(93):
        at = np.arange(index * 1024, (index + 1) * 1024) / 48_000
        tone = 0.2 * np.sin(2 * np.pi * 440 * at).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(np.vstack((tone, tone)), "fltp", "stereo")
        frame.sample_rate, frame.pts = 48_000, index * 1024
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    return bytes(encoder.extradata or b""), packets


@pytest.fixture(scope="session")
def video_packets() -> list[av.Packet]:
    return _encode_video()


@pytest.fixture(scope="session")
def video(video_packets: list[av.Packet]) -> Track:
    packets = [bytes(packet) for packet in video_packets]
    sps, pps = h264.parameter_sets(packets[0])
    head = header.video_header(
        sps=sps, pps=pps, width=320, height=180, timescale=90_000, max_bitrate=500_000
    )
    samples = [
        Sample(h264.to_sample(bytes(packet)), FRAME, packet.is_keyframe)
        for packet in video_packets
    ]
    parts = [
        chunk(
            sequence=1 + at // (2 * PART),
            decode_time=START + at * FRAME,
            samples=samples[at : at + PART],
            wall_ns=WALL_NS,
            segment_start=at % (2 * PART) == 0,
        )
        for at in range(0, FRAMES, PART)
    ]
    return Track(head, parts, packets)


@pytest.fixture(scope="session")
def audio_config() -> bytes:
    return _encode_audio()[0]


@pytest.fixture(scope="session")
def audio() -> Track:
    config, packets = _encode_audio()
    head = header.audio_header(config=config, sample_rate=48_000, channels=2, bitrate=128_000)
    parts = [
        chunk(
            sequence=1,
            decode_time=at * 1024,
            samples=[Sample(packet, 1024, sync=True) for packet in packets[at : at + 23]],
            wall_ns=WALL_NS,
            segment_start=at % 46 == 0,
        )
        for at in range(0, 92, 23)
    ]
    return Track(head, parts, packets)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """Where a test lays down a file for a foreign reader."""
    return tmp_path / "media.mp4"
