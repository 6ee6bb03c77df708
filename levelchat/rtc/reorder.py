"""Puts the packets of one stream back in order, within a bound.

Comes in: packets with unwrapped sequence numbers, in any order. Goes out: the same packets in
order, once each, and which numbers are missing since when. Never waits: the owner decides when a
gap is given up.
"""

from levelchat.rtc.rtp import RtpPacket


class ReorderBuffer:
    """At most *limit* sequence numbers from the next to take to the highest seen.

    Invariant: every number from `next` to `highest` is either held or in `missing`.
    """

    __slots__ = ("_held", "_limit", "highest", "missing", "next")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held: dict[int, RtpPacket] = {}
        self.next = 0
        self.highest = -1
        self.missing: dict[int, int] = {}
        """Ascending; each with the arrival of the packet that showed the gap."""

    def start(self, sequence: int) -> None:
        """Forgets everything; *sequence* comes next."""
        self._held.clear()
        self.missing.clear()
        self.next = sequence
        self.highest = sequence - 1

    def passes(self, sequence: int) -> bool:
        """Whether the packet is the next and nothing is held: then it is taken as it comes."""
        if sequence != self.next or sequence <= self.highest:
            return False
        self.next += 1
        self.highest = sequence
        return True

    def insert(self, sequence: int, packet: RtpPacket) -> bool:
        """Keeps the packet for `take`; False for one that came before or comes too late.

        The bound must reach it.
        """
        if sequence < self.next or sequence in self._held:
            return False
        if sequence > self.highest:
            for absent in range(self.highest + 1, sequence):
                self.missing[absent] = packet.arrival_ns
            self.highest = sequence
        else:
            del self.missing[sequence]
        self._held[sequence] = packet
        return True

    def take(self) -> RtpPacket | None:
        """The next packet in order, if it is there."""
        packet = self._held.pop(self.next, None)
        if packet is not None:
            self.next += 1
        return packet

    @property
    def blocked_since(self) -> int | None:
        """Since when the next packet is known to be missing."""
        return self.missing.get(self.next)

    def reaches(self, sequence: int) -> bool:
        """Whether the bound lets *sequence* in; if not, gaps must be given up first."""
        return sequence - self.next < self._limit

    def skip(self) -> int:
        """Gives up the first gap; how many packets that were."""
        first = self.next
        while self.missing.pop(self.next, None) is not None:
            self.next += 1
        return self.next - first

    def skip_to(self, sequence: int) -> int:
        """Gives up all before *sequence*, held or missing; how many were missing."""
        missing = 0
        for number in range(self.next, sequence):
            if self.missing.pop(number, None) is None:
                del self._held[number]
            else:
                missing += 1
        self.next = sequence
        return missing
