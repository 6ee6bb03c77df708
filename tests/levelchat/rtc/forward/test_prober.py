"""Probes, sent."""

import forwardkit
from forwardkit import Kit, Pushing, h264, running, until

from levelchat.rtc.forward.portable import PortableForwarder


async def test_an_outlet_without_a_source_is_not_probed(kit: Kit) -> None:
    """There is no stream that padding could be part of."""
    viewer = kit.peer()
    outlet = kit.outlet(viewer, rtx=9)
    kit.forwarder.probe(outlet, 5_000_000, 20)
    source = Pushing(kit)
    await kit.settle()
    kit.select(outlet, source.number, at_once=True)
    source.push(1, 1, h264(1))
    await until(lambda: len(viewer.of(0xAAAA)) == 1)

    assert viewer.of(0xAAAA)[0].sequence == 1


async def test_probes_end() -> None:
    """A probe that is over, of a closed outlet, or of a core that closes leaves no timer."""
    forwarder = PortableForwarder(forwardkit.clock())
    async with running(forwarder) as kit:
        viewer, source = kit.peer(), Pushing(kit)
        outlets = [kit.outlet(viewer, 100 + n, rtx=200 + n) for n in range(3)]
        for outlet in outlets:
            kit.select(outlet, source.number, at_once=True)
        source.push(1, 1, h264(1), marker=True)
        forwarder.probe(outlets[0], 800_000, 20)
        forwarder.probe(outlets[1], 800_000, 1000)
        forwarder.close_outlet(outlets[1])
        await until(lambda: not forwarder._prober._probes and not forwarder._prober._timer)
        forwarder.probe(outlets[2], 800_000, 1000)
    assert forwarder._prober._timer is None
