"""The newest packets of one source, by number (F5, F7).

Comes in: 16-bit sequence numbers and packets. Goes out: whether one is new, and packets for
whoever asks again. Bound to its size; never begins anew: its owner makes another.
"""

from levelchat.rtc.forward.packets import Packet
from levelchat.rtc.forward.seams import MAX_DROPOUT
from levelchat.rtc.rtcp import SenderReport
from levelchat.rtc.sequence import SEQUENCE_BITS, unwrap


class History:
    """*size* is a power of two."""

    __slots__ = ("_mask", "_size", "_slots", "first", "highest", "key", "report", "unique")

    def __init__(self, size: int) -> None:
        self._size = size
        self._mask = size - 1
        self._slots: list[Packet | None] = [None] * size
        self.first = 0
        """Unwrapped; so all numbers here."""
        self.highest = -1
        """-1: nothing came."""
        self.key: int | None = None
        """Where the newest key frame begins."""
        self.unique = 0
        self.report: SenderReport | None = None
        """The newest about these packets."""

    def continues(self, sequence: int) -> bool:
        """Whether the 16-bit *sequence* belongs to the same count (RFC 3550 §A.1)."""
        if self.highest < 0:
            return True
        return abs(unwrap(sequence, self.highest, SEQUENCE_BITS) - self.highest) <= MAX_DROPOUT

    def number(self, sequence: int) -> int | None:
        """The unwrapped *sequence*; None if it came before, or too late to know."""
        if self.highest < 0:
            return sequence
        number = unwrap(sequence, self.highest, SEQUENCE_BITS)
        # Nothing is known of what was before the first, and libsrtp cannot tell it from a wrap.
        if number <= self.highest - self._size or number < 0:
            return None
        return None if self.get(number) is not None else number

    def add(self, packet: Packet) -> None:
        """Keeps *packet*, whose number came from `number`."""
        number = packet.sequence
        if self.highest < 0:
            self.first = number
        self.highest = max(self.highest, number)
        self.first = min(self.first, number)
        self.unique += 1
        self._slots[number & self._mask] = packet
        if packet.key and (self.key is None or number > self.key):
            self.key = number

    def get(self, number: int) -> Packet | None:
        """The packet with the unwrapped *number*, if it is still here."""
        if number <= self.highest - self._size:
            # Its slot may be one that was passed over.
            return None
        packet = self._slots[number & self._mask]
        return packet if packet is not None and packet.sequence == number else None

    def key_frame(self) -> int | None:
        """Where the newest key frame begins, if it is still here."""
        return self.key if self.key is not None and self.get(self.key) is not None else None

    @property
    def expected(self) -> int:
        return self.highest - self.first + 1 if self.highest >= 0 else 0

    def forget(self) -> None:
        """Whoever still refers to it finds nothing."""
        self._slots = [None] * self._size
        self.key = None
