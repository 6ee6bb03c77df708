"""The core in Python: what it forgets."""

import forwardkit
from forwardkit import Pushing, h264, packet, running, until

from levelchat.rtc.forward.portable import PortableForwarder


async def test_nothing_is_left_of_what_was_closed() -> None:
    """Routes, sources and outlets leave no trace in each other."""
    forwarder = PortableForwarder(forwardkit.clock())
    async with running(forwarder) as kit:
        publisher, viewer, source = kit.peer(), kit.peer(), Pushing(kit)
        forwarder.attach(source.number, publisher.number, 0x1234)
        forwarder.attach(source.number, publisher.number, 0x5678, repair=True)
        other = Pushing(kit)
        forwarder.attach(other.number, publisher.number, 0x5678)
        outlet = kit.outlet(viewer, rtx=9)
        kit.select(outlet, source.number, replay=True)
        publisher.send(packet(1, payload=h264(1, key=True)))
        await until(lambda: len(viewer.received) == 1)
        route = forwarder._routes[publisher.number]
        known = forwarder._sources[source.number]
        assert known.attached == {(publisher.number, 0x1234)}
        forwarder.close_outlet(outlet)
        forwarder.close_source(source.number)
        assert (known.carrying, set(route.attached)) == ([], {0x5678})
        for peer in (publisher, viewer):
            forwarder.close_route(peer.number)
        assert (forwarder._routes, forwarder._outlets) == ({}, {})
        assert forwarder._reception._bound == {}
        assert forwarder._sources[other.number].attached == set()


async def test_a_core_that_is_closed_does_nothing() -> None:
    """Calls that come too late are ignored."""
    forwarder = PortableForwarder(forwardkit.clock())
    async with running(forwarder) as kit:
        peer = kit.peer()
    forwarder.open_route(9, 0, *peer.core_sessions(), "late")
    forwarder.send(0, b"x", ("127.0.0.1", 9))
    forwarder.close()

    assert forwarder._routes == {}
