"""Datagrams as they come."""

import asyncio
import itertools

import forwardkit
from forwardkit import running, until

from levelchat.rtc.forward.portable import PortableForwarder
from levelchat.rtc.forward.reception import BURST, MAX_SENT


async def test_a_burst_is_read_in_parts() -> None:
    """All of it comes, in order, however long it is."""
    async with running(PortableForwarder(forwardkit.clock())) as kit:
        peer = kit.peer()
        for number in range(3 * BURST):
            peer.send_raw(b"\x00" + number.to_bytes(2, "big"))
        await until(lambda: len(kit.events.datagrams) == 3 * BURST)

        assert [data[1:] for _, data, _ in kit.events.datagrams] == [
            number.to_bytes(2, "big") for number in range(3 * BURST)
        ]


async def test_a_burst_to_many_lets_others_run() -> None:
    """After so many packets sent the loop has its turn before the next is read."""
    async with running(PortableForwarder(forwardkit.clock())) as kit:
        publisher, viewer = kit.peer(), kit.peer()
        source = kit.source()
        kit.forwarder.attach(source, publisher.number, 0x1234)
        for ssrc in range(60):
            kit.select(kit.outlet(viewer, 1000 + ssrc), source, at_once=True)
        for number in range(40):
            publisher.send(forwardkit.packet(number))
        seen = {0}
        async with asyncio.timeout(forwardkit.WAIT_S):
            while len(viewer.received) < 2400:
                await asyncio.sleep(0)
                seen.add(kit.forwarder.totals().forwarded)

    assert (
        max(after - before for before, after in itertools.pairwise(sorted(seen))) <= MAX_SENT + 60
    )
