"""Packets go to all who carry their source."""

from forwardkit import OUT_PT, Kit, h264, packet, until


async def test_a_packet_goes_to_each_outlet(kit: Kit) -> None:
    """Each subscriber gets the publisher's payload under its own SSRC and payload type."""
    publisher, viewers = kit.peer(), [kit.peer() for _ in range(3)]
    source = kit.source()
    kit.forwarder.attach(source, publisher.number, 0x1234)
    for index, viewer in enumerate(viewers):
        kit.select(kit.outlet(viewer, 0x100 + index), source)

    for number in range(10):
        payload = h264(number, key=not number)
        publisher.send(packet(500 + number, 9000 * number, payload, marker=number % 2 == 1))
    await until(lambda: all(len(viewer.received) == 10 for viewer in viewers))

    for index, viewer in enumerate(viewers):
        assert {(p.ssrc, p.payload_type) for p in viewer.received} == {(0x100 + index, OUT_PT)}
        assert [p.sequence for p in viewer.received] == list(range(500, 510))
        assert [p.timestamp for p in viewer.received] == [9000 * n for n in range(10)]
        assert [p.payload for p in viewer.received] == [h264(n, key=not n) for n in range(10)]
        assert [p.marker for p in viewer.received] == [n % 2 == 1 for n in range(10)]
