"""Laws of one followed playlist, against a live origin over real sockets."""

import asyncio
import itertools

from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from origin import Faults, Origin, live_broadcast

from levelchat.client.fetcher import Fetcher
from levelchat.client.following import Following
from levelchat.client.report import Readings
from levelchat.client.track import Item, Track
from levelchat.clock import SystemClock


class Arrivals:
    """Remembers what arrived."""

    def __init__(self) -> None:
        self.items: list[tuple[Item, bool]] = []
        self.ended: list[str] = []

    def part_arrived(self, _track: Track, item: Item, *, live: bool) -> None:
        self.items.append((item, live))

    def track_ended(self, track: Track) -> None:
        self.ended.append(track.name)


async def _follow(origin: Origin, seconds: float) -> tuple[Arrivals, Readings]:
    arrivals, readings, clock = Arrivals(), Readings(), SystemClock()
    async with TestServer(origin.application()) as server, ClientSession() as session:
        fetcher = Fetcher(session=session, clock=clock, observe=lambda _: None, readings=readings)
        following = Following(
            Track("v360", str(server.make_url("/live/r/v360.m3u8"))),
            fetcher=fetcher,
            clock=clock,
            readings=readings,
            sink=arrivals,
        )
        await following.load()
        following.track.start_at(following.track.edge_ns())
        task = asyncio.create_task(following.run())
        await asyncio.wait([task], timeout=seconds)
        task.cancel()
        await asyncio.wait([task])
    return arrivals, readings


async def test_parts_arrive_in_order_without_a_hole() -> None:
    """Each part begins where the one before ended, whether it was hinted or listed."""
    arrivals, _ = await _follow(Origin(live_broadcast()), 2)
    items = [item for item, _ in arrivals.items]

    assert len(items) > 5
    assert all(after.start_ns == before.end_ns for before, after in itertools.pairwise(items))
    assert not arrivals.items[0][1], "what was listed at the start is not live"
    assert arrivals.items[-1][1]


async def test_parts_that_are_refused_are_left_out() -> None:
    """A part that the server refuses does not arrive, and the next ones are still asked for."""
    arrivals, readings = await _follow(Origin(live_broadcast(), Faults(refuse_parts=True)), 1)

    assert arrivals.items == []
    assert readings.errors["part 404"] > 2


async def test_the_end_is_told_after_the_last_part() -> None:
    """EXT-X-ENDLIST ends the task by itself once every part is here."""
    broadcast = live_broadcast()
    newest = broadcast.newest(SystemClock().wall_ns())
    end = (newest[0] + 1, broadcast.parts - 1)
    arrivals, _ = await _follow(Origin(broadcast, Faults(ended_at=end)), 10)

    assert arrivals.ended == ["v360"]
    assert (arrivals.items[-1][0].msn, arrivals.items[-1][0].index) == end
