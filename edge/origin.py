"""The origin: where packagers put programs and parts, and where requests find broadcasts.

Comes in: programs and parts (it is the `ProgramSink`). Goes out: broadcasts by room. A room that
nobody publishes into does not exist here, however often it is asked for.
"""

import structlog

from edge.broadcast import Broadcast
from edge.metrics import EdgeMetrics
from edge.settings import EdgeSettings
from levelchat.clock import Clock
from levelchat.media.codec import Kind
from levelchat.media.program import Part, Program, Rendition
from levelchat.media.time import AUDIO_RATE, NANOSECOND, rescale

_log = structlog.get_logger("edge")

AAC_FRAME = 1024
"""Samples; sound is cut between AAC frames, so that its parts may be longer than the picture's."""


class Origin:
    """All broadcasts of this edge."""

    def __init__(self, settings: EdgeSettings, clock: Clock, metrics: EdgeMetrics) -> None:
        self._settings = settings
        self._clock = clock
        self._metrics = metrics
        self.broadcasts: dict[str, Broadcast] = {}

    def start(self, room: str, program: Program) -> None:
        """A program begins, of a new broadcast or of one that goes on."""
        broadcast = self.broadcasts.get(room)
        if broadcast is None or broadcast.ended_ns is not None:
            if len(self.broadcasts) >= self._settings.max_rooms and broadcast is None:
                self._metrics.refused.inc()
                _log.warning("broadcast refused: max_rooms", room=room)
                return
            if broadcast is not None:
                broadcast.retire(self._clock.now_ns())
            broadcast = self._new(program, broadcast)
            self.broadcasts[room] = broadcast
            self._metrics.broadcasts.set(len(self.broadcasts))
        broadcast.begin(program, self._clock.now_ns())
        _log.info("program started", room=room, session=program.session)

    def add_rendition(self, room: str, rendition: Rendition) -> None:
        """A rung joins the running program."""
        broadcast = self.broadcasts.get(room)
        if broadcast is not None and broadcast.ended_ns is None:
            broadcast.add_rendition(rendition, self._clock.now_ns())

    def part(self, room: str, part: Part) -> None:
        """Lists *part* and answers who waits for it."""
        broadcast = self.broadcasts.get(room)
        # A1.5: nothing is listed after EXT-X-ENDLIST, as when this process shuts down.
        if broadcast is None or not broadcast.takes(part):
            self._metrics.dropped.inc()
            _log.debug("part dropped: no such playlist", room=room, rendition=part.rendition)
            return
        broadcast.add(part, self._clock.now_ns())
        self._metrics.parts.inc()

    def end(self, room: str) -> None:
        """EXT-X-ENDLIST."""
        broadcast = self.broadcasts.get(room)
        if broadcast is not None and broadcast.ended_ns is None:
            broadcast.end(self._clock.now_ns())
            _log.info("playlists ended", room=room)

    def held_bytes(self) -> int:
        """Bytes of media in memory."""
        return sum(broadcast.shelf.size for broadcast in self.broadcasts.values())

    def sweep(self) -> None:
        """Forgets broadcasts that ended long enough ago."""
        before = self._clock.now_ns() - self._settings.ended_keep_seconds * NANOSECOND
        for room, broadcast in list(self.broadcasts.items()):
            if broadcast.ended_ns is not None and broadcast.ended_ns < before:
                del self.broadcasts[room]
        self._metrics.broadcasts.set(len(self.broadcasts))

    def _new(self, program: Program, before: Broadcast | None) -> Broadcast:
        target_ns = max(_part_target_ns(rendition) for rendition in program.renditions)
        return Broadcast(program, target_ns, self._settings.window_seconds, before)


def _part_target_ns(rendition: Rendition) -> int:
    """The longest part that this broadcast will have, also when sound joins it later."""
    target, rate = rendition.part_target, rendition.timescale
    if rendition.kind is Kind.VIDEO:
        target, rate = (target * AUDIO_RATE // rate // AAC_FRAME + 1) * AAC_FRAME, AUDIO_RATE
    return max(
        rescale(target, rate, NANOSECOND),
        rescale(rendition.part_target, rendition.timescale, NANOSECOND),
    )
