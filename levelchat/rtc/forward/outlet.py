"""One outgoing stream: which source it carries, and what it makes of each packet.

Comes in: selections, packets of the source it carries and of the one it waits for, reports of its
receiver. Goes out: whether a packet goes out and under which numbers. Never sends.
"""

from collections import deque
from collections.abc import Iterator
from copy import copy

from levelchat.media.time import NANOSECOND
from levelchat.rtc.forward import sender_reports
from levelchat.rtc.forward.budgets import Bucket, Spacing
from levelchat.rtc.forward.history import History
from levelchat.rtc.forward.layering import ALL, Layering
from levelchat.rtc.forward.packets import Form, Packet
from levelchat.rtc.forward.rewriting import TIMESTAMP, Rewriter, Run, stamped
from levelchat.rtc.forward.seams import (
    KEY_FRAME_SPACING_NS,
    RESEND_BURST,
    RESEND_RATE,
    RESEND_SPACING_NS,
    VIDEO_HISTORY,
    OutletConfig,
    OutletStats,
    Selection,
)
from levelchat.rtc.forward.source import Source
from levelchat.rtc.rtcp import ReportBlock

_MARKED = 256
"""Pictures: 4 s of them, beyond what the history holds."""
_REPORTS = 4
"""Sender reports of which we remember when they went out."""


