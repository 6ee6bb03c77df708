"""When a publisher's frames were captured, by our clock.

Comes in: RTP times with their arrivals, sender reports (RFC 3550 §6.4.1), absolute capture times
(the RTP header extension abs-capture-time). Goes out: for each frame nanoseconds since the Unix
epoch by our clock, the same for equal capture times of all tracks. Never believes the publisher's
wall clock: it may be hours wrong and may be set while we watch.

All is sums of three differences, in nanoseconds, so that nothing accumulates:

    line     sender's NTP clock - media time    per track, from its last report
    offset   our clock - sender's NTP clock     per publisher, least of what reports showed
    arrival  our clock - media time             per track, least of what its packets showed

A track's shift (our clock - media time) is line + offset, and arrival where there is no line.
"""

from levelchat.media.time import NANOSECOND

_MILLISECOND = 1_000_000

OFFSET_BUCKET_NS = 30 * NANOSECOND
"""The least of the last 30 to 60 s stands: tens of reports, and 30 ppm of drift below 2 ms."""
ARRIVAL_BUCKET_NS = 5 * NANOSECOND
"""Hundreds of packets; soon right again after a source whose timestamps stood still in a pause."""

SLEW_DIVISOR = 50
"""20 ms a second: ten times what clocks or SR jitter need, and no eye or ear notices 2 %."""
JUMP_NS = 250 * _MILLISECOND
"""An error beyond this is no drift; slewing it would take more than 12 s."""
SYNC_NS = 40 * _MILLISECOND
"""What audio and video may be apart: a larger error is not slewed when the first report comes."""
STEP_NS = 50 * _MILLISECOND
"""Between two reports of a track, NTP and media time part by this only when a clock was set; the
reading of an audio device's clock varies by 10 to 20 ms."""
BELIEVABLE_NS = 10 * NANOSECOND
"""A report that puts capture this far from arrival is wrong, or not of our publisher's clock."""
CAPTURE_TIME_LASTS_NS = 5 * NANOSECOND
"""libwebrtc repeats the extension at least each second; after this, reports count again."""


def ntp_to_ns(ntp: int) -> int:
    """A 64-bit NTP timestamp (or, signed, a difference of two) in nanoseconds."""
    return ntp * NANOSECOND >> 32


class WindowMinimum:
    """The least value of the current and the last bucket of time."""

    __slots__ = ("_before", "_bucket_ns", "_current", "_since_ns")

    def __init__(self, bucket_ns: int) -> None:
        self._bucket_ns = bucket_ns
        self._since_ns = 0
        self._before: int | None = None
        self._current: int | None = None

    def add(self, value: int, now_ns: int) -> None:
        age = now_ns - self._since_ns
        if self._current is None or age >= self._bucket_ns:
            self._before = self._current if age < 2 * self._bucket_ns else None
            self._current = value
            self._since_ns = now_ns
        elif value < self._current:
            self._current = value

    @property
    def value(self) -> int | None:
        if self._current is None or self._before is None:
            return self._current
        return min(self._current, self._before)


class SenderClock:
    """One publisher's NTP clock, which all its tracks share."""

    __slots__ = ("_steps_ns", "offset")

    def __init__(self) -> None:
        self.offset = WindowMinimum(OFFSET_BUCKET_NS)
        self._steps_ns = 0

    def track(self, clock_rate: int) -> "TrackClock":
        """The clock of one of its tracks."""
        return TrackClock(self, clock_rate)

    def read(self, ntp_ns: int) -> int:
        """The reading as it would be had nobody set the clock since the first report."""
        return ntp_ns - self._steps_ns

    def on_reading(self, ntp_ns: int, now_ns: int) -> None:
        """The clock showed *ntp_ns* (from `read`) at some time before *now_ns*."""
        self.offset.add(now_ns - ntp_ns, now_ns)

    def was_set(self, by_ns: int, ntp_ns: int, now_ns: int) -> bool:
        """Whether a track's media time and NTP parted because the NTP clock was set.

        Then the readings' distance from our clock changed by as much. Otherwise the track's own
        timestamps jumped.
        """
        offset = self.offset.value
        if offset is None or abs(now_ns - ntp_ns - offset + by_ns) >= abs(by_ns) // 2:
            return False
        self._steps_ns += by_ns
        return True


