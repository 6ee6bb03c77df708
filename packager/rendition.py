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
from levelchat.media.time import NANOSECOND, VIDEO_RATE
from packager import rates
from packager.backlog import Backlog, Progress
from packager.cmaf import h264, header
from packager.encoder import VideoEncoder
from packager.grid import Coded, Cutter, Grid
from packager.ladder import Step
from packager.parts import PartWriter
from packager.scaler import Scaler
from packager.settings import PackagerSettings

PATIENCE = 8
"""Pictures that may wait where the giver is patient: enough to keep every thread at work."""

HELD_NS = NANOSECOND
"""Pictures that wait for an encoder in real time; more of them would be late and large."""

STUCK_SECONDS = 10
"""An encoder that works on one frame for so long is dead."""


class EncoderFailed(RuntimeError):
    """A rendition's thread has died or hangs; the process must be replaced."""


class _Job(NamedTuple):
    slot: int
    given_ns: int
    picture: VideoFrame | None
    """None: it came too late to be held."""


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
        self._grid = Grid(rate, settings.part_frames, settings.segment_seconds * rate)
        self._cutter = Cutter(self._grid, 1, start)
        self._writer = PartWriter(
            name=step.name, unit_rate=rate, timescale=VIDEO_RATE, origin=origin
        )
        self._encoder = VideoEncoder(step, rate, settings.preset)
        self._scaler = Scaler(step.width, step.height)
        self.progress = Progress()
        self.backlog: Backlog | None = None
        """What may be left out; None: nothing."""
        self.left_out = 0
        """Frames left out so far."""
        self._jobs: queue.Queue[_Job | None] = queue.Queue(PATIENCE if patient else 0)
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

    def show(self, picture: VideoFrame, slot: int, now_ns: int) -> None:
        """*slot* shows *picture*; every slot from the first on is given once, in order."""
        self.check(now_ns)
        held = self.backlog is None or self.progress.behind_ns <= HELD_NS
        self._jobs.put(_Job(slot, now_ns, picture if held else None))

    def check(self, now_ns: int) -> None:
        """Tells the time; raises `EncoderFailed` for a thread that is dead or hangs."""
        self.progress.now_ns = now_ns
        if self._failure is not None:
            raise EncoderFailed(f"{self.step.name}: {self._failure!r}") from self._failure
        if self.backlog is not None and self.progress.behind_ns > STUCK_SECONDS * NANOSECOND:
            raise EncoderFailed(f"{self.step.name}: one picture takes {STUCK_SECONDS} s")

    def finish(self) -> None:
        """Encodes what waits, sends the last part, and ends the thread."""
        self._jobs.put(None)
        self._thread.join(STUCK_SECONDS)
        if self._failure is not None or self._thread.is_alive():
            raise EncoderFailed(f"{self.step.name}: {self._failure!r}") from self._failure

    def _run(self) -> None:
        try:
            while (job := self._jobs.get()) is not None:
                self.progress.working_ns = job.given_ns
                self._do(job)
                self.progress.working_ns = 0
            if (cut := self._cutter.flush()) is not None:
                self._emit(self._writer.write(cut))
        except Exception as error:  # noqa: BLE001 - told to the thread that gives us pictures
            self._failure = error

    def _do(self, job: _Job) -> None:
        # Key frames stand on the wall-clock grid; one that was left out is made up for at once.
        self._owes_key |= job.slot % self._settings.gop_frames == 0
        opens = job.slot == self.start or self._grid.opens_part(job.slot)
        admitted = self.backlog is None or self.backlog.admits(opens_part=opens)
        if job.picture is not None and admitted:
            cut = self._cutter.add(self._encode(job.picture, job.slot))
        else:
            cut = self._cutter.leave_out(job.slot)
            self.left_out += 1
        if cut is not None:
            self._emit(self._writer.write(cut))

    def _encode(self, picture: VideoFrame, slot: int) -> Coded:
        key, self._owes_key = self._owes_key, False
        unit = self._encoder.encode(self._scaler.fit(picture), slot - self._origin, key=key)
        return Coded(slot, h264.to_sample(unit), key)
