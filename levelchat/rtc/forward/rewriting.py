"""What an outlet makes of the numbers of the sources it carries (F9, F10, F14).

Comes in: packets of one source after another, those that are left out too. Goes out: sequence
number, timestamp and counters of each, without a gap where the source changed or packets were
left out; and the way back from an outgoing number to the packet. Never knows the wire.
"""

from collections import deque

from levelchat.rtc.forward.history import History
from levelchat.rtc.forward.packets import Packet
from levelchat.rtc.forward.seams import VIDEO_HISTORY
from levelchat.rtc.sequence import SEQUENCE_BITS, unwrap

MAX_WITHHELD = 256
"""Numbers that stay unused; older ones nobody asks for."""

TIMESTAMP = 0xFFFFFFFF
_BYTE = 0xFF
_FRAME = 0xFFFF


class Run:
    """Packets of one history whose numbers are all changed by the same."""

    __slots__ = (
        "carry",
        "first",
        "frame",
        "history",
        "number",
        "patches",
        "payload_type",
        "picture",
        "rtx_payload_type",
        "timestamp",
        "tl0",
    )

    def __init__(self, history: History, carry: int, first: int) -> None:
        self.history = history
        self.carry = carry
        """Which of the outlet's stretches of one source it belongs to."""
        self.first = first
        """Incoming number of its first packet."""
        self.payload_type = 0
        self.rtx_payload_type = 0
        # What is added to a packet's own.
        self.number = 0
        self.timestamp = 0
        self.picture = 0
        self.tl0 = 0
        self.frame = 0
        self.patches = False
        """Something behind the RTP header changes."""

    def behind(self, first: int) -> "Run":
        """The run that follows a packet that was left out."""
        run = Run(self.history, self.carry, first)
        run.payload_type = self.payload_type
        run.rtx_payload_type = self.rtx_payload_type
        run.number = self.number - 1
        run.timestamp = self.timestamp
        run.picture = self.picture
        run.tl0 = self.tl0
        run.frame = self.frame
        run.patches = self.patches
        return run


