"""One room's broadcast as viewers see it: windows, playlists, and who waits for them.

Comes in: programs and parts. Goes out: snapshots of playlists, bodies, and positions to wait for.
"""

from collections.abc import Callable, Iterator, Mapping

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
from levelchat.media.time import NANOSECOND

HOLD_TARGETS = 3
"""A5.7: a request is held for at most three target durations, then it is a 503."""
HOLD_BACK_TARGETS = 3
"""A4.3: HOLD-BACK is at least three target durations."""
PART_HOLD_BACK_PARTS = 3
"""A4.2, Apple's authoring specification 14.3: at least three part targets."""
FIRST_VARIANT_BANDWIDTH = 2_000_000
"""Bits a second; Apple's authoring specification 1.32: what players begin with on Wi-Fi."""


class Beginning(msgspec.Struct, frozen=True):
    """Waited for: the first whole segment of every rendition."""


class Listing(msgspec.Struct, frozen=True):
    """Waited for: a position of a rendition's playlist."""

    rendition: str
    until: Position


class Body(msgspec.Struct, frozen=True):
    """Waited for: a hinted part."""

    path: str


Key = Beginning | Listing | Body
"""What a request waits for."""


class Broadcast:
    """The windows of all renditions, cut at the same instants."""

    def __init__(
        self,
        program: Program,
        part_target_ns: int,
        window_seconds: int,
        before: "Broadcast | None" = None,
    ) -> None:
        self.target_seconds = program.segment_seconds
        self._window_seconds = window_seconds
        # A1.5, A1.6: fixed for the broadcast's life; a change makes Apple's player give up.
        self._control = ServerControl(
            part_hold_back_ns=PART_HOLD_BACK_PARTS * part_target_ns,
            hold_back_ns=HOLD_BACK_TARGETS * program.segment_seconds * NANOSECOND,
        )
        # Players of the broadcast that ended *before* in this room still fetch what it listed.
        self.shelf: Shelf = Shelf() if before is None else before.shelf
        self.windows: dict[str, Window] = {}
        self.waiters: Waiters[Key] = Waiters(HOLD_TARGETS * program.segment_seconds)
        self._expected: tuple[str, ...] = ()
        self._ready = False
        self._first_msn = 0 if before is None else before.last_msn + 1
        self._last_segment = -1
        self._discontinuities = 0
        self._offset: int | None = None
        self._session = program.session
        self._snapshots: dict[str, Snapshot] = {}
        self.ended_ns: int | None = None

    def begin(self, program: Program, now_ns: int) -> None:
        """A program begins; a later one continues the playlists after a discontinuity."""
        self._session = program.session
        self._offset = None
        self._level_windows(now_ns)
        if not self._ready:
            self._expected = tuple(rendition.name for rendition in program.renditions)
        kept = {rendition.name for rendition in program.renditions}
        for name, window in self.windows.items():
            window.ended = window.ended or name not in kept
        for rendition in program.renditions:
            self._window(rendition, now_ns).begin(program.session, rendition)
        self._changed()
        # A7.4: a part that was hinted by the program before will not come; who waits is told.
        self._wake(lambda path: not self.hinted(path))

    def add_rendition(self, rendition: Rendition, now_ns: int) -> None:
        """A rung joins; its playlist begins with its first part."""
        self._window(rendition, now_ns).begin(self._session, rendition)
        self._changed()

    def add(self, part: Part, now_ns: int) -> None:
        """Lists *part* and answers who waited for it."""
        if self._offset is None:
            self._offset = self._number(part.segment)
        window = self.windows[part.rendition]
        paths = window.add(part.segment + self._offset, part, now_ns)
        self._changed()
        self._wake(paths.__contains__)
        if part.last:
            self.shelf.sweep(now_ns)

    def takes(self, part: Part) -> bool:
        """Whether *part* belongs to a playlist that goes on."""
        window = self.windows.get(part.rendition)
        return window is not None and not window.ended

    def end(self, now_ns: int) -> None:
        """EXT-X-ENDLIST for every playlist; whoever waits is answered."""
        for window in self.windows.values():
            window.close_open(now_ns)
            window.ended = True
        self.ended_ns = now_ns
        self._changed()
        self._wake(lambda _path: True)

    def retire(self, now_ns: int) -> None:
        """Another broadcast takes this one's room, and its shelf."""
        for window in self.windows.values():
            window.retire(now_ns)

    @property
    def last_msn(self) -> int:
        """The highest number that any playlist has given out; -1 before the first."""
        open_ = (window.position.msn for window in self.windows.values())
        return max(self._last_segment, *open_, -1)

    @property
    def ready(self) -> bool:
        """Whether every rendition that players begin with has a whole segment, or never will."""
        if not self._ready:
            expected = [self.windows[name] for name in self._expected]
            self._ready = all(window.ready or window.ended for window in expected)
        return self._ready

    def listed(self) -> list[Rendition]:
        """Those of the multivariant playlist: what goes on, and at the end all."""
        over = self.ended_ns is not None
        return [w.rendition for w in self.windows.values() if w.ready and (over or not w.ended)]

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

    def _window(self, rendition: Rendition, now_ns: int) -> Window:
        window = self.windows.get(rendition.name)
        if window is not None and not window.ended:
            return window
        if window is not None:
            # A1.5: nothing follows EXT-X-ENDLIST; a rendition that comes back begins anew.
            window.retire(now_ns)
        window = Window(rendition, self.shelf, self.target_seconds, self._window_seconds)
        window.sequence = self._discontinuities
        self.windows[rendition.name] = window
        return window

    def _number(self, grid: int) -> int:
        """What is added to the numbers of the program whose first segment is *grid*.

        A2.6: numbers never go back and, while a playlist lives, never jump. A playlist begins
        with the number of its segment on the wall-clock grid, so that it is ahead of whatever an
        earlier life of this server gave out.
        """
        if self._last_segment < 0:
            return max(grid, self._first_msn) - grid
        # A8.4: matching EXT-X-DISCONTINUITY-SEQUENCE, also in a rendition that was not there yet.
        self._discontinuities += 1
        for window in self.windows.values():
            window.sequence = self._discontinuities
        return self._last_segment + 1 - grid

    def _level_windows(self, now_ns: int) -> None:
        """A8.4: all renditions end the old program with the same segment."""
        live = [window for window in self.windows.values() if not window.ended]
        for window in live:
            window.close_open(now_ns)
        if live:
            ahead = max(live, key=lambda window: window.last_msn)
            self._last_segment = max(self._last_segment, ahead.last_msn)
            for window in live:
                if window.last_msn >= 0:
                    window.fill(ahead, now_ns)

    def _wake(self, came: Callable[[str], bool]) -> None:
        """Answers who waited for what is there now; *came* says which paths are."""

        def over(key: Key) -> bool:
            if isinstance(key, Body):
                return came(key.path)
            if isinstance(key, Beginning):
                return self.ready
            return blocking.reached(self.windows[key.rendition].state(), key.until)

        self.waiters.wake(over)

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
            header_hint=window.next_header,
            # §6.2.1: a playlist with EXT-X-ENDLIST never changes, and a report would.
            reports=() if window.ended else tuple(self._reports(window)),
            ended=window.ended,
        )

    def _reports(self, window: Window) -> Iterator[RenditionReport]:
        # A8.1: one for every other media playlist.
        for name, other in self.windows.items():
            if other is not window and other.ready and not other.ended:
                yield RenditionReport(f"{name}.m3u8", other.report.msn, other.report.part)

    def _multivariant(self) -> MultivariantPlaylist:
        live = self.listed()
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
