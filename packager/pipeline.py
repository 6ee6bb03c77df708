"""A broadcast's whole way from encoded frames to parts, in one object.

Comes in: publishers, their frames, and now. Goes out: messages through *emit*, which is called
from several threads. It reads no clock and opens no socket: `packager.process` runs it in real
time, and `bench/pipeline.py` as fast as it can::

    messages = []
    pipeline = Pipeline(PackagerSettings(), messages.append, patient=True)
    pipeline.open((TrackInfo(Codec.H264), TrackInfo(Codec.OPUS)))
    for frame in frames:
        pipeline.push(frame, frame.wall_ns)
    pipeline.finish()

A *patient* pipeline waits for its encoders where one in real time leaves frames out.
"""

from collections import deque
from collections.abc import Callable

from av.video.frame import VideoFrame

from levelchat.media.codec import Kind
from levelchat.media.frame import EncodedFrame, TrackInfo
from levelchat.media.wire import FromProcess, KeyFrameWanted
from packager.anchor import Anchor
from packager.decoder import VideoDecoder
from packager.drops import Drops
from packager.errors import ClockLeap
from packager.run import ProgramRun
from packager.settings import PackagerSettings
from packager.sound import OpusDecoder
from packager.timeline import Slots

KEY_FRAME_INTERVAL_NS = 500_000_000
"""Between two wishes for a key frame: a publisher needs a round trip and a frame to answer."""

EARLY_SOUND = 150
"""Opus packets that wait for the first picture: 3 s at 20 ms; older ones are left out."""


class Pipeline:
    """Frames of one publisher at a time; all methods are called from one thread."""

    def __init__(
        self,
        settings: PackagerSettings,
        emit: Callable[[FromProcess], None],
        *,
        patient: bool = False,
    ) -> None:
        self._settings = settings
        self._emit = emit
        self._patient = patient
        self._slots = Slots(settings.frame_rate)
        self._run: ProgramRun | None = None
        self._kinds: frozenset[Kind] = frozenset()
        self._anchor = self._new_anchor()
        self._video: VideoDecoder | None = None
        self._opus = OpusDecoder()
        self._early: deque[tuple[EncodedFrame, int]] = deque(maxlen=EARLY_SOUND)
        self._sound_since_ns = 0
        self._asked_ns = 0
        self._drops = Drops()

    def open(self, tracks: tuple[TrackInfo, ...]) -> None:
        """A publisher begins, or another one goes on with the broadcast."""
        self._kinds = frozenset(track.kind for track in tracks)
        self._anchor = self._new_anchor()
        self._video = None
        self._opus = OpusDecoder()
        self._early.clear()
        self._sound_since_ns = 0
        self._asked_ns = 0
        if self._run is not None:
            self._run.new_publisher()

    def push(self, frame: EncodedFrame, now_ns: int) -> None:
        """A frame that arrived at *now_ns*."""
        if frame.codec.kind not in self._kinds:
            self._drops.count("", f"{frame.codec.kind} was not announced")
            return
        wall_ns = self._anchor.place(frame.wall_ns, now_ns)
        if frame.codec.kind is Kind.AUDIO:
            self._push_sound(frame, wall_ns, now_ns)
        else:
            self._push_video(frame, wall_ns, now_ns)

    def skip(self, frame: EncodedFrame, now_ns: int) -> None:
        """A frame of video came too late to be decoded: goes on at the next key frame."""
        self._drops.count("", "decoder behind")
        if self._video is not None:
            self._video.skip()
        if not frame.key:
            self._ask_key_frame(now_ns)

    def close(self) -> None:
        """The publisher is gone; the last picture and silence go on."""
        self._kinds = frozenset()
        self._early.clear()

    def tick(self, now_ns: int) -> None:
        """To be called about once a frame: fills what has not come in time."""
        for dropped in self._drops.due(now_ns):
            self._emit(dropped)
        if self._run is None:
            self._begin_without_picture(now_ns)
            return
        try:
            self._run.tick(now_ns)
        except ClockLeap:
            self._end_run()

    def finish(self) -> None:
        """Sends all that is there; afterwards the pipeline is done."""
        self._end_run()
        for dropped in self._drops.rest():
            self._emit(dropped)

    def _push_video(self, frame: EncodedFrame, wall_ns: int, now_ns: int) -> None:
        if self._video is None or self._video.codec is not frame.codec:
            self._video = VideoDecoder(frame.codec)
        picture = self._video.decode(frame)
        if self._video.needs_key:
            self._ask_key_frame(now_ns)
        if picture is None:
            return
        if self._run is None or not self._covers(self._run):
            self._begin(wall_ns, picture)
        self._show(picture, wall_ns, now_ns)

    def _show(self, picture: VideoFrame, wall_ns: int, now_ns: int) -> None:
        run = self._run
        if run is None:
            return
        try:
            run.show(picture, wall_ns, now_ns)
        except ClockLeap:
            self._end_run()

    def _push_sound(self, frame: EncodedFrame, wall_ns: int, now_ns: int) -> None:
        self._sound_since_ns = self._sound_since_ns or now_ns
        if self._run is None and Kind.VIDEO not in self._kinds:
            self._begin(wall_ns, None)
        if self._run is None or not self._run.has_sound:
            self._early.append((frame, wall_ns))
        else:
            self._hear(self._run, frame, wall_ns)

    def _hear(self, run: ProgramRun, frame: EncodedFrame, wall_ns: int) -> None:
        block = self._opus.decode(frame.data)
        if block is None:
            self._drops.count("", "damaged sound")
        else:
            run.hear(block, frame.pts, wall_ns)

    def _covers(self, run: ProgramRun) -> bool:
        """Whether *run* has a rendition for each kind that the publisher announced."""
        return run.has_picture and (run.has_sound or Kind.AUDIO not in self._kinds)

    def _begin(self, wall_ns: int, picture: VideoFrame | None) -> None:
        """A program begins at *wall_ns*; one that runs already ends first."""
        origin = self._slots.nearest(wall_ns)
        sound = Kind.AUDIO in self._kinds
        if self._run is not None:
            origin = max(origin, self._run.next_slot)
            sound |= self._run.has_sound
        self._end_run()
        run = ProgramRun(
            self._settings,
            self._emit,
            origin=origin,
            size=(picture.width, picture.height) if picture else None,
            sound=sound,
            patient=self._patient,
        )
        run.start()
        self._run = run
        while self._early:
            self._hear(run, *self._early.popleft())

    def _begin_without_picture(self, now_ns: int) -> None:
        waited_ns = now_ns - self._sound_since_ns
        if self._early and waited_ns >= self._settings.video_wait_ms * 1_000_000:
            self._begin(self._early[0][1], None)

    def _end_run(self) -> None:
        run, self._run = self._run, None
        if run is not None:
            run.finish()

    def _ask_key_frame(self, now_ns: int) -> None:
        if now_ns - self._asked_ns >= KEY_FRAME_INTERVAL_NS:
            self._asked_ns = now_ns
            self._emit(KeyFrameWanted())

    def _new_anchor(self) -> Anchor:
        return Anchor(self._settings.max_lateness_ms * 1_000_000)