class Outlet:
    """After `take` took a packet, `number`, `timestamp`, `marker` and `placed` say how it goes."""

    __slots__ = (
        "_asked_ns",
        "_reports_ns",
        "budget",
        "config",
        "cursor",
        "form",
        "identifier",
        "layering",
        "marked",
        "marker",
        "number",
        "packet",
        "placed",
        "rewriter",
        "route",
        "rtx_number",
        "run",
        "selection",
        "source",
        "spacing",
        "stats",
        "switched",
        "target",
        "timestamp",
    )

    def __init__(self, identifier: int, route: int, config: OutletConfig, form: Form) -> None:
        self.identifier = identifier
        self.route = route
        self.config = config
        self.form = form
        self.selection = Selection()
        self.source: Source | None = None
        """What it carries."""
        self.target: Source | None = None
        """What it will carry from a key frame on."""
        self.cursor: int | None = None
        """What a replay takes next from the history; None: live."""
        self.switched = False
        """The packet that was taken last is the first of its source."""
        self.rewriter = Rewriter()
        self.stats = OutletStats()
        self.budget = Bucket(RESEND_RATE, RESEND_BURST)
        self.spacing = Spacing(RESEND_SPACING_NS, VIDEO_HISTORY)
        self.rtx_number = 0
        self.number = 0
        self.timestamp = 0
        self.marker = False
        self.placed: Run
        self.packet: Packet
        self.run: Run | None = None
        self.layering: Layering | None = None
        self.marked: deque[tuple[int, int]] = deque(maxlen=_MARKED)
        """Packets that we gave a marker."""
        self._asked_ns: int | None = None
        self._reports_ns: deque[tuple[int, int]] = deque(maxlen=_REPORTS)

    # -- which source

    def select(self, selection: Selection, source: Source | None) -> None:
        """*source* is that of *selection*. Sets `source` where it is gone over to at once, and
        `target` where a key frame must come first.
        """
        self.selection = selection
        self.leave_target()
        if source is None:
            self.leave_source()
        elif source is self.source:
            self._adjust(selection)
        elif self._replays(selection, source):
            self.carry(source)
            self.cursor = source.history.key_frame()
        elif selection.at_once or not self.config.is_video:
            self.carry(source)
        else:
            self.target = source
            source.waiting.append(self)

    def carry(self, source: Source) -> None:
        """Goes over to *source* with its next packet."""
        self.leave_target()
        self.leave_source()
        self.source = source
        source.carrying.append(self)
        self.switched = True

    def _replays(self, selection: Selection, source: Source) -> bool:
        return (
            selection.replay
            and self.config.is_video
            and self.source is None
            and source.history.key_frame() is not None
        )

    def _adjust(self, selection: Selection) -> None:
        """The same source, other payload types or layers."""
        if self.run is None:
            return
        self.run.payload_type = selection.payload_type
        self.run.rtx_payload_type = selection.rtx_payload_type
        if self.layering is not None:
            self.layering.want(selection.spatial, selection.temporal)
        elif (selection.spatial, selection.temporal) != (ALL, ALL):
            last = self.rewriter.last
            self.layering = Layering(
                selection.spatial, selection.temporal, last[0].timestamp if last else None
            )

    def replay(self, count: int) -> Iterator[Packet]:
        """Up to *count* packets that a replay comes to next; the caller hands each to `take`."""
        source = self.source
        if source is None or self.cursor is None:
            return
        history = source.history
        while count and self.cursor <= history.highest:
            packet = history.get(self.cursor)
            self.cursor += 1
            if packet is not None:
                count -= 1
                yield packet
        if self.cursor > history.highest:
            self.cursor = None

    def leave_source(self) -> None:
        if self.source is not None:
            self.source.carrying.remove(self)
        self.source = None
        self.cursor = None
        self.run = None
        self.layering = None

    def leave_target(self) -> None:
        if self.target is not None:
            self.target.waiting.remove(self)
        self.target = None

    def asks_key_frame(self, now_ns: int) -> bool:
        """Whether to ask for a key frame now (F19)."""
        if self._asked_ns is not None and now_ns - self._asked_ns < KEY_FRAME_SPACING_NS:
            return False
        self._asked_ns = now_ns
        return True

    # -- each packet

    def take(self, packet: Packet, history: History) -> bool:
        """Whether *packet* of the source it carries goes out now."""
        run = self.run
        if self.cursor is not None and packet.sequence >= self.cursor:
            # The replay comes to it.
            return False
        if run is None or run.history is not history:
            run = self._begin(packet, history)
        elif packet.sequence < run.first:
            earlier = self.rewriter.find(packet.sequence)
            if earlier is None:
                return False
            run = earlier
        if self.layering is None:
            self.marker = packet.marker
        elif not self._is_taken(packet, run):
            return False
        self.number = self.rewriter.sent(packet, run)
        self.timestamp = packet.timestamp + run.timestamp & TIMESTAMP
        self.placed = run
        self.stats.packets += 1
        self.stats.bytes += len(packet.payload)
        return True

    def _is_taken(self, packet: Packet, run: Run) -> bool:
        layering, rewriter = self.layering, self.rewriter
        assert layering is not None  # noqa: S101 - the caller asked
        late = run is not rewriter.run or packet.sequence + run.number <= rewriter.highest
        if layering.takes(packet, late=late):
            self.marker = packet.marker or layering.ends_picture(packet)
            if self.marker and not packet.marker:
                self.marked.append((run.carry, packet.sequence))
            return True
        if late:
            rewriter.withhold(packet, run)
        else:
            rewriter.leave_out(packet)
            self.run = rewriter.run
        return False

    def _begin(self, packet: Packet, history: History) -> Run:
        selection = self.selection
        run = self.rewriter.begin(packet, history, self._ticks(packet, history))
        run.payload_type = selection.payload_type
        run.rtx_payload_type = selection.rtx_payload_type
        self.run = run
        self.layering = None
        if (selection.spatial, selection.temporal) != (ALL, ALL):
            self.layering = Layering(selection.spatial, selection.temporal)
        return run

    def _ticks(self, packet: Packet, history: History) -> int:
        """From the last packet that went out to *packet* (F10)."""
        if self.rewriter.last is None:
            return 0
        last, run = self.rewriter.last
        rate = self.config.clock_rate
        ticks = sender_reports.distance(
            (run.history.report, last.timestamp), (history.report, packet.timestamp), rate
        )
        if ticks is not None:
            return ticks
        return max(packet.arrival_ns - last.arrival_ns, 0) * rate // NANOSECOND

    def recall(self, sequence: int, now_ns: int) -> Packet | None:
        """The packet that went out under *sequence*, if it may go out again (F17)."""
        found = self.rewriter.original(sequence)
        if found is None or not self.spacing.take(sequence, now_ns):
            return None
        if not self.budget.take(now_ns):
            return None
        packet, run = found
        self.packet, self.placed = packet, run
        self.number = sequence
        self.timestamp = stamped(packet.timestamp, run)
        self.marker = packet.marker or (run.carry, packet.sequence) in self.marked
        return packet

    def next_rtx(self) -> int:
        """The next number of the RTX stream."""
        self.rtx_number += 1
        return self.rtx_number - 1

    def pad(self, count: int) -> int:
        """Takes *count* numbers for padding; the first of them."""
        first = self.rewriter.pad(count)
        self.run = self.rewriter.run
        return first

    # -- what its receiver says

    def on_report_sent(self, ntp: int, now_ns: int) -> None:
        self._reports_ns.append((sender_reports.middle(ntp), now_ns))

    def on_block(self, block: ReportBlock, now_ns: int) -> None:
        """F18. NTP times are the publisher's: our own clock says when its report went out."""
        stats = self.stats
        stats.reports += 1
        if block.ssrc == self.config.ssrc:
            stats.fraction_lost = block.fraction_lost
            stats.packets_lost = block.packets_lost
            stats.jitter = block.jitter
        for middle, sent_ns in self._reports_ns:
            if middle == block.last_sender_report:
                held_ns = block.delay_since_last * NANOSECOND >> 16
                stats.round_trip_ns = max(now_ns - sent_ns - held_ns, 0)

    def snapshot(self) -> OutletStats:
        stats = self.stats
        stats.source = self.source.number if self.source is not None else 0
        return copy(stats)
