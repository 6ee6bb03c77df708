"""One media playlist, followed live: reloads, parts, hints, and now and then a whole segment.

Comes in: the track's first version. Goes out: each part to a sink as it arrives. Its tasks belong
to the caller's TaskGroup and end when the playlist ends or the caller cancels them.
"""

import asyncio
from typing import Protocol

from levelchat.client.errors import NotPlayable, ServerUnreachable
from levelchat.client.fetcher import OK, Fetcher, Kind, raise_if_refused
from levelchat.client.report import Readings
from levelchat.client.rules.finding import Exchange
from levelchat.client.track import Item, Track
from levelchat.clock import Clock

RETRY_SECONDS = 0.5
MAX_RETRIES = 5
"""In a row, of a playlist that was refused; a held reload may end in 503 while a publisher is
away, after three target durations each."""

IDLE_SECONDS = 0.1
"""Before asking again a server that answered at once and had nothing new."""

MAX_QUEUE = 256
"""Parts listed and not yet fetched: two minutes of them; beyond it the newest are left out."""

MAX_HINTS = 4
"""Requests ahead whose part is not in the buffer yet: one is held, one or two are arriving. Beyond
it the oldest belongs to a program that ended."""


class PartSink(Protocol):
    """Who plays."""

    def part_arrived(self, track: Track, item: Item, *, live: bool) -> None:
        """All bytes of *item* are here; *live*: it was new when it was listed."""

    def track_ended(self, track: Track) -> None:
        """EXT-X-ENDLIST was seen and every part is here."""


class Following:
    """The tasks of one track."""

    def __init__(
        self, track: Track, *, fetcher: Fetcher, clock: Clock, readings: Readings, sink: PartSink
    ) -> None:
        self.track = track
        self._fetcher = fetcher
        self._clock = clock
        self._readings = readings
        self._sink = sink
        self._queue: asyncio.Queue[tuple[Item, bool] | None] = asyncio.Queue(MAX_QUEUE)
        self._hints: dict[str, asyncio.Task[Exchange | None]] = {}
        self._sample: asyncio.Task[Exchange | None] | None = None
        self._map_url = ""

    async def load(self) -> None:
        """Asks until there is a version with something to play; the caller bounds how long."""
        while True:
            exchange = await self._fetcher.get(self.track.url, Kind.PLAYLIST)
            if exchange.status == OK:
                self.track.update(exchange.body.decode(errors="replace"), exchange.received_ns)
                if self.track.playable:
                    return
            raise_if_refused(exchange)
            await asyncio.sleep(RETRY_SECONDS)

    async def run(self) -> None:
        """Follows and fetches until the end of the playlist."""
        async with asyncio.TaskGroup() as tasks:
            fetching = tasks.create_task(self._fetch_all())
            self._hand_out(tasks, live=False)
            await self._reload_all(tasks)
            await self._queue.put(None)
            await fetching
            self._sink.track_ended(self.track)

    async def _reload_all(self, tasks: asyncio.TaskGroup) -> None:
        failures = 0
        while not self.track.ended:
            url = self.track.reload_url(self._clock.now_ns())
            exchange = await self._try(url, Kind.PLAYLIST)
            if exchange is not None and exchange.status == OK:
                failures = 0
                await self._reloaded(exchange, tasks)
                continue
            if exchange is not None:
                raise_if_refused(exchange)
            failures += 1
            if failures > MAX_RETRIES:
                raise _given_up(url, exchange)
            await asyncio.sleep(RETRY_SECONDS)

    async def _reloaded(self, exchange: Exchange, tasks: asyncio.TaskGroup) -> None:
        self._readings.reload.add(exchange.received_ns - exchange.sent_ns)
        self.track.update(exchange.body.decode(errors="replace"), exchange.received_ns)
        if not self._hand_out(tasks, live=True) and not self.track.ended:
            await asyncio.sleep(IDLE_SECONDS)

    def _hand_out(self, tasks: asyncio.TaskGroup, *, live: bool) -> bool:
        """Queues what is new and asks for what comes next; True if there was anything new."""
        items = self.track.new_items()
        for item in items:
            if self._queue.full():
                self._readings.count_error("part left out, too many are waiting")
            else:
                self._queue.put_nowait((item, live))
        self._ask_ahead(tasks)
        for url in self.track.new_samples():
            if self._sample is None or self._sample.done():
                self._sample = tasks.create_task(self._try(url, Kind.SEGMENT))
        return bool(items)

    def _ask_ahead(self, tasks: asyncio.TaskGroup) -> None:
        hint = self.track.hint
        # §6.3.8: "a client SHOULD request" the hinted resource ahead
        if hint is None or self.track.ended or hint in self._hints:
            return
        if len(self._hints) >= MAX_HINTS:
            oldest = next(iter(self._hints))
            self._hints.pop(oldest).cancel()
            self._readings.count_error("hint given up, it was not listed")
        self._hints[hint] = tasks.create_task(self._try(hint, Kind.HINT))

    async def _fetch_all(self) -> None:
        while (queued := await self._queue.get()) is not None:
            item, live = queued
            if item.map_url != self._map_url:
                self._map_url = item.map_url
                await self._try(item.map_url, Kind.INIT)
            if item.gap:
                self._forget_hint(item.url)
            if item.gap or await self._fetch(item):
                self._sink.part_arrived(self.track, item, live=live)

    def _forget_hint(self, url: str) -> None:
        asked = self._hints.pop(url, None)
        if asked is not None:
            asked.cancel()

    async def _fetch(self, item: Item) -> bool:
        asked = self._hints.pop(item.url, None)
        if asked is not None:
            exchange = await asked
            if exchange is not None and exchange.status == OK:
                self._readings.hint.add(exchange.received_ns - exchange.sent_ns)
                return True
        exchange = await self._try(item.url, Kind.PART)
        if exchange is None:
            return False
        self._readings.part.add(exchange.received_ns - exchange.sent_ns)
        return exchange.status == OK

    async def _try(self, url: str, kind: Kind) -> Exchange | None:
        """The answer; None when there was none, which the fetcher has counted."""
        try:
            return await self._fetcher.get(url, kind)
        except ServerUnreachable:
            return None


def _given_up(url: str, exchange: Exchange | None) -> NotPlayable | ServerUnreachable:
    if exchange is None:
        return ServerUnreachable(f"{url} was not answered {MAX_RETRIES} times in a row")
    return NotPlayable(f"{url} was refused with HTTP {exchange.status} too often")
