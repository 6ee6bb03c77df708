"""A broadcast to package: 720p30 H.264 and Opus, made once and kept.

Comes in: a length and a folder. Goes out: a Matroska file as a WebRTC publisher would have sent
it: no B-frames, a key frame a second, 4 Mbit/s.

The picture has what encoders find in nature: a texture whose spectrum falls with 1/f, a camera
that pans unevenly, things that move against it, and a sensor's noise.
"""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from levelchat.media.time import AUDIO_RATE

WIDTH, HEIGHT, RATE = 1280, 720, 30
BITRATE = 4_000_000
AUDIO_BITRATE = 96_000
PACKET = 960
"""Samples: 20 ms."""
TEXTURE = (1024, 2048)
"""Height and width that the camera pans over; it meets itself at its edges."""
NOISE_FRAMES = 16
"""Pictures of sensor noise, used in turn."""

Plane = npt.NDArray[np.uint8]
Real = npt.NDArray[np.float64]


def prepare(folder: Path, seconds: int) -> Path:
    """The file; made in a minute or so if it is not there."""
    path = folder / f"pipeline-720p30-{seconds}s.mkv"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".part")
        _write(draft, seconds)
        draft.rename(path)
    return path


def _write(path: Path, seconds: int) -> None:
    with av.open(path, "w", format="matroska") as container:
        video = container.add_stream("libx264", rate=RATE)
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        video.bit_rate = BITRATE
        video.options = {
            "preset": "superfast",
            "profile": "high",
            "tune": "zerolatency",
            "x264-params": f"sliced-threads=0:keyint={RATE}:min-keyint={RATE}:scenecut=0",
            "maxrate": str(BITRATE),
            "bufsize": str(BITRATE),
        }
        audio = container.add_stream("libopus", rate=AUDIO_RATE)
        audio.codec_context.layout = "stereo"
        audio.codec_context.format = "s16"
        audio.bit_rate = AUDIO_BITRATE
        sounds = _sounds()
        for number, picture in zip(range(seconds * RATE), _pictures(), strict=False):
            frame = av.VideoFrame.from_ndarray(picture, "yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            container.mux(video.encode(frame))
            for at, samples in zip(_packets_of(number), sounds, strict=False):
                container.mux(audio.encode(_sound_frame(samples, at)))
        container.mux(video.encode(None))
        container.mux(audio.encode(None))


def _packets_of(number: int) -> range:
    """The sound packets that begin during picture *number*."""
    first, end = (n * AUDIO_RATE // RATE for n in (number, number + 1))
    return range(-(-first // PACKET) * PACKET, end, PACKET)


def _sound_frame(samples: npt.NDArray[np.int16], at: int) -> av.AudioFrame:
    frame = av.AudioFrame.from_ndarray(samples.repeat(2)[None], "s16", "stereo")
    frame.sample_rate, frame.pts, frame.time_base = AUDIO_RATE, at, Fraction(1, AUDIO_RATE)
    return frame


def _pictures() -> Iterator[Plane]:
    """I420 pictures without end."""
    random = np.random.default_rng(7)
    far, near = _texture(random, 1.0), _texture(random, 0.8)
    cb, cr = (_texture(random, 1.4)[::2, ::2] // 3 + 85 for _ in range(2))
    noise = random.normal(0, 2.5, (NOISE_FRAMES, HEIGHT, WIDTH)).astype(np.int16)
    things = [_ellipse(90 + 40 * index, 60 + 30 * index) for index in range(3)]
    number = 0
    while True:
        time = number / RATE
        x = 700 * (1 + np.sin(time / 3)) + 25 * np.sin(2.1 * time)
        y = 150 * (1 + np.sin(time / 5 + 1)) + 9 * np.sin(3.3 * time)
        left, top = int(x) // 2 * 2, int(y) // 2 * 2
        luma = _window(far, left, top, WIDTH, HEIGHT).astype(np.int16)
        for index, thing in enumerate(things):
            _place(luma, near, thing, time * (0.6 + 0.25 * index) + 2 * index, index)
        luma += noise[number % NOISE_FRAMES]
        chroma = [_window(c, left // 2, top // 2, WIDTH // 2, HEIGHT // 2) for c in (cb, cr)]
        halves = np.concatenate([plane.reshape(-1, WIDTH) for plane in chroma])
        yield np.concatenate([luma.clip(16, 235).astype(np.uint8), halves])
        number += 1


def _texture(random: np.random.Generator, steepness: float) -> Plane:
    """Noise whose amplitude falls with frequency to the power of *steepness*."""
    rows, columns = TEXTURE
    spectrum = np.fft.rfft2(random.normal(size=TEXTURE))
    fy, fx = np.fft.fftfreq(rows)[:, None], np.fft.rfftfreq(columns)[None]
    frequency = np.hypot(fy, fx)
    frequency[0, 0] = 1
    field: Real = np.fft.irfft2(spectrum / frequency**steepness, s=TEXTURE)
    field = (field - field.mean()) / field.std()
    return np.asarray((128 + 42 * field).clip(16, 235), np.uint8)


def _ellipse(across: int, down: int) -> npt.NDArray[np.bool_]:
    y, x = np.mgrid[-1 : 1 : down * 2j, -1 : 1 : across * 2j]
    return np.asarray(x * x + y * y <= 1)


def _window(plane: Plane, left: int, top: int, width: int, height: int) -> Plane:
    rows = np.arange(top, top + height) % plane.shape[0]
    columns = np.arange(left, left + width) % plane.shape[1]
    return np.ascontiguousarray(plane[rows[:, None], columns])


def _place(
    luma: npt.NDArray[np.int16],
    texture: Plane,
    shape: npt.NDArray[np.bool_],
    phase: float,
    index: int,
) -> None:
    """Something of its own texture on its own way across the picture."""
    down, across = shape.shape
    left = int((WIDTH - across) * (0.5 + 0.5 * np.sin(phase)))
    top = int((HEIGHT - down) * (0.5 + 0.5 * np.cos(0.7 * phase)))
    inside = luma[top : top + down, left : left + across]
    inside[shape] = texture[100 * index : 100 * index + down, :across][shape]


def _sounds() -> Iterator[npt.NDArray[np.int16]]:
    """Packets without end: a chord that swells, over soft noise."""
    random = np.random.default_rng(11)
    start = 0
    while True:
        at = np.arange(start, start + PACKET) / AUDIO_RATE
        chord = sum(np.sin(2 * np.pi * hertz * at) for hertz in (220, 277.2, 329.6, 440))
        swell = 0.5 + 0.5 * np.sin(2 * np.pi * 0.7 * at)
        yield np.asarray(2500 * chord * swell + random.normal(0, 300, PACKET), np.int16)
        start += PACKET
