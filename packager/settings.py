"""Settings of the packager: what is encoded, and on which grid it is cut.

Comes in: a section of the settings. Goes out: a frozen struct whose numbers fit each other; what
does not fit is refused with a sentence that names both.
"""

import itertools

import msgspec

from levelchat.media.time import AUDIO_RATE, VIDEO_RATE

AAC_FRAME = 1024
"""Samples of one AAC-LC frame (ISO/IEC 14496-3 §4.5.1.1)."""

PRESETS = ("ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow")
"""x264's, from cheap to good; slower ones never reach real time on a server."""

SIZES = (64, 4320)
"""Pixels of the short side that a rung may have: from a thumbnail to 8K."""


class Rung(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One step of the ladder."""

    size: int
    """Pixels of the short side."""
    bitrate: int
    """Bits a second, on average."""


class PackagerSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Section `packager`: what becomes of a publisher's stream."""

    part_ms: int = 500
    """Duration of a part, milliseconds; a whole number of frames."""
    segment_seconds: int = 2
    """Duration of a segment, a whole number of parts and of key-frame intervals."""
    gop_ms: int = 1000
    """Key-frame interval, milliseconds; a whole number of parts."""
    frame_rate: int = 30
    """Frames a second of every video rendition."""
    ladder: tuple[Rung, ...] = (
        Rung(size=720, bitrate=2_500_000),
        Rung(size=480, bitrate=1_200_000),
        Rung(size=240, bitrate=400_000),
    )
    """Video renditions from large to small: short side in pixels, bits a second. None is larger
    than what is published."""
    preset: str = "superfast"
    """x264's preset: how much CPU a picture is worth."""
    audio_bitrate: int = 128_000
    """Bits a second of AAC-LC stereo."""
    max_lateness_ms: int = 400
    """How long a frame is waited for, milliseconds, before the last picture or silence stands in
    for it."""
    video_wait_ms: int = 3000
    """How long a publisher that announced video may send only sound, milliseconds, before a
    broadcast of sound alone begins."""
    linger_seconds: int = 15
    """How long a broadcast goes on without its publisher."""
    max_broadcasts: int = 20
    """Broadcasts at a time, one process each."""
    warm_spares: int = 1
    """Processes started in advance, so that a broadcast need not wait for one."""

    def __post_init__(self) -> None:
        _check_range(self)
        _check_grid(self)
        _check_ladder(self)

    @property
    def part_frames(self) -> int:
        """Video frames of a part."""
        return self.part_ms * self.frame_rate // 1000

    @property
    def gop_frames(self) -> int:
        """Video frames from key frame to key frame."""
        return self.gop_ms * self.frame_rate // 1000

    @property
    def part_samples(self) -> int:
        """Audio samples of a part."""
        return self.part_ms * AUDIO_RATE // 1000

    @property
    def audio_part_target(self) -> int:
        """Audio samples of the longest part: whole AAC frames."""
        return -(-self.part_samples // AAC_FRAME) * AAC_FRAME


def _check_range(settings: PackagerSettings) -> None:
    _refuse(settings.preset not in PRESETS, f"preset is one of {', '.join(PRESETS)}")
    # AS 14.2c recommends parts of 1 s; nothing gains from longer ones.
    _refuse(not 100 <= settings.part_ms <= 2000, "part_ms is from 100 to 2000")  # noqa: PLR2004
    _refuse(not 1 <= settings.segment_seconds <= 10, "segment_seconds is from 1 to 10")  # noqa: PLR2004
    _refuse(settings.gop_ms < 1, "gop_ms is at least 1")
    _refuse(not 1 <= settings.frame_rate <= 120, "frame_rate is from 1 to 120")  # noqa: PLR2004
    _refuse(
        not 32_000 <= settings.audio_bitrate <= 320_000,  # noqa: PLR2004 - what AAC-LC stereo is for
        "audio_bitrate is from 32000 to 320000",
    )
    for name in ("max_lateness_ms", "video_wait_ms", "linger_seconds", "warm_spares"):
        _refuse(getattr(settings, name) < 0, f"{name} is not negative")
    _refuse(settings.max_broadcasts < 1, "max_broadcasts is at least 1")


def _check_grid(settings: PackagerSettings) -> None:
    rate, part, gop = settings.frame_rate, settings.part_ms, settings.gop_ms
    segment = settings.segment_seconds * 1000
    _refuse(
        VIDEO_RATE % rate != 0 or AUDIO_RATE % rate != 0,
        f"frame_rate {rate} does not divide {VIDEO_RATE} and {AUDIO_RATE}, the media clocks",
    )
    _refuse(part * rate % 1000 != 0, f"part_ms {part} is no whole number of frames at {rate}/s")
    _refuse(segment % part != 0, f"segment_seconds is no whole number of parts of {part} ms")
    _refuse(segment % gop != 0, f"gop_ms {gop} does not divide segment_seconds")
    _refuse(gop % part != 0, f"gop_ms {gop} is no whole number of parts of {part} ms")
    # A3.3 MUST: each part lasts at least 85 % of PART-TARGET; AAC parts vary by one frame.
    shortest = settings.part_samples // AAC_FRAME * AAC_FRAME
    _refuse(
        shortest * 100 < settings.audio_part_target * 85,
        f"part_ms {part} makes audio parts that differ by more than 15 %; try 200 or more",
    )


def _check_ladder(settings: PackagerSettings) -> None:
    _refuse(not settings.ladder, "ladder has at least one rung")
    for rung in settings.ladder:
        _refuse(
            not SIZES[0] <= rung.size <= SIZES[1] or rung.size % 2 != 0,
            f"ladder: a size is even and from {SIZES[0]} to {SIZES[1]}, not {rung.size}",
        )
        _refuse(
            not 50_000 <= rung.bitrate <= 50_000_000,  # noqa: PLR2004 - a typing error beyond
            f"ladder: a bitrate is from 50000 to 50000000 bits a second, not {rung.bitrate}",
        )
    for upper, lower in itertools.pairwise(settings.ladder):
        _refuse(
            lower.size >= upper.size or lower.bitrate >= upper.bitrate,
            f"ladder: {upper.size} comes before {lower.size}; sizes and bitrates go down",
        )


def _refuse(wrong: bool, sentence: str) -> None:  # noqa: FBT001 - the condition is the point
    if wrong:
        raise ValueError(sentence)
