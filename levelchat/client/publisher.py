"""Publishes a source in real time, and comes back when the server went away.

Comes in: a source, a way to connect, a clock, an event that ends it. Goes out: each moment at its
time, and now and then a report. It waits for a server at most `PATIENCE_NS`, and never sends old
moments: when more than `MAX_LATE_NS` behind, it counts it and goes on from now.
"""

import itertools
from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import Event

import av
import msgspec
import structlog

from levelchat.client.errors import PublishRefused, ServerUnreachable
from levelchat.client.inquiry import Refusal
from levelchat.client.sources import Moment, Source
from levelchat.client.whip import WhipSession
from levelchat.clock import Clock
from levelchat.media.codec import Kind
from levelchat.media.time import NANOSECOND

GRID_NS = NANOSECOND // 5
"""A whole number of frames at 25, 30, 50 and 60 a second."""
MAX_LATE_NS = NANOSECOND // 2
"""A pause of the machine longer than this is skipped, not sent late."""
PATIENCE_NS = 60 * NANOSECOND
"""How long a server may stay away: its restart takes 10 s at most."""
BACKOFF_SECONDS = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Waits between attempts, the last one repeated: quick after a hiccup, gentle to a server in
trouble."""
REPORT_NS = NANOSECOND
"""Between two reports: whole key-frame intervals, so that the bitrate says something."""

_log = structlog.get_logger("publish")


class Report(msgspec.Struct):
    """How it goes; the same object each time, with new numbers."""

    milliseconds: int = 0
    """Since it began."""
    frames: int = 0
    fps: float = 0.0
    """Of the last second."""
    bytes: int = 0
    bitrate: int = 0
    """Bits a second, of the last second."""
    reconnects: int = 0
    skips: int = 0
    """How often it was so far behind that it went on from now."""


class Publisher:
    """Runs once, in the thread that calls `run`.

    *connect* raises `ServerUnreachable` or `av.FFmpegError`; *explain* then asks the server why.
    """

    def __init__(
        self,
        source: Source,
        connect: Callable[[], WhipSession],
        explain: Callable[[], Refusal | None],
        clock: Clock,
        stop: Event,
        report: Callable[[Report], None],
    ) -> None:
        self.report = Report()
        self._source = source
        self._connect = connect
        self._explain = explain
        self._clock = clock
        self._stop = stop
        self._tell = report
        self._reported = (0, 0, 0)
        """Time, frames and bytes of the last report."""
        self._started_ns = 0

    def run(self, seconds: int | None) -> None:
        """Until the source or *seconds* end, or the event is set.

        Raises `PublishRefused` or `ServerUnreachable`.
        """
        moments = self._source.moments()
        session = self._open(patience_ns=0)
        self._started_ns = self._clock.now_ns()
        self._reported = (self._started_ns, 0, 0)
        until = None if seconds is None else self._started_ns + seconds * NANOSECOND
        while session is not None and not self._stream(moments, session, until):
            self.report.reconnects += 1
            session = self._open(patience_ns=PATIENCE_NS)

    def _stream(self, moments: Iterator[Moment], session: WhipSession, until: int | None) -> bool:
        """Whether it came to its end; False when the server went away."""
        base = None
        before = self.report.bytes
        try:
            for moment in moments:
                now = self._clock.now_ns()
                base = self._base(base, moment, now)
                due = base + moment.ready_ns
                if (until is not None and due > until) or self._stop.wait(
                    (due - now) / NANOSECOND
                ):
                    return True
                captured = base + moment.captured_ns
                session.write(moment.kind, captured, moment.render(captured))
                self.report.frames += moment.kind is Kind.VIDEO
                self.report.bytes = before + session.bytes
                self._tell_now_and_then()
            return True
        except av.FFmpegError as error:
            _log.warning("the server went away", error=error.strerror)
            return False
        finally:
            self._measure_time()
            with suppress(av.FFmpegError):
                session.close()

    def _base(self, base: int | None, moment: Moment, now: int) -> int:
        """The time at which the source began, moved when the source is too far behind it."""
        if base is not None and now - base - moment.ready_ns <= MAX_LATE_NS:
            return base
        if base is not None:
            self.report.skips += 1
            _log.warning("behind real time, going on from now", skips=self.report.skips)
        # On the wall clock's own grid, the picture that flashes is taken when the beep begins.
        return -(-(now - moment.captured_ns) // GRID_NS) * GRID_NS

    def _open(self, patience_ns: int) -> WhipSession | None:
        """A session; None when it was told to stop while the server was away."""
        deadline = self._clock.monotonic_ns() + patience_ns
        waits = itertools.chain(BACKOFF_SECONDS, itertools.repeat(BACKOFF_SECONDS[-1]))
        for wait in waits:
            try:
                return self._connect()
            except (av.FFmpegError, ServerUnreachable) as error:
                refusal = self._explain() if _answered(error) else None
                last = self._clock.monotonic_ns() >= deadline
                if last or (refusal is not None and refusal.lasting):
                    raise _failure(error, refusal) from error
            if self._stop.wait(wait):
                return None
        return None

    def _tell_now_and_then(self) -> None:
        now = self._clock.now_ns()
        since, frames, size = self._reported
        if now - since < REPORT_NS:
            return
        report = self.report
        self._measure_time()
        report.fps = (report.frames - frames) * NANOSECOND / (now - since)
        report.bitrate = (report.bytes - size) * 8 * NANOSECOND // (now - since)
        self._reported = (now, report.frames, report.bytes)
        self._tell(report)

    def _measure_time(self) -> None:
        self.report.milliseconds = (self._clock.now_ns() - self._started_ns) // 1_000_000


def _answered(error: Exception) -> bool:
    return isinstance(error, av.error.HTTPError | av.error.HTTPClientError)


def _failure(
    error: av.FFmpegError | ServerUnreachable, refusal: Refusal | None
) -> PublishRefused | ServerUnreachable:
    if refusal is not None:
        return PublishRefused(f"the server refused ({refusal.status}): {refusal.detail}")
    if isinstance(error, ServerUnreachable):
        return error
    if _answered(error):
        return PublishRefused(f"the server refused: {error.strerror}")
    return ServerUnreachable(f"the server cannot be reached: {error.strerror}")