class TrackClock:
    """Media time of one track to our clock. Values never go back."""

    __slots__ = (
        "_arrival",
        "_captured_ns",
        "_clock",
        "_line",
        "_mapped",
        "_media_ns",
        "_rate",
        "_shift",
        "_wall_ns",
    )

    def __init__(self, clock: SenderClock, clock_rate: int) -> None:
        self._clock = clock
        self._rate = clock_rate
        self._wall_ns = 0
        self.restart()

    def restart(self) -> None:
        """The track's timestamps begin anew."""
        self._arrival = WindowMinimum(ARRIVAL_BUCKET_NS)
        self._line: int | None = None
        self._captured_ns: int | None = None
        self._shift: int | None = None
        self._mapped = False
        self._media_ns = 0

    def on_sender_report(self, ntp: int, ticks: int, now_ns: int) -> None:
        """*ticks* is the report's RTP timestamp, unwrapped as the frames' are."""
        # RFC 3550 §6.4.1: a sender without any notion of time MAY set the NTP timestamp to zero.
        if not ntp:
            return
        self._read_clock(ntp_to_ns(ntp), ticks, now_ns, draws_line=not self._has_capture(now_ns))

    def on_capture_time(self, ntp: int, ticks: int, now_ns: int) -> None:
        """*ntp* is the sender's clock at the capture of *ticks*."""
        self._read_clock(ntp_to_ns(ntp), ticks, now_ns, draws_line=True)
        self._captured_ns = now_ns

    def _has_capture(self, now_ns: int) -> bool:
        captured = self._captured_ns
        return captured is not None and now_ns - captured < CAPTURE_TIME_LASTS_NS

    def _read_clock(self, raw_ns: int, ticks: int, now_ns: int, *, draws_line: bool) -> None:
        media_ns = ticks * NANOSECOND // self._rate
        ntp_ns = self._clock.read(raw_ns)
        if self._line is not None:
            parted = ntp_ns - media_ns - self._line
            if abs(parted) > STEP_NS and self._clock.was_set(parted, ntp_ns, now_ns):
                ntp_ns = self._clock.read(raw_ns)
        if draws_line or self._line is None:
            self._line = ntp_ns - media_ns
        self._clock.on_reading(ntp_ns, now_ns)

    def stamp(self, ticks: int, ready_ticks: int, arrival_ns: int) -> int:
        """When media of time *ticks*, which was there to be sent at *ready_ticks*, was captured.

        For audio *ready_ticks* is the end of the packet: without it sound would seem captured a
        packet's duration later than the picture until the first report.
        """
        media_ns = ticks * NANOSECOND // self._rate
        ready_ns = ready_ticks * NANOSECOND // self._rate
        self._arrive(arrival_ns - ready_ns, arrival_ns)
        target, mapped = self._target()
        if self._shift is None:
            self._shift = target
        else:
            first = mapped and not self._mapped
            self._shift += self._correction(target - self._shift, media_ns, first=first)
        self._mapped = mapped
        self._media_ns = max(media_ns, self._media_ns)
        self._wall_ns = max(media_ns + self._shift, self._wall_ns + 1)
        return self._wall_ns

    def _arrive(self, shift: int, arrival_ns: int) -> None:
        least = self._arrival.value
        # No network holds packets for so long: the timestamps stood still, or went back.
        if least is not None and shift - least > BELIEVABLE_NS:
            self._arrival = WindowMinimum(ARRIVAL_BUCKET_NS)
        self._arrival.add(shift, arrival_ns)

    def _target(self) -> tuple[int, bool]:
        """The shift as it should be, and whether reports say so."""
        arrival = self._arrival.value or 0
        offset = self._clock.offset.value
        if self._line is not None and offset is not None:
            mapped = self._line + offset
            if abs(arrival - mapped) < BELIEVABLE_NS:
                return mapped, True
        return arrival, False

    def _correction(self, error: int, media_ns: int, *, first: bool) -> int:
        if abs(error) > (SYNC_NS if first else JUMP_NS):
            return error
        most = max(media_ns - self._media_ns, 0) // SLEW_DIVISOR
        return min(max(error, -most), most)
