"""A viewer without a screen: plays LL-HLS in real time and says how it went.

Comes in: a playlist's URL and how long. Goes out: a `Report`. It follows the playlists by blocked
reloads, asks for the hinted part ahead, and keeps a buffer as a player would; it decodes nothing.
"""

import asyncio
from collections.abc import Callable

import msgspec

from levelchat.client import report, selection
from levelchat.client.errors import NotPlayable
from levelchat.client.fetcher import OK, Fetcher, Kind, raise_if_refused
from levelchat.client.following import Following
from levelchat.client.report import Readings, Report
from levelchat.client.rules import reading
from levelchat.client.rules.finding import Violation
from levelchat.client.selection import Selection
from levelchat.client.timing import MILLISECOND, Playback
from levelchat.client.track import ROUNDING_NS, Item, Track
from levelchat.clock import Clock
from levelchat.errors import LevelChatError
from levelchat.media.time import NANOSECOND

TICK_SECONDS = 0.2
"""Between two readings of the delay."""

START_SECONDS = 20
"""Until there must be a picture: several target durations."""


class Status(msgspec.Struct, frozen=True):
    """The moment, for a line on a terminal."""

    seconds: float
    playing: bool
    delay_ms: float
    buffer_ms: float
    stalls: int
    parts: int
    bytes: int
    violations: int


class Player:
    """Plays one broadcast, once."""

    def __init__(
        self,
        *,
        fetcher: Fetcher,
        clock: Clock,
        readings: Readings,
        violations: Callable[[], tuple[Violation, ...]],
        on_tick: Callable[[Status], None],
        start_seconds: int = START_SECONDS,
    ) -> None:
        self._start_seconds = start_seconds
        self._fetcher = fetcher
        self._clock = clock
        self._readings = readings
        self._violations = violations
        self._on_tick = on_tick
        self._following: list[Following] = []
        self._playback: Playback | None = None
        self._open: set[str] = set()
        """Tracks that have not ended."""
        self._date_ns: Callable[[int], int] = int

    async def play(self, url: str, seconds: int, rendition: str | None = None) -> Report:
        """Plays *url* for *seconds* after the first picture, or until it ends."""
        began_ns = self._clock.now_ns()
        selected = await self._select(url, rendition)
        tracks = [Track(name, address) for name, address in selected.playing.items()]
        self._following = [
            Following(
                track,
                fetcher=self._fetcher,
                clock=self._clock,
                readings=self._readings,
                sink=self,
            )
            for track in tracks
        ]
        self._open = {track.name for track in tracks}
        await self._begin(tracks)
        try:
            await self._run(seconds)
        except BaseExceptionGroup as group:
            raise _first_of_ours(group) from group
        return self._report(url, selected, began_ns)

    def part_arrived(self, track: Track, item: Item, *, live: bool) -> None:
        """A part of *track* is in the buffer."""
        now = self._clock.now_ns()
        self._readings.parts += 1
        if live and not item.gap:
            self._readings.part_arrived(track.name, now - item.end_date_ns)
        if self._playback is not None:
            self._playback.append(track.name, item.end_ns, now)

    def track_ended(self, track: Track) -> None:
        """The broadcast is over for *track*."""
        self._open.discard(track.name)
        if not self._open and self._playback is not None:
            self._playback.end(self._clock.now_ns())

    async def _select(self, url: str, rendition: str | None) -> Selection:
        exchange = await self._fetcher.get(url, Kind.MULTIVARIANT)
        raise_if_refused(exchange)
        if exchange.status != OK:
            raise NotPlayable(f"{url} answers HTTP {exchange.status}: is anybody broadcasting?")
        listing = reading.read(exchange.body.decode(errors="replace"), url)
        return selection.select(listing, rendition)

    async def _begin(self, tracks: list[Track]) -> None:
        """Loads every playlist and places the playhead PART-HOLD-BACK behind the live edge."""
        try:
            async with asyncio.timeout(self._start_seconds):
                for following in self._following:
                    await following.load()
        except TimeoutError:
            raise NotPlayable(f"nothing to play appeared within {self._start_seconds} s") from None
        # §4.4.3.8: the client's distance from the end is PART-HOLD-BACK or more
        hold_back = max(track.listing.hold_back_ns for track in tracks)
        part_target = max(track.listing.part_target_ns for track in tracks)
        if not hold_back or not part_target:
            raise NotPlayable(f"{tracks[0].url} offers no low-latency parts")
        target = min(track.edge_ns() for track in tracks) - hold_back
        start = max(target, *(track.start_at(target) for track in tracks))
        names = tuple(track.name for track in tracks)
        self._playback = Playback(
            start, names, first_ns=hold_back - ROUNDING_NS, ahead_ns=part_target
        )
        self._date_ns = tracks[0].offsets.date_ns

    async def _run(self, seconds: int) -> None:
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(following.run()) for following in self._following]
            try:
                await self._tick_until(seconds)
            finally:
                for task in running:
                    task.cancel()

    async def _tick_until(self, seconds: int) -> None:
        waited_ns = self._clock.now_ns()
        while True:
            await asyncio.sleep(TICK_SECONDS)
            now = self._clock.now_ns()
            played = self._tick(now)
            if played is None and now - waited_ns > self._start_seconds * NANOSECOND:
                raise NotPlayable(f"the buffer did not fill within {self._start_seconds} s")
            if played is not None and (played >= seconds * NANOSECOND or not self._open):
                return

    def _tick(self, now: int) -> int | None:
        """Reads the delay; gives the time since the first picture, None before it."""
        playback = self._playback
        if playback is None:
            return None
        playback.advance(now)
        delay = now - self._date_ns(playback.position_ns)
        if playback.started_ns is None:
            return None
        if self._open:
            self._readings.delay.add(delay)
        played = now - playback.started_ns
        status = Status(
            seconds=round(played / NANOSECOND, 1),
            playing=playback.playing,
            delay_ms=round(delay / MILLISECOND, 1),
            buffer_ms=round(playback.buffer_ns / MILLISECOND, 1),
            stalls=playback.stall_count(),
            parts=self._readings.parts,
            bytes=self._readings.bytes,
            violations=len(self._violations()),
        )
        self._on_tick(status)
        return played

    def _report(self, url: str, selected: Selection, began_ns: int) -> Report:
        now, readings, playback = self._clock.now_ns(), self._readings, self._playback
        started = playback.started_ns if playback is not None else None
        return Report(
            url=url,
            seconds=round((now - started) / NANOSECOND, 1) if started is not None else 0,
            playing=tuple(selected.playing),
            offered=selected.offered,
            delay=readings.delay.summary(),
            part_age=readings.part_age.summary(),
            part_lateness=readings.lateness(),
            stalls=report.stalls(playback, now),
            start_ms=_since(began_ns, started),
            reload_ms=readings.reload.summary(),
            part_ms=readings.part.summary(),
            hint_ms=readings.hint.summary(),
            parts=readings.parts,
            deltas=sum(following.track.deltas for following in self._following),
            bytes=readings.bytes,
            requests=readings.requests,
            errors=readings.errors,
            ended=not self._open,
            violations=report.told(self._violations(), began_ns),
        )


def _since(began_ns: int, then_ns: int | None) -> float | None:
    return None if then_ns is None else round((then_ns - began_ns) / MILLISECOND, 1)


def _first_of_ours(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """One clear sentence where there is one, else everything."""
    ours = group.subgroup(LevelChatError)
    if ours is None:
        return group
    error: BaseException = ours
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
