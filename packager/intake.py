"""Which frames still go to a process that reads more slowly than they come.

Comes in: each frame, how many bytes wait to be read, and now. Goes out: whether it is sent. What
waits is bounded in bytes and in time; beyond, everything up to the next key frame is left out.
Sound, which costs little, is left out last.
"""

from collections import deque

from levelchat.media.codec import Kind
from levelchat.media.frame import EncodedFrame

MAX_BYTES = 4 << 20
"""Two large key frames and more than a second at 20 Mbit/s."""

MAX_WAIT_NS = 500_000_000
"""The oldest frame may wait this long: as long as one may wait for an encoder."""

SOUND_FACTOR = 4
"""How much longer sound is sent than pictures."""


class Intake:
    """One process's; new for each process."""

    def __init__(self) -> None:
        self._sent = 0
        self._marks: deque[tuple[int, int]] = deque()
        self._until_key = False

    def admits(self, frame: EncodedFrame, waiting: int, now_ns: int) -> bool:
        """Whether *frame* is sent while *waiting* bytes are still unread."""
        factor = SOUND_FACTOR if frame.codec.kind is Kind.AUDIO else 1
        full = (
            waiting > MAX_BYTES * factor or self._wait_ns(waiting, now_ns) > MAX_WAIT_NS * factor
        )
        if frame.codec.kind is Kind.AUDIO:
            return not full
        self._until_key = full or (self._until_key and not frame.key)
        return not self._until_key

    def sent(self, length: int, now_ns: int) -> None:
        """*length* bytes went on their way."""
        self._sent += length
        self._marks.append((self._sent, now_ns))

    def _wait_ns(self, waiting: int, now_ns: int) -> int:
        """How long the oldest of the *waiting* bytes has waited."""
        read = self._sent - waiting
        while self._marks and self._marks[0][0] <= read:
            self._marks.popleft()
        return now_ns - self._marks[0][1] if self._marks else 0
