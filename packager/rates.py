"""Bit rates: what an encoder may use, and what the playlist declares.

Comes in: a step's average bitrate. Goes out: x264's buffer model, and a BANDWIDTH that no segment
exceeds.
"""

from packager.settings import PackagerSettings

MAX_PERCENT = 125
"""Highest rate into the decoder's buffer, of the average."""

BUFFER_MS = 750
"""Size of the decoder's buffer, milliseconds of the average: less makes key frames blurred, more
makes segments differ."""

PART_OVERHEAD = 232
"""Bytes: `styp`, `prft`, `moof` without its table, `mdat`'s header."""

SAMPLE_OVERHEAD = 12
"""Bytes in `trun`: duration, size, flags."""

AUDIO_PEAK_PERCENT = 125
"""Of the average: FFmpeg's AAC encoder keeps a bit reservoir of about that."""


def max_rate(bitrate: int) -> int:
    """Bits a second of `-maxrate`."""
    return bitrate * MAX_PERCENT // 100


def buffer_size(bitrate: int) -> int:
    """Bits of `-bufsize`."""
    return bitrate * BUFFER_MS // 1000


def video_bandwidth(settings: PackagerSettings, bitrate: int) -> tuple[int, int]:
    """Declared peak and average of a video rendition, bits a second, boxes included."""
    overhead = _overhead(settings, settings.frame_rate)
    # A full buffer drains once within the shortest thing that is measured: one segment (A10).
    peak = max_rate(bitrate) + buffer_size(bitrate) // settings.segment_seconds
    return peak + overhead, bitrate + overhead


def audio_bandwidth(settings: PackagerSettings, frames_a_second: int) -> tuple[int, int]:
    """Declared peak and average of the sound, bits a second, boxes included."""
    overhead = _overhead(settings, frames_a_second)
    bitrate = settings.audio_bitrate
    return bitrate * AUDIO_PEAK_PERCENT // 100 + overhead, bitrate + overhead


def _overhead(settings: PackagerSettings, samples: int) -> int:
    parts = -(-1000 // settings.part_ms)
    return 8 * (parts * PART_OVERHEAD + samples * SAMPLE_OVERHEAD)
