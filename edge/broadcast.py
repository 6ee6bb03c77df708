"""One room's broadcast as viewers see it: windows, playlists, and who waits for them.

Comes in: programs and parts. Goes out: snapshots of playlists, bodies, and positions to wait for.
"""

from collections.abc import Mapping

import msgspec

from edge.shelf import Shelf
from edge.snapshot import Snapshot
from edge.waiters import Waiters
from edge.window import Window
from levelchat.hls import blocking
from levelchat.hls.blocking import Decision, Position
from levelchat.hls.media import MediaPlaylist, RenditionReport, ServerControl
from levelchat.hls.multivariant import AudioMedia, MultivariantPlaylist, Variant
from levelchat.media.codec import Kind
from levelchat.media.program import Part, Program, Rendition
from levelchat.media.time import NANOSECOND, rescale

HOLD_TARGETS = 3
"""A5.7: a request is held for at most three target durations, then it is a 503."""
HOLD_BACK_TARGETS = 3
"""A4.3: HOLD-BACK is at least three target durations."""
PART_HOLD_BACK_PARTS = 3
"""A4.2, Apple's authoring specification 14.3: at least three part targets."""
FIRST_VARIANT_BANDWIDTH = 2_000_000
"""Bits a second; Apple's authoring specification 1.32: what players begin with on Wi-Fi."""


class Listing(msgspec.Struct, frozen=True):
    """Waited for: a position of a rendition's playlist."""

    rendition: str
    until: Position


class Body(msgspec.Struct, frozen=True):
    """Waited for: a hinted part."""

    path: str


