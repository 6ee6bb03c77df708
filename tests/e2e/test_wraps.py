"""Numbers that begin anew at zero, all the way from a publisher to a subscriber."""

import contextlib

import pytest
import stagenet
from forwardkit import until
from stagenet import TICKS, Sender
from whepkit import Viewer, viewers

CYCLE = 1 << 16
FIRST, EARLY = 65_500, (1 << 32) - 1000
BURST = 128
"""Packets that no socket on the way is too small for."""


async def send(sender: Sender, viewer: Viewer, count: int) -> None:
    """So many, as fast as they arrive."""
    aim = len(viewer.packets)
    for _ in range(0, count, BURST):
        aim += BURST
        for _ in range(BURST):
            sender.picture()
        await until(lambda aim=aim: len(viewer.packets) >= aim)  # type: ignore[misc]


@pytest.mark.parametrize(("core", "packets"), [("native", CYCLE), ("portable", CYCLE // 8)])
async def test_numbers_wrap_from_end_to_end(core: str, packets: int) -> None:
    """Sequence numbers and timestamps go on through zero, and SRTP's count of cycles with them:
    for all 65,536 of a cycle, and when another publisher goes on in the same stream.
    """
    anna, again = Sender(FIRST, EARLY), Sender(60_000, 5)
    with viewers(1) as (viewer,), contextlib.closing(anna), contextlib.closing(again):
        async with stagenet.running(core) as net:
            await anna.publish(net, "anna")
            anna.picture()
            await stagenet.view(net, viewer)
            await until(lambda: bool(viewer.packets))
            await send(anna, viewer, packets)
            first = len(viewer.packets)
            await again.publish(net, "anna")
            await send(again, viewer, 4 * BURST)

            numbers = [packet.sequence % CYCLE for packet in viewer.packets]
            assert numbers == [(FIRST + index) % CYCLE for index in range(len(numbers))]
            assert [packet.timestamp for packet in viewer.packets[:first]] == [
                (EARLY + TICKS * index) % (1 << 32) for index in range(first)
            ]
            assert len({packet.ssrc for packet in viewer.packets}) == 1
            assert net.metric("levelchat_rtc_srtp_errors_total") == 0
