"""One video rendition of a running program, on a thread of its own.

Comes in: pictures with their slots, from one thread. Goes out: parts, from its own thread, in
order. PyAV lets go of the interpreter lock while it scales and encodes, so that renditions use as
many cores as there are.
"""

import queue
import threading
from collections.abc import Callable
from typing import NamedTuple

from av.video.frame import VideoFrame

from levelchat.media.codec import Codec
from levelchat.media.program import Part, Rendition
from levelchat.media.time import VIDEO_RATE
from packager import rates
from packager.cmaf import h264, header
from packager.encoder import VideoEncoder
from packager.grid import Coded, Cutter, Grid
from packager.ladder import Step
from packager.parts import PartWriter
from packager.scaler import Scaler
from packager.settings import PackagerSettings

PATIENCE = 8
"""Pictures that may wait where the giver is patient: enough to keep every thread at work."""

STUCK_SECONDS = 10
"""An encoder that is so far behind, although it is given little, does not come back."""


class EncoderFailed(RuntimeError):
    """A rendition's thread has died or hangs; the process must be replaced."""


class _Job(NamedTuple):
    slot: int
    picture: VideoFrame | None
    """None: this slot is left out."""


class VideoRendition:
    """*origin* is the program's first slot, *start* this rendition's."""

    def __init__(
        self,
        step: Step,
        settings: PackagerSettings,
        *,
        origin: int,
        start: int,
        emit: Callable[[Part], None],
        patient: bool,
    ) -> None:
        self.step = step
        self.start = start
        self._settings = settings
        self._origin = origin
        self._emit = emit
        rate = settings.frame_rate
        grid = Grid(rate, settings.part_frames, settings.segment_seconds * rate)
        self._cutter = Cutter(grid, 1, start)
        self._writer = PartWriter(
            name=step.name, unit_rate=rate, timescale=VIDEO_RATE, origin=origin
        )
        self._encoder = VideoEncoder(step, rate, settings.preset)
        self._scaler = Scaler(step.width, step.height)
        self._jobs: queue.Queue[_Job | None] = queue.Queue(PATIENCE if patient else 0)
        self._given = self._done = 0
        self._owes_key = True
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name=step.name, daemon=True)

    def open(self) -> Rendition:
        """Opens the encoder and starts the thread; what the playlist needs to know."""
        sps, pps = h264.parameter_sets(self._encoder.open())
        self._thread.start()
        peak, average = rates.video_bandwidth(self._settings, self.step.bitrate)
        return Rendition(
            name=self.step.name,
            codec=Codec.H264,
            codecs=h264.codecs_string(sps),
            timescale=VIDEO_RATE,
            part_target=self._settings.part_frames * (VIDEO_RATE // self._settings.frame_rate),
            bandwidth=peak,
            average_bandwidth=average,
            init=header.video_header(
                sps=sps,
                pps=pps,
                width=self.step.width,
                height=self.step.height,
                timescale=VIDEO_RATE,
                max_bitrate=rates.max_rate(self.step.bitrate),
            ),
            width=self.step.width,
            height=self.step.height,
            frame_rate=self._settings.frame_rate,
        )

    @property
    def waiting(self) -> int:
        """Pictures given and not yet encoded."""
        return self._given - self._done

    def show(self, picture: VideoFrame, slot: int) -> None:
        """*slot* shows *picture*."""
        self._check()
        self._given += 1
        self._jobs.put(_Job(slot, picture))

    def leave_out(self, slot: int) -> None:
        """*slot* shows what the one before it showed."""
        self._check()
        self._jobs.put(_Job(slot, None))

    def finish(self) -> None:
        """Encodes what waits, sends the last part, and ends the thread."""
        self._jobs.put(None)
        self._thread.join(STUCK_SECONDS)
        self._check()

    def _check(self) -> None:
        if self._failure is not None:
            raise EncoderFailed(f"{self.step.name}: {self._failure!r}") from self._failure
        if self._jobs.qsize() > STUCK_SECONDS * self._settings.frame_rate:
            raise EncoderFailed(f"{self.step.name}: no picture in {STUCK_SECONDS} s")

    def _run(self) -> None:
        try:
            while (job := self._jobs.get()) is not None:
                self._do(job)
            if (cut := self._cutter.flush()) is not None:
                self._emit(self._writer.write(cut))
        except Exception as error:  # noqa: BLE001 - told to the thread that gives us pictures
            self._failure = error

    def _do(self, job: _Job) -> None:
        # Key frames stand on the wall-clock grid; one that was left out is made up for at once.
        self._owes_key |= job.slot % self._settings.gop_frames == 0
        if job.picture is None:
            cut = self._cutter.leave_out(job.slot)
        else:
            cut = self._cutter.add(self._encode(job.picture, job.slot))
            self._done += 1
        if cut is not None:
            self._emit(self._writer.write(cut))

    def _encode(self, picture: VideoFrame, slot: int) -> Coded:
        key, self._owes_key = self._owes_key, False
        unit = self._encoder.encode(self._scaler.fit(picture), slot - self._origin, key=key)
        return Coded(slot, h264.to_sample(unit), key)
