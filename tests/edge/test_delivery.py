"""Laws of edge.delivery."""

import asyncio
from typing import Any

import pytest
import synthetic
from edge_harness import ROOM, Harness
from prometheus_client import CollectorRegistry

from edge.delivery import Delivery
from edge.errors import NotInTime, TooManyWaiting
from edge.metrics import EdgeMetrics
from edge.settings import EdgeSettings
from edge.waiters import Waiters


def _delivery(edge: Harness, **settings: Any) -> Delivery:
    return Delivery(edge.origin, EdgeSettings(**settings), EdgeMetrics(CollectorRegistry()))


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
    async with asyncio.timeout(5):
        while not edge.origin.broadcasts[ROOM].waiters.count:
            await asyncio.sleep(0)

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
    async with asyncio.timeout(5):
        while not edge.origin.broadcasts[ROOM].waiters.count:
            await asyncio.sleep(0)
    edge.origin.end(ROOM)

    assert (await held).body.endswith(b"#EXT-X-ENDLIST\n")
    assert edge.origin.broadcasts[ROOM].target_seconds == synthetic.SEGMENT_SECONDS
