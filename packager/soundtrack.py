"""The sound of a running program: one AAC rendition.

Comes in: decoded blocks with their times, and now. Goes out: parts, at once. AAC costs so little
that it needs no thread, and so much to the ear that nothing of it is ever left out.
"""

from collections.abc import Callable

from levelchat.media.codec import Codec
from levelchat.media.program import Part, Rendition
from levelchat.media.time import AUDIO_RATE
from packager import rates
from packager.cmaf import aac, header
from packager.grid import Coded, Cutter, Grid
from packager.parts import PartWriter
from packager.settings import AAC_FRAME, PackagerSettings
from packager.sound import CHANNELS, AacEncoder
from packager.soundline import Block, Framer, SoundLine


class Soundtrack:
    """*origin* is the program's first sample since the Unix epoch."""

    def __init__(
        self, settings: PackagerSettings, *, origin: int, emit: Callable[[Part], None]
    ) -> None:
        self._settings = settings
        self._origin = origin
        self._emit = emit
        self._name = f"a{settings.audio_bitrate // 1000}"
        self._line = SoundLine(origin, settings.max_lateness_ms * 1_000_000)
        self._framer = Framer(AAC_FRAME)
        self._encoder = AacEncoder(settings.audio_bitrate)
        self._given = 0
        segment = settings.segment_seconds * AUDIO_RATE
        self._cutter = Cutter(Grid(AUDIO_RATE, settings.part_samples, segment), AAC_FRAME, origin)
        self._writer = PartWriter(
            name=self._name, unit_rate=AUDIO_RATE, timescale=AUDIO_RATE, origin=origin
        )

    def open(self) -> Rendition:
        """Opens the encoder; what the playlist needs to know."""
        config = self._encoder.open()
        peak, average = rates.audio_bandwidth(self._settings, -(-AUDIO_RATE // AAC_FRAME))
        return Rendition(
            name=self._name,
            codec=Codec.AAC,
            codecs=aac.codecs_string(config),
            timescale=AUDIO_RATE,
            part_target=self._settings.audio_part_target,
            bandwidth=peak,
            average_bandwidth=average,
            init=header.audio_header(
                config=config,
                sample_rate=AUDIO_RATE,
                channels=CHANNELS,
                bitrate=self._settings.audio_bitrate,
            ),
            channels=CHANNELS,
        )

    def add(self, block: Block, pts: int, wall_ns: int) -> None:
        """The publisher's next block, with its RTP and capture time."""
        self._append(self._line.add(block, pts, wall_ns))

    def tick(self, now_ns: int) -> None:
        """Silence stands in for what has not come in time."""
        self._append(self._line.overdue(now_ns))

    def restart(self) -> None:
        """Another publisher begins."""
        self._line.restart()

    def finish(self, end: int) -> None:
        """Silence up to sample *end*, and what the encoder holds back, as the last part."""
        self._append(self._line.fill(end - self._line.next))
        self._write(self._encoder.encode(None, self._given))
        if (cut := self._cutter.flush()) is not None:
            self._emit(self._writer.write(cut))

    def _append(self, blocks: list[Block]) -> None:
        for block in blocks:
            for frame in self._framer.push(block):
                self._write(self._encoder.encode(frame, self._given))
                self._given += AAC_FRAME

    def _write(self, frames: list[tuple[int, bytes]]) -> None:
        for start, data in frames:
            cut = self._cutter.add(Coded(self._origin + start, data, sync=True))
            if cut is not None:
                self._emit(self._writer.write(cut))
