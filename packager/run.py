"""One run of a program: its renditions, its time line, and what they are fed.

Comes in: pictures and blocks of sound with their capture times, and now. Goes out: `Started`,
`RenditionAdded`, `PartReady` and `Dropped` messages. It knows nothing of publishers or their
codecs.
"""

import secrets
from collections.abc import Callable

from av.video.frame import VideoFrame

from levelchat.media.program import Part, Program
from levelchat.media.time import AUDIO_RATE
from levelchat.media.wire import FromProcess, PartReady, RenditionAdded, Started
from packager import ladder
from packager.backlog import Backlog
from packager.drops import Drops
from packager.grid import Grid
from packager.rendition import VideoRendition
from packager.settings import PackagerSettings
from packager.soundline import Block
from packager.soundtrack import Soundtrack
from packager.timeline import Reclock, Slots

SESSION_BYTES = 8
"""Random bytes of a session's name: no two programs of a server ever share one."""


class ProgramRun:
    """*size* is the source's (None: no picture), *origin* the first slot."""

    def __init__(
        self,
        settings: PackagerSettings,
        emit: Callable[[FromProcess], None],
        *,
        origin: int,
        size: tuple[int, int] | None,
        sound: bool,
        patient: bool,
    ) -> None:
        self._settings = settings
        self._emit = emit
        self._origin = origin
        self._patient = patient
        rate = settings.frame_rate
        self._grid = Grid(rate, settings.part_frames, settings.segment_seconds * rate)
        self._reclock = Reclock(Slots(rate), origin, settings.max_lateness_ms * 1_000_000)
        self._drops = Drops()
        self._picture: VideoFrame | None = None
        steps = ladder.select(settings.ladder, *size) if size else ()
        self._renditions = [self._rendition(step, origin) for step in steps]
        self._growth = ladder.Growth(settings.ladder, steps)
        self._counted: dict[str, int] = {}
        self._sound = self._soundtrack() if sound else None

    @property
    def has_picture(self) -> bool:
        return bool(self._renditions)

    @property
    def has_sound(self) -> bool:
        return self._sound is not None

    @property
    def next_slot(self) -> int:
        """The first slot that this run has not filled."""
        return self._reclock.next

    def start(self) -> None:
        """Opens every encoder and announces the program."""
        renditions = [rendition.open() for rendition in self._renditions]
        if self._sound is not None:
            renditions.append(self._sound.open())
        self._rank()
        session = secrets.token_hex(SESSION_BYTES)
        self._emit(Started(Program(session, self._settings.segment_seconds, tuple(renditions))))

    def show(self, picture: VideoFrame, wall_ns: int, now_ns: int) -> None:
        """A picture was captured at *wall_ns*."""
        slots = self._reclock.place(wall_ns)
        for slot in slots[:-1]:
            self._fill(self._picture or picture, slot, now_ns)
        self._picture = picture
        for slot in slots[-1:]:
            self._fill(picture, slot, now_ns)
        self._grow(self._growth.observe(picture.width, picture.height, now_ns))

    def hear(self, block: Block, pts: int, wall_ns: int) -> None:
        """A block of sound was captured at *wall_ns*."""
        if self._sound is not None:
            self._sound.add(block, pts, wall_ns)

    def new_publisher(self) -> None:
        """What comes next has another RTP time."""
        if self._sound is not None:
            self._sound.restart()

    def tick(self, now_ns: int) -> None:
        """Fills with the last picture and silence what has not come in time."""
        for rendition in self._renditions:
            rendition.check(now_ns)
        for slot in self._reclock.overdue(now_ns):
            if self._picture is not None:
                self._fill(self._picture, slot, now_ns)
        if self._sound is not None:
            self._sound.tick(now_ns)
        self._count_left_out()
        for dropped in self._drops.due(now_ns):
            self._emit(dropped)

    def finish(self) -> None:
        """Sends what is there; picture and sound end together."""
        for rendition in self._renditions:
            rendition.finish()
        if self._sound is not None:
            end = self._reclock.next if self._renditions else 0
            self._sound.finish(end * AUDIO_RATE // self._settings.frame_rate)
        self._count_left_out()
        for dropped in self._drops.rest():
            self._emit(dropped)

    def _fill(self, picture: VideoFrame, slot: int, now_ns: int) -> None:
        for rendition in self._renditions:
            if slot >= rendition.start:
                rendition.show(picture, slot, now_ns)

    def _grow(self, steps: tuple[ladder.Step, ...]) -> None:
        for step in steps:
            rendition = self._rendition(step, self._grid.next_segment(self._reclock.next))
            self._emit(RenditionAdded(rendition.open()))
            self._renditions.append(rendition)
        if steps:
            self._rank()

    def _rank(self) -> None:
        """Gives each rendition its place in the order of what is left out first."""
        self._renditions.sort(key=lambda rendition: -rendition.step.size)
        progress = [rendition.progress for rendition in self._renditions]
        if self._patient:
            return
        for rank, rendition in enumerate(self._renditions):
            rendition.backlog = Backlog(
                rendition.progress,
                progress[rank + 1 :],
                ranks=len(progress),
            )

    def _count_left_out(self) -> None:
        for rendition in self._renditions:
            name, left_out = rendition.step.name, rendition.left_out
            self._drops.count(name, "encoder behind", left_out - self._counted.get(name, 0))
            self._counted[name] = left_out

    def _rendition(self, step: ladder.Step, start: int) -> VideoRendition:
        return VideoRendition(
            step,
            self._settings,
            origin=self._origin,
            start=start,
            emit=self._part,
            patient=self._patient,
        )

    def _soundtrack(self) -> Soundtrack:
        origin = self._origin * (AUDIO_RATE // self._settings.frame_rate)
        return Soundtrack(self._settings, origin=origin, emit=self._part)

    def _part(self, part: Part) -> None:
        self._emit(PartReady(part))