class Rewriter:
    """The numbers of one outlet."""

    __slots__ = ("_left_out", "_runs", "_withheld", "highest", "last", "run")

    def __init__(self) -> None:
        self._runs: deque[Run] = deque()
        self._left_out: tuple[int, int] | None = None
        self._withheld: deque[int] = deque(maxlen=MAX_WITHHELD)
        self.run: Run | None = None
        self.highest = -1
        """Outgoing and unwrapped; -1: nothing went out."""
        self.last: tuple[Packet, Run] | None = None
        """What went out under the highest number."""

    def begin(self, packet: Packet, history: History, ticks: int) -> Run:
        """*packet* is the first of another stretch, *ticks* after the last that went out."""
        former = self.run
        run = Run(history, former.carry + 1 if former is not None else 0, packet.sequence)
        if self.last is not None:
            self._go_on(run, packet, max(ticks, 1))
        else:
            # A turn ahead, so that a number before it stays above zero.
            run.number = 1 << SEQUENCE_BITS
        self._left_out = None
        self._append(run)
        return run

    def _go_on(self, run: Run, packet: Packet, ticks: int) -> None:
        assert self.last is not None  # noqa: S101 - the caller asked
        last, before = self.last
        run.number = self.highest + 1 - packet.sequence
        run.timestamp = last.timestamp + before.timestamp + ticks - packet.timestamp
        old, new = last.descriptor, packet.descriptor
        if old.picture_at and new.picture_at:
            run.picture = old.picture + before.picture + 1 - new.picture
        if old.tl0_at and new.tl0_at:
            run.tl0 = old.tl0 + before.tl0 + 1 - new.tl0
        if last.frame_number is not None and packet.frame_number is not None:
            run.frame = last.frame_number + before.frame + 1 - packet.frame_number
        run.patches = bool(run.picture or run.tl0 or run.frame)

    def pad(self, count: int) -> int:
        """Takes *count* numbers behind the last packet for padding; the first of them."""
        assert self.run is not None  # noqa: S101 - only what carries something is padded
        first = self.highest + 1
        run = self.run.behind(first - self.run.number)
        run.number += 1 + count
        self.highest += count
        if self.run.first == run.first:
            self._runs.pop()
        self._append(run)
        return first

    def find(self, number: int) -> Run | None:
        """The run of the current stretch that the incoming *number* belongs to."""
        current = self.run
        for run in reversed(self._runs):
            if current is None or run.carry != current.carry:
                return None
            if run.first <= number:
                return run
        return None

    def sent(self, packet: Packet, run: Run) -> int:
        """*packet* goes out; its number."""
        number = packet.sequence + run.number
        if number > self.highest:
            self.highest = number
            self.last = packet, run
        return number

    def leave_out(self, packet: Packet) -> None:
        """*packet*, the newest of the current stretch, does not go out."""
        run = self.run
        assert run is not None  # noqa: S101 - a stretch begins with a packet that goes out
        after = run.behind(packet.sequence + 1)
        descriptor = packet.descriptor
        # RFC 7741 §4.2: picture ids count pictures; a receiver waits for one that is passed over.
        if descriptor.picture_at and self._left_out != (run.carry, descriptor.picture):
            self._left_out = run.carry, descriptor.picture
            after.picture -= 1
            after.patches = True
        if run.first == packet.sequence:
            # Nothing went out of it.
            self._runs.pop()
        self._append(after)

    def withhold(self, packet: Packet, run: Run) -> None:
        """*packet* came late and does not go out: the number that was kept for it stays unused."""
        self._withheld.append(packet.sequence + run.number)

    def _append(self, run: Run) -> None:
        runs = self._runs
        runs.append(run)
        self.run = run
        while len(runs) > 1 and self._is_old(runs[1], run):
            runs.popleft()

    def _is_old(self, run: Run, newest: Run) -> bool:
        """Whether nothing of what is before *run* can be asked for."""
        if run.first + run.number < self.highest - VIDEO_HISTORY:
            return True
        # Where most packets are left out, their history goes by sooner than ours.
        return run.carry == newest.carry and run.first < newest.first - VIDEO_HISTORY

    def original(self, sequence: int) -> tuple[Packet, Run] | None:
        """What went out under the 16-bit *sequence*, if its history still has it."""
        if self.highest < 0:
            return None
        number = unwrap(sequence, self.highest, SEQUENCE_BITS)
        if number > self.highest or number in self._withheld:
            return None
        after: Run | None = None
        for run in reversed(self._runs):
            incoming = number - run.number
            if run.first <= incoming:
                if after is not None and after.carry == run.carry and after.first <= incoming:
                    # Padding had this number.
                    return None
                packet = run.history.get(incoming)
                return (packet, run) if packet is not None else None
            after = run
        return None


def patch(view: memoryview, packet: Packet, run: Run, payload_at: int, frame_at: int) -> None:
    """Writes into an outgoing packet what counts pictures and frames in it."""
    descriptor = packet.descriptor
    if descriptor.picture_at:
        at = payload_at + descriptor.picture_at
        picture = descriptor.picture + run.picture
        if descriptor.picture_bits > 7:  # noqa: PLR2004 - RFC 7741 §4.2: the M bit
            view[at] = 0x80 | picture >> 8 & 0x7F
            view[at + 1] = picture & _BYTE
        else:
            view[at] = picture & 0x7F
    if descriptor.tl0_at:
        view[payload_at + descriptor.tl0_at] = descriptor.tl0 + run.tl0 & _BYTE
    if frame_at and packet.frame_number is not None:
        number = packet.frame_number + run.frame & _FRAME
        view[frame_at] = number >> 8
        view[frame_at + 1] = number & _BYTE


def stamped(timestamp: int, run: Run) -> int:
    """The outgoing timestamp for a *timestamp* of the source."""
    return timestamp + run.timestamp & TIMESTAMP
