"""Laws of edge.delivery."""

import asyncio
import contextlib
import tracemalloc
from typing import Any

import pytest
import synthetic
from edge_harness import ROOM, Harness
from prometheus_client import CollectorRegistry

from edge.delivery import Delivery
from edge.errors import NoSuchBroadcast, NotInTime, TooManyWaiting
from edge.metrics import EdgeMetrics
from edge.settings import EdgeSettings
from edge.waiters import Waiters
from levelchat.media.time import NANOSECOND


def _delivery(edge: Harness, **settings: Any) -> Delivery:
    return Delivery(edge.origin, EdgeSettings(**settings), EdgeMetrics(CollectorRegistry()))


async def _held(edge: Harness, count: int = 1) -> None:
    async with asyncio.timeout(5):
        while edge.origin.broadcasts[ROOM].waiters.count < count:
            await asyncio.sleep(0)


async def test_a_stalled_broadcast_is_a_503(edge: Harness) -> None:
    """A5.7: what does not come within three target durations is refused, worth a retry."""
    edge.broadcast()
    broadcast = edge.origin.broadcasts[ROOM]
    broadcast.waiters = Waiters(0.05)
    position = broadcast.windows["v720"].position
    query = {"_HLS_msn": str(position.msn), "_HLS_part": str(position.part + 1)}

    with pytest.raises(NotInTime) as caught:
        await _delivery(edge).playlist(ROOM, "v720", query, gzip=False)

    assert caught.value.status == 503


async def test_held_requests_are_bounded(edge: Harness) -> None:
    """Beyond `max_waiters` a request is refused at once, and those held are not disturbed."""
    later = edge.broadcast()
    delivery = _delivery(edge, max_waiters=1)
    hint = edge.origin.broadcasts[ROOM].windows["v720"].next_part
    held = asyncio.create_task(delivery.media(ROOM, hint))
    await _held(edge)

    with pytest.raises(TooManyWaiting):
        await delivery.media(ROOM, hint)

    edge.origin.part(ROOM, later[0])
    assert (await held).body == later[0].data


async def test_who_waits_when_the_broadcast_ends_is_answered(edge: Harness) -> None:
    """The end answers every held request at once."""
    edge.broadcast()
    delivery = _delivery(edge)
    position = edge.origin.broadcasts[ROOM].windows["v720"].position
    query = {"_HLS_msn": str(position.msn), "_HLS_part": str(position.part + 1)}
    held = asyncio.create_task(delivery.playlist(ROOM, "v720", query, gzip=False))
    await _held(edge)
    edge.origin.end(ROOM)

    assert (await held).body.endswith(b"#EXT-X-ENDLIST\n")
    assert edge.origin.broadcasts[ROOM].target_seconds == synthetic.SEGMENT_SECONDS


async def test_a_part_beyond_its_segment_waits_for_the_next_ones_first(edge: Harness) -> None:
    """A5.3: who asked for a part that its segment turned out not to have is answered with part 0
    of the next, not when the segment closes.
    """
    later = [part for part in edge.broadcast(7.5) if part.rendition == "v720"]
    position = edge.origin.broadcasts[ROOM].windows["v720"].position
    query = {"_HLS_msn": str(position.msn), "_HLS_part": str(position.part + 2)}
    held = asyncio.create_task(_delivery(edge).playlist(ROOM, "v720", query, gzip=False))
    await _held(edge)
    assert later[0].last

    edge.origin.part(ROOM, later[0])
    await asyncio.sleep(0)
    assert edge.origin.broadcasts[ROOM].waiters.count == 1
    edge.origin.part(ROOM, later[1])

    assert f"{position.msn + 1}.0.m4s".encode() in (await held).body


async def test_a_hint_that_will_not_come_is_404(edge: Harness) -> None:
    """A7.4: a new program takes back what the one before hinted; who waits for it is told."""
    edge.broadcast()
    hint = edge.origin.broadcasts[ROOM].windows["v720"].next_part
    held = asyncio.create_task(_delivery(edge).media(ROOM, hint))
    await _held(edge)
    edge.origin.start(ROOM, synthetic.program("s2"))

    with pytest.raises(NoSuchBroadcast):
        await held


async def test_who_waits_over_a_restart_is_answered_by_the_new_program(edge: Harness) -> None:
    """A restart disturbs no held playlist request: it is answered when its part is passed."""
    edge.broadcast(seconds=7.5)
    position = edge.origin.broadcasts[ROOM].windows["v720"].position
    query = {"_HLS_msn": str(position.msn), "_HLS_part": str(position.part + 1)}
    held = asyncio.create_task(_delivery(edge).playlist(ROOM, "v720", query, gzip=False))
    await _held(edge)
    again = synthetic.program("s2")
    edge.origin.start(ROOM, again)
    for part in list(synthetic.parts(again, synthetic.START_NS + 10 * NANOSECOND, 0.5)):
        edge.origin.part(ROOM, part)

    assert b"#EXT-X-DISCONTINUITY\n" in (await held).body


async def test_a_broadcast_that_ends_before_it_began_is_404(edge: Harness) -> None:
    """Who waits for the first segment of a program that never sends one is told so."""
    edge.origin.start(ROOM, synthetic.program())
    held = asyncio.create_task(_delivery(edge).multivariant(ROOM, gzip=False))
    await _held(edge)
    edge.origin.end(ROOM)

    with pytest.raises(NoSuchBroadcast):
        await held


async def test_a_thousand_viewers_get_the_same_bytes(edge: Harness) -> None:
    """All who wait for a part share one body, rendered and packed once."""
    later = edge.broadcast()
    delivery = _delivery(edge)
    position = edge.origin.broadcasts[ROOM].windows["v720"].position
    query = {"_HLS_msn": str(position.msn), "_HLS_part": str(position.part + 1)}
    held = [
        asyncio.create_task(delivery.playlist(ROOM, "v720", query, gzip=True)) for _ in range(1000)
    ]
    await _held(edge, 1000)
    edge.origin.part(ROOM, later[0])
    bodies = {id(answer.body) for answer in await asyncio.gather(*held)}

    assert len(bodies) == 1


async def test_asking_for_nothing_leaves_nothing(edge: Harness) -> None:
    """A hundred thousand requests for rooms that nobody publishes into take no memory."""
    delivery = _delivery(edge)
    tracemalloc.start()
    try:
        for number in range(100_000):
            with contextlib.suppress(NoSuchBroadcast):
                await delivery.multivariant(f"r_none{number}", gzip=True)
        left, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert left < 50_000