class Broadcast:
    """The windows of all renditions, cut at the same instants."""

    def __init__(
        self, program: Program, part_target_ns: int, window_seconds: int, first_msn: int = 0
    ) -> None:
        self.target_seconds = program.segment_seconds
        self._window_seconds = window_seconds
        # A1.5, A1.6: fixed for the broadcast's life; a change makes Apple's player give up.
        self._control = ServerControl(
            part_hold_back_ns=PART_HOLD_BACK_PARTS * part_target_ns,
            hold_back_ns=HOLD_BACK_TARGETS * program.segment_seconds * NANOSECOND,
        )
        self.shelf = Shelf()
        self.windows: dict[str, Window] = {}
        self.waiters: Waiters[Listing | Body] = Waiters(HOLD_TARGETS * program.segment_seconds)
        self._expected = tuple(rendition.name for rendition in program.renditions)
        self._first_msn = first_msn
        self._offset: int | None = None
        self._session = program.session
        self._snapshots: dict[str, Snapshot] = {}
        self.ended_ns: int | None = None

    def begin(self, program: Program) -> None:
        """A program begins; a later one continues the playlists after a discontinuity."""
        again = bool(self.windows)
        self._session = program.session
        self._offset = None
        self._level_windows()
        kept = {rendition.name for rendition in program.renditions}
        for name, window in self.windows.items():
            window.ended = window.ended or name not in kept
        for rendition in program.renditions:
            self._window(rendition).begin(program.session, rendition, discontinuity=again)
        self._changed()

    def add_rendition(self, rendition: Rendition) -> None:
        """A rung joins; its playlist begins with its first part."""
        self._window(rendition).begin(self._session, rendition, discontinuity=False)
        self._changed()

    def add(self, part: Part, now_ns: int) -> None:
        """Lists *part* and answers who waited for it."""
        window = self.windows[part.rendition]
        if self._offset is None:
            self._offset = self._next_msn(part.segment) - part.segment
        paths = window.add(part.segment + self._offset, part, now_ns)
        self._changed()
        position = window.position

        def came(key: Listing | Body) -> bool:
            if isinstance(key, Body):
                return key.path in paths
            return key.rendition == part.rendition and key.until <= position

        self.waiters.wake(came)
        if part.last:
            self.shelf.sweep(now_ns)

    def end(self, now_ns: int) -> None:
        """EXT-X-ENDLIST for every playlist; whoever waits is answered."""
        for window in self.windows.values():
            window.close_open()
            window.ended = True
        self.ended_ns = now_ns
        self._changed()
        self.waiters.wake(lambda _key: True)

    @property
    def last_msn(self) -> int:
        """The highest number that any playlist has given out; -1 before the first."""
        return max((window.position.msn for window in self.windows.values()), default=-1)

    def unready(self) -> Window | None:
        """A rendition of the first program without a whole segment: players cannot begin yet."""
        for name in self._expected:
            window = self.windows[name]
            if not window.ready and not window.ended:
                return window
        return None

    def decide(self, rendition: str, query: Mapping[str, str]) -> Decision | None:
        """What a playlist request gets; None when there is no such playlist."""
        window = self.windows.get(rendition)
        if window is None or not window.ready:
            return None
        return blocking.decide(window.state(), query)

    def playlist(self, rendition: str) -> Snapshot:
        """The media playlist as it is now."""
        snapshot = self._snapshots.get(rendition)
        if snapshot is None:
            snapshot = Snapshot(self._media(self.windows[rendition]).render())
            self._snapshots[rendition] = snapshot
        return snapshot

    def multivariant(self) -> Snapshot:
        """The multivariant playlist as it is now."""
        snapshot = self._snapshots.get("")
        if snapshot is None:
            snapshot = Snapshot(self._multivariant().render())
            self._snapshots[""] = snapshot
        return snapshot

    def hinted(self, path: str) -> bool:
        """Whether *path* is the part to come of some rendition (A7.3)."""
        return any(
            window.next_part == path and not window.ended for window in self.windows.values()
        )

    def _window(self, rendition: Rendition) -> Window:
        window = self.windows.get(rendition.name)
        if window is None:
            window = Window(rendition, self.shelf, self.target_seconds, self._window_seconds)
            self.windows[rendition.name] = window
        window.ended = False
        return window

    def _next_msn(self, grid: int) -> int:
        """A2.6: numbers never go back and, while a playlist lives, never jump. A playlist begins
        with the number of its segment on the wall-clock grid, so that it is ahead of whatever an
        earlier life of this server gave out.
        """
        last = max(window.last_msn for window in self.windows.values())
        return last + 1 if last >= 0 else max(grid, self._first_msn)

    def _level_windows(self) -> None:
        """A8.4: all renditions end the old program with the same segment."""
        for window in self.windows.values():
            window.close_open()
        live = [window for window in self.windows.values() if window.first_msn >= 0]
        if not live:
            return
        ahead = max(live, key=lambda window: window.last_msn)
        for window in live:
            if window.last_msn < ahead.last_msn and not window.ended:
                missing_ns = ahead.last_date_ns() - window.last_date_ns()
                ticks = rescale(missing_ns, NANOSECOND, window.rendition.timescale)
                window.fill(ahead.last_msn, ticks, window.last_date_ns())

    def _changed(self) -> None:
        self._snapshots.clear()

    def _media(self, window: Window) -> MediaPlaylist:
        return MediaPlaylist(
            timescale=window.rendition.timescale,
            target_seconds=self.target_seconds,
            part_target=window.rendition.part_target,
            control=self._control,
            media_sequence=window.first_msn,
            discontinuity_sequence=window.discontinuity_sequence,
            segments=window.listed(),
            hint=window.next_part,
            reports=tuple(
                RenditionReport(f"{name}.m3u8", other.report.msn, other.report.part)
                for name, other in self.windows.items()
                if other is not window and other.ready and not other.ended
            ),
            ended=window.ended,
        )

    def _multivariant(self) -> MultivariantPlaylist:
        live = [w.rendition for w in self.windows.values() if w.ready]
        audio = next((each for each in live if each.kind is Kind.AUDIO), None)
        video = [each for each in live if each.kind is Kind.VIDEO]
        if audio is None or not video:
            return MultivariantPlaylist(tuple(_variant(each, None) for each in live))
        first_fit = sorted(
            video, key=lambda each: (each.bandwidth > FIRST_VARIANT_BANDWIDTH, -each.bandwidth)
        )
        return MultivariantPlaylist(
            variants=tuple(_variant(each, audio) for each in first_fit),
            audio=AudioMedia(f"{audio.name}.m3u8", audio.channels),
        )


def _variant(rendition: Rendition, audio: Rendition | None) -> Variant:
    both = [rendition] if audio is None else [rendition, audio]
    return Variant(
        uri=f"{rendition.name}.m3u8",
        bandwidth=sum(each.bandwidth for each in both),
        average_bandwidth=sum(each.average_bandwidth for each in both),
        codecs=tuple(each.codecs for each in both),
        width=rendition.width,
        height=rendition.height,
        frame_rate=rendition.frame_rate,
    )
