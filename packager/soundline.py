"""The output's sound: contiguous stereo samples at 48 kHz, each at its instant of the wall clock.

Comes in: decoded blocks with their RTP time and capture time, and now. Goes out: blocks to append,
without a hole. Lost sound becomes silence, late sound is cut off, and a clock that drifts is
followed by stretching blocks by less than an ear can tell.
"""

import numpy as np
import numpy.typing as npt

from levelchat.media.time import AUDIO_RATE, NANOSECOND, rescale

Block = npt.NDArray[np.float32]
"""Shape (2, samples), from -1 to 1."""

SMALL = 5 * AUDIO_RATE // 1000
"""Samples (5 ms). Smaller errors are the jitter of RTCP's clock mapping and are left alone."""

LARGE = 40 * AUDIO_RATE // 1000
"""Samples (40 ms), the asynchrony that viewers notice: larger errors are corrected at once."""

STRETCH_DIVISOR = 200
"""A block becomes at most 0.5 % longer or shorter: a ninth of a semitone."""

LOSS_LIMIT = AUDIO_RATE
"""Samples (1 s). RTP time that leaps further is no loss but another time line."""


def sample_at(wall_ns: int) -> int:
    """The sample that was captured at *wall_ns*, counted since the Unix epoch."""
    return rescale(wall_ns, NANOSECOND, AUDIO_RATE)


class SoundLine:
    """Where the next sample goes; *origin* is the first one's place since the Unix epoch."""

    def __init__(self, origin: int, max_lateness_ns: int) -> None:
        self.next = origin
        self._max_lateness_ns = max_lateness_ns
        self._expected_pts: int | None = None

    def add(self, block: Block, pts: int, wall_ns: int) -> list[Block]:
        """What to append for *block*, whose first sample has these times."""
        lost = 0 if self._expected_pts is None else pts - self._expected_pts
        if abs(lost) > LOSS_LIMIT:
            self._expected_pts, lost = None, 0
        if lost < 0:
            return []
        error = sample_at(wall_ns) - self.next - lost
        exact = self._expected_pts is None or abs(error) > LARGE
        placed = _move(block, lost + error) if exact else [_silence(lost), _stretch(block, error)]
        appended = self._append(placed)
        # A block that was cut off whole has not met the line yet; the next one is placed exactly.
        self._expected_pts = pts + block.shape[1] if appended else None
        return appended

    def restart(self) -> None:
        """Another publisher: its RTP time has nothing to do with the last one's."""
        self._expected_pts = None

    def overdue(self, now_ns: int) -> list[Block]:
        """Silence for the sound that has not come in time."""
        missing = (now_ns - self._max_lateness_ns) * AUDIO_RATE // NANOSECOND - self.next
        return self.fill(missing)

    def fill(self, samples: int) -> list[Block]:
        """Silence of *samples*; sound that comes after it is placed by its capture time."""
        if samples <= 0:
            return []
        self._expected_pts = None
        return self._append([_silence(samples)])

    def _append(self, blocks: list[Block]) -> list[Block]:
        kept = [block for block in blocks if block.shape[1]]
        self.next += sum(block.shape[1] for block in kept)
        return kept


def _silence(samples: int) -> Block:
    return np.zeros((2, samples), np.float32)


def _move(block: Block, later: int) -> list[Block]:
    if later >= 0:
        return [_silence(later), block]
    return [block[:, -later:]]


def _stretch(block: Block, error: int) -> Block:
    samples = block.shape[1]
    most = samples // STRETCH_DIVISOR
    change = max(-most, min(most, error))
    if abs(error) <= SMALL or change == 0:
        return block
    old = np.arange(samples)
    new = np.linspace(0, samples - 1, samples + change)
    return np.stack([np.interp(new, old, channel) for channel in block]).astype(np.float32)


class Framer:
    """Cuts appended blocks into frames of *size* samples."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._blocks: list[Block] = []
        self._held = 0

    def push(self, block: Block) -> list[Block]:
        """The frames that *block* completes."""
        self._blocks.append(block)
        self._held += block.shape[1]
        if self._held < self._size:
            return []
        held = np.concatenate(self._blocks, axis=1)
        whole = self._held - self._held % self._size
        self._blocks = [held[:, whole:]]
        self._held -= whole
        return [held[:, at : at + self._size] for at in range(0, whole, self._size)]
