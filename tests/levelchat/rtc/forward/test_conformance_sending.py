"""What every forwarding core sends (F8 to F13, F15, F16)."""

import asyncio

from forwardkit import (
    IDS,
    OUT_IDS,
    OUT_PT,
    OUT_RTX_PT,
    Kit,
    Peer,
    Pushing,
    dependency,
    h264,
    packet,
    running,
    until,
    vp8,
)

from levelchat.media.codec import Codec
from levelchat.rtc import rtcp, rtp
from levelchat.rtc.forward.seams import REPLAY_BURST, ExtensionIds, Forwarder

OUT = 0xAAAA


def _sequences(viewer: Peer) -> list[int]:
    return [p.sequence for p in viewer.of(OUT)]


async def test_long_elements_go_in_the_two_byte_form(kit: Kit) -> None:
    """F8: an element of more than 16 bytes is kept."""
    viewer, source = kit.peer(), Pushing(kit)
    kit.select(kit.outlet(viewer), source.number, at_once=True)
    structure = bytes(range(1, 41))
    source.push(1, 1, h264(1), elements={IDS.dependency: structure, IDS.audio_level: b"\x10"})
    await until(lambda: len(viewer.received) == 1)

    (got,) = viewer.received
    assert got.profile == 0x1000
    assert rtp.extension_element(got, OUT_IDS.dependency) == structure
    assert rtp.extension_element(got, OUT_IDS.audio_level) == b"\x10"


async def test_each_outlet_has_its_own_identifiers(kit: Kit) -> None:
    """F8: the same element goes out under each subscriber's number, and not without one."""
    source = Pushing(kit)
    viewers = [kit.peer() for _ in range(3)]
    for viewer, level in zip(viewers, (3, 14, 0), strict=True):
        ids = ExtensionIds(audio_level=level)
        kit.select(kit.outlet(viewer, extensions=ids), source.number, at_once=True)
    source.push(1, 1, h264(1), elements={IDS.audio_level: b"\x2a"})
    await until(lambda: all(viewer.received for viewer in viewers))

    assert rtp.extension_element(viewers[0].received[0], 3) == b"\x2a"
    assert rtp.extension_element(viewers[1].received[0], 14) == b"\x2a"
    assert viewers[2].received[0].extension == b""


async def test_numbers_and_timestamps_wrap(kit: Kit) -> None:
    """F9: the first source has its own numbers, through both wraps."""
    viewer, source = kit.peer(), Pushing(kit)
    kit.select(kit.outlet(viewer), source.number)
    for index in range(6):
        payload = h264(index, key=not index)
        source.push(65_533 + index, 0xFFFFF000 + 3000 * index, payload, index)
    await until(lambda: len(viewer.received) == 6)

    assert _sequences(viewer) == [65_533, 65_534, 65_535, 0, 1, 2]
    assert [p.timestamp for p in viewer.received] == [
        (0xFFFFF000 + 3000 * index) & 0xFFFFFFFF for index in range(6)
    ]


async def test_srtp_goes_on_beyond_its_first_cycles(kit: Kit) -> None:
    """F15: after 65,536 packets, and after a switch in a later cycle, receivers still decrypt."""
    viewer, first, second = kit.peer(), Pushing(kit), Pushing(kit)
    outlet = kit.outlet(viewer)
    kit.select(outlet, first.number)
    for index in range(80):
        first.push(10 + 2900 * index, index, h264(index, key=not index), index)
        if index % 20 == 19:
            await kit.settle()
    kit.select(outlet, second.number)
    for index in range(80):
        second.push(60_000 + 2900 * index, index, h264(index, key=not index), 100 + index)
        if index % 20 == 19:
            await kit.settle()
    await until(lambda: len(viewer.received) == 160)

    last = 10 + 2900 * 79
    assert _sequences(viewer)[80:] == [(last + 1 + 2900 * index) & 0xFFFF for index in range(80)]
    assert viewer.refused == 0


async def test_a_switch_waits_for_a_key_frame(kit: Kit) -> None:
    """F10, F11: the old source flows until a key frame of the new; numbers go on, and timestamps
    by the time that passed.
    """
    viewer, low, high = kit.peer(), Pushing(kit), Pushing(kit)
    outlet = kit.outlet(viewer)
    kit.select(outlet, low.number)
    low.push(100, 1000, h264(0, key=True), 0)
    low.push(101, 1000, h264(1), 1)
    kit.select(outlet, high.number)
    high.push(7, 50, h264(100), 2)
    low.push(102, 4000, h264(2), 33)
    high.push(8, 3050, h264(101, key=True), 43)
    low.push(103, 7000, h264(3), 66)
    high.push(9, 3050, h264(102), 44)
    high.push(7, 50, h264(100), 45)
    high.push(10, 6050, h264(103), 76)
    await kit.settle()

    assert [p.payload for p in viewer.received] == [
        h264(0, key=True),
        h264(1),
        h264(2),
        h264(101, key=True),
        h264(102),
        h264(103),
    ]
    assert _sequences(viewer) == [100, 101, 102, 103, 104, 105]
    assert [p.timestamp for p in viewer.received] == [1000, 1000, 4000, 4900, 4900, 7900]
    assert kit.events.switched == [(outlet, low.number), (outlet, high.number)]
    assert kit.forwarder.outlet_stats(outlet).source == high.number


async def test_timestamps_go_on_by_at_least_one_tick(kit: Kit) -> None:
    """F10: also when no time passed, or the new packet came before."""
    viewer, first, second = kit.peer(), Pushing(kit), Pushing(kit)
    outlet = kit.outlet(viewer)
    kit.select(outlet, first.number)
    first.push(1, 1000, h264(0, key=True), 10)
    kit.select(outlet, second.number, at_once=True)
    second.push(1, 9, h264(1), 5)
    await until(lambda: len(viewer.received) == 2)

    assert [p.timestamp for p in viewer.received] == [1000, 1001]


def _report(ssrc: int, ntp_ms: int, timestamp: int) -> bytes:
    ntp = (3_900_000_000 << 32) + (ntp_ms << 32) // 1000
    head = (0x80C80006).to_bytes(4, "big") + ssrc.to_bytes(4, "big") + ntp.to_bytes(8, "big")
    return head + timestamp.to_bytes(4, "big") + bytes(8)


async def _reported(kit: Kit, first_ms: int, second_ms: int) -> list[int]:
    """Timestamps around a switch between two sources with sender reports."""
    publisher, viewer = kit.peer(), kit.peer()
    sources = Pushing(kit), Pushing(kit)
    for source, ssrc in zip(sources, (11, 22), strict=True):
        kit.forwarder.attach(source.number, publisher.number, ssrc)
    outlet = kit.outlet(viewer)
    kit.select(outlet, sources[0].number)
    sources[0].push(1, 1000, h264(0, key=True), 0, ssrc=11)
    publisher.send_rtcp(_report(11, first_ms, 1000))
    publisher.send_rtcp(_report(22, second_ms, 500_000))
    await until(lambda: len(kit.events.rtcp) == 2)
    kit.select(outlet, sources[1].number)
    sources[1].push(5, 500_900, h264(1, key=True), 200, ssrc=22)
    await until(lambda: len(viewer.received) == 2)
    return [p.timestamp for p in viewer.received]


async def test_timestamps_go_on_by_what_sender_reports_say(kit: Kit) -> None:
    """F10: the distance of the two captures counts, not that of the arrivals."""
    first, second = await _reported(kit, 5000, 5040)

    assert abs(second - first - (3600 + 900)) <= 1


async def test_unbelievable_sender_reports_do_not_count(kit: Kit) -> None:
    """F10: captures more than 10 s apart, or the wrong way round, are not believed."""
    first, second = await _reported(kit, 5000, 16_000)

    assert second - first == 18_000


async def test_vp8_counters_go_on(kit: Kit) -> None:
    """F10: picture id and TL0PICIDX continue over a switch, with 15 bits and with 7."""
    viewer, first, second, third = kit.peer(), *(Pushing(kit, Codec.VP8) for _ in range(3))
    outlet = kit.outlet(viewer, codec=Codec.VP8)
    kit.select(outlet, first.number)
    first.push(1, 1, vp8(0, key=True, picture=32_767, tl0=255, temporal=0), 0)
    kit.select(outlet, second.number)
    second.push(1, 1, vp8(1, key=True, picture=500, tl0=9, temporal=0), 1)
    second.push(2, 1, vp8(1, begins=False, picture=500, tl0=9, temporal=0), 1)
    second.push(3, 9, vp8(2, picture=501, tl0=10, temporal=0), 2)
    kit.select(outlet, third.number)
    third.push(1, 1, vp8(3, key=True, picture=100, tl0=77, temporal=0, long=False), 3)
    third.push(2, 2, vp8(4, picture=101, tl0=78, temporal=0, long=False), 4)
    await until(lambda: len(viewer.received) == 6)

    assert [p.payload for p in viewer.received] == [
        vp8(0, key=True, picture=32_767, tl0=255, temporal=0),
        vp8(1, key=True, picture=0, tl0=0, temporal=0),
        vp8(1, begins=False, picture=0, tl0=0, temporal=0),
        vp8(2, picture=1, tl0=1, temporal=0),
        vp8(3, key=True, picture=2, tl0=2, temporal=0, long=False),
        vp8(4, picture=3, tl0=3, temporal=0, long=False),
    ]


async def test_frame_numbers_go_on(kit: Kit) -> None:
    """F10: the dependency descriptor's frame number continues over a switch."""
    viewer, first, second = kit.peer(), Pushing(kit, Codec.AV1), Pushing(kit, Codec.AV1)
    outlet = kit.outlet(viewer)
    kit.select(outlet, first.number, at_once=True)
    first.push(1, 1, b"\x18\x30a", 0, elements={IDS.dependency: dependency(0, 65_535)})
    kit.select(outlet, second.number)
    second.push(1, 1, b"\x18\x30b", 1, elements={IDS.dependency: dependency(0, 7)})
    second.push(2, 2, b"\x10\x30c", 2, elements={IDS.dependency: dependency(0, 8)})
    await until(lambda: len(viewer.received) == 3)

    assert [rtp.extension_element(p, OUT_IDS.dependency) for p in viewer.received] == [
        dependency(0, 65_535),
        dependency(0, 0),
        dependency(0, 1),
    ]


async def test_audio_goes_over_at_once(kit: Kit) -> None:
    """F11: sound needs no key frame."""
    viewer, first, second = kit.peer(), Pushing(kit, Codec.OPUS), Pushing(kit, Codec.OPUS)
    outlet = kit.outlet(viewer, codec=Codec.OPUS)
    kit.select(outlet, first.number)
    first.push(1, 1, b"one", 0, payload_type=111)
    kit.select(outlet, second.number)
    second.push(900, 5, b"two", 20, payload_type=111)
    first.push(2, 961, b"late", 21, payload_type=111)
    await kit.settle()

    assert [p.payload for p in viewer.received] == [b"one", b"two"]
    assert [p.timestamp for p in viewer.received] == [1, 961]
    assert kit.events.wanted == []


async def test_who_joins_gets_the_picture_at_once(kit: Kit) -> None:
    """F12: what came since the newest key frame, a burst and then in small pieces, and then live,
    without a gap.
    """
    viewer, source = kit.peer(), Pushing(kit)
    for number in range(300):
        source.push(number, 10 * number, h264(number, key=number in (10, 50)))
    outlet = kit.outlet(viewer)
    kit.select(outlet, source.number, replay=True)
    await until(lambda: len(viewer.received) >= REPLAY_BURST)
    for number in range(300, 340):
        source.push(number, 10 * number, h264(number), 100 + number)
        await asyncio.sleep(0.001)
    await until(lambda: len(viewer.received) == 290)
    source.push(340, 3400, h264(340), 999)
    await until(lambda: len(viewer.received) == 291)

    assert _sequences(viewer) == list(range(50, 341))
    assert viewer.received[0].payload == h264(50, key=True)
    assert kit.events.switched == [(outlet, source.number)]
    assert kit.events.wanted == []


async def test_a_replay_reserves_what_is_missing(kit: Kit) -> None:
    """F7, F12: a packet that comes during a replay goes out under its number."""
    viewer, source = kit.peer(), Pushing(kit)
    for number in range(400):
        if number != 5:
            source.push(number, number, h264(number, key=not number))
    kit.select(kit.outlet(viewer), source.number, replay=True)
    source.push(5, 5, h264(5))
    await until(lambda: len(viewer.received) == 400)

    assert sorted(_sequences(viewer)) == list(range(400))


async def test_without_a_key_frame_one_is_wanted(kit: Kit) -> None:
    """F12: the history has none, so the publisher is asked; then video begins with it."""
    viewer, source = kit.peer(), Pushing(kit)
    source.push(1, 1, h264(1))
    outlet = kit.outlet(viewer)
    kit.select(outlet, source.number, replay=True)
    source.push(2, 2, h264(2))
    source.push(3, 3, h264(3, key=True))
    await until(lambda: len(viewer.received) == 1)
    await kit.settle()

    assert _sequences(viewer) == [3]
    assert kit.events.wanted == [outlet]


async def test_a_pause_keeps_the_numbers(kit: Kit) -> None:
    """F13: nothing goes out, and what comes after continues."""
    viewer, source = kit.peer(), Pushing(kit)
    outlet = kit.outlet(viewer)
    kit.select(outlet, source.number)
    source.push(1, 100, h264(1, key=True), 0)
    kit.select(outlet, 0)
    source.push(2, 200, h264(2), 10)
    kit.select(outlet, source.number)
    source.push(3, 300, h264(3), 20)
    source.push(4, 400, h264(4, key=True), 30)
    await kit.settle()

    assert [p.payload for p in viewer.received] == [h264(1, key=True), h264(4, key=True)]
    assert _sequences(viewer) == [1, 2]
    assert [p.timestamp for p in viewer.received] == [100, 100 + 2700]


async def test_another_payload_type_from_now_on(kit: Kit) -> None:
    """The same source again changes only what the selection says."""
    viewer, source = kit.peer(), Pushing(kit)
    outlet = kit.outlet(viewer)
    kit.select(outlet, source.number)
    source.push(1, 1, h264(1, key=True))
    kit.select(outlet, source.number, payload_type=120)
    source.push(2, 2, h264(2))
    await until(lambda: len(viewer.received) == 2)

    assert [p.payload_type for p in viewer.received] == [OUT_PT, 120]
    assert _sequences(viewer) == [1, 2]


async def test_sender_reports_go_on(kit: Kit) -> None:
    """F16: each outlet reports the same NTP time, its own timestamps and counts, and its CNAME."""
    publisher, viewer, other = kit.peer(), kit.peer(), kit.peer()
    first, second = Pushing(kit), Pushing(kit)
    kit.forwarder.attach(second.number, publisher.number, 22)
    outlet = kit.outlet(viewer)
    kit.outlet(other, 0xBBBB)
    kit.select(outlet, first.number)
    first.push(1, 1000, h264(0, key=True), 0)
    kit.select(outlet, second.number)
    second.push(1, 50_000, h264(1, key=True), 10, ssrc=22)
    report = _report(22, 7000, 50_090)
    publisher.send_rtcp(report)
    await until(lambda: len(viewer.rtcp) == 1)
    await until(lambda: len(kit.events.rtcp) == 1)

    (got,) = rtcp.parse(viewer.rtcp[0])
    assert isinstance(got, rtcp.SenderReport)
    assert got.ssrc == OUT
    assert got.ntp == int.from_bytes(report[8:16], "big")
    assert got.rtp_timestamp == 1000 + 900 + 90
    assert (got.packets, got.octets) == (2, len(h264(0, key=True)) * 2)
    assert f"cname-{viewer.number}".encode() in viewer.rtcp[0]
    assert other.rtcp == []
    assert kit.events.rtcp == [(publisher.number, report)]
    stats = kit.forwarder.source_stats(second.number)
    assert stats.last_sender_report == int.from_bytes(report[10:14], "big")


async def test_a_route_gets_new_keys(kit: Kit) -> None:
    """A new DTLS association replaces the keys both ways; numbers go on."""
    publisher, viewer = kit.peer(), kit.peer()
    source = kit.source()
    kit.forwarder.attach(source, publisher.number, 0x1234)
    kit.select(kit.outlet(viewer), source, at_once=True)
    publisher.send(packet(1, payload=h264(1)))
    await until(lambda: len(viewer.received) == 1)
    for peer in (publisher, viewer):
        peer.key_in, peer.key_out = bytes(range(28)), bytes(range(50, 78))
        peer.renew()
        rx, tx = peer.core_sessions()
        kit.forwarder.open_route(peer.number, 0, rx, tx, "again")
    publisher.send(packet(2, payload=h264(2)))
    await until(lambda: len(viewer.received) == 2)

    assert _sequences(viewer) == [1, 2]
    assert viewer.refused == 0


async def test_rtcp_of_our_own_goes_out(kit: Kit) -> None:
    """`send_rtcp` protects what it is given."""
    peer = kit.peer()
    kit.forwarder.send_rtcp(peer.number, rtcp.pli(1, 2))
    await until(lambda: len(peer.rtcp) == 1)

    assert peer.rtcp == [rtcp.pli(1, 2)]


async def test_plain_datagrams_go_out(kit: Kit) -> None:
    """`send` sends STUN and DTLS as they are."""
    peer = kit.peer()
    asyncio.get_running_loop().remove_reader(peer.sock.fileno())
    kit.forwarder.send(0, b"\x01\x01answer", peer.address)
    seen: list[bytes] = []

    def has_come() -> bool:
        try:
            seen.append(peer.sock.recv(100))
        except BlockingIOError:
            return False
        return True

    await until(has_come)

    assert seen == [b"\x01\x01answer"]


async def test_a_route_without_an_address(kit: Kit) -> None:
    """ICE-TCP: packets go to `on_outgoing`, and come by `deliver`; before `aim` nowhere."""
    viewer = kit.peer(aimed=False)
    source = Pushing(kit)
    outlet = kit.outlet(viewer)
    kit.select(outlet, source.number, at_once=True)
    source.push(1, 1, h264(1))
    await kit.settle()
    assert (viewer.received, kit.events.outgoing) == ([], [])

    kit.forwarder.aim(viewer.number, None)
    source.push(2, 2, h264(2))
    kit.forwarder.send_rtcp(viewer.number, rtcp.pli(1, 2))
    await until(lambda: len(kit.events.outgoing) == 2)
    for number, datagram in kit.events.outgoing:
        assert number == viewer.number
        viewer.take(datagram)
    assert _sequences(viewer) == [2]
    assert viewer.rtcp == [rtcp.pli(1, 2)]

    datagram = viewer.tx.protect_rtcp(rtcp.pli(9, OUT))
    kit.forwarder.deliver(viewer.number, datagram, kit.now())
    await until(lambda: kit.events.wanted == [outlet])


async def test_shards_hand_packets_on(forwarder: Forwarder) -> None:
    """A source's packets reach outlets on every shard."""
    async with running(forwarder, shards=3) as kit:
        publisher = kit.peer(1)
        viewers = [kit.peer(shard) for shard in (0, 1, 2, 2)]
        source = kit.source()
        kit.forwarder.attach(source, publisher.number, 0x1234)
        for index, viewer in enumerate(viewers):
            kit.select(kit.outlet(viewer, 100 + index), source)
        for number in range(50):
            publisher.send(packet(number, number, h264(number, key=not number)))
        await until(lambda: all(len(viewer.received) == 50 for viewer in viewers))

        for viewer in viewers:
            assert [p.sequence for p in viewer.received] == list(range(50))


async def test_what_goes_at_once_may_have_any_sizes(kit: Kit) -> None:
    """F8: padding that makes packets of one burst equal never ends up in a payload."""
    viewer, source = kit.peer(), Pushing(kit)
    outlet = kit.outlet(viewer, rtx=0xEEEE)
    sizes = [1000, 100, 500, 1000, 1000, 90, 600, 20, 300, 1000, 950, 1000, 30, 31]
    payloads = [h264(n, key=not n) + b"\x01" * size for n, size in enumerate(sizes)]
    for number, payload in enumerate(payloads):
        source.push(number, 90 * number, payload, number, marker=True)
    await kit.settle()
    kit.select(outlet, source.number, replay=True)
    await until(lambda: len(viewer.received) == len(payloads))

    assert [packet.payload for packet in viewer.received] == payloads


async def test_probes_are_padding(kit: Kit) -> None:
    """Probing sends nothing but padding, on the RTX stream at about the bitrate."""
    viewer, source = kit.peer(), Pushing(kit)
    outlet = kit.outlet(viewer, rtx=0xEEEE)
    kit.select(outlet, source.number, at_once=True)
    source.push(1, 1, h264(1), marker=True)
    await until(lambda: len(viewer.received) == 1)
    kit.forwarder.probe(outlet, 1_000_000, 100)
    await until(lambda: len(viewer.received) > 30)
    source.push(2, 2, h264(2), marker=True)
    await until(lambda: len(viewer.of(OUT)) == 2)

    padding = [p for p in viewer.received if p.ssrc == 0xEEEE]
    assert {(p.payload, p.payload_type) for p in padding} == {(b"", OUT_RTX_PT)}
    sequences = [p.sequence for p in padding]
    assert sequences == [(sequences[0] + n) & 0xFFFF for n in range(len(padding))]
    assert _sequences(viewer) == [1, 2]


async def test_probes_go_between_pictures(kit: Kit) -> None:
    """Without RTX padding takes the outlet's own numbers, and never within a picture."""
    viewer, source = kit.peer(), Pushing(kit)
    outlet = kit.outlet(viewer)
    kit.select(outlet, source.number, at_once=True)
    source.push(1, 1, h264(1))
    await until(lambda: len(viewer.received) == 1)
    kit.forwarder.probe(outlet, 2_000_000, 1000)
    await asyncio.sleep(0.03)
    source.push(2, 1, h264(2), marker=True)
    await until(lambda: len(viewer.received) > 12)
    source.push(3, 9, h264(3))
    await until(lambda: len(viewer.of(OUT)) == 3)
    await kit.settle()

    assert [p.sequence for p in viewer.received] == list(range(1, len(viewer.received) + 1))
    assert [p.payload for p in viewer.received[:2]] == [h264(1), h264(2)]
    assert viewer.received[-1].payload == h264(3)
    assert {p.timestamp for p in viewer.received[2:-1]} == {1}


async def test_things_close_while_packets_fly(kit: Kit) -> None:
    """Closing outlets, sources and routes in any order does no harm; what is gone is ignored."""
    publisher = kit.peer()
    viewers = [kit.peer() for _ in range(6)]
    source = kit.source()
    kit.forwarder.attach(source, publisher.number, 0x1234)
    outlets = [kit.outlet(viewer, 100 + n) for n, viewer in enumerate(viewers)]
    for outlet in outlets:
        kit.select(outlet, source, replay=True, at_once=True)
    for number in range(60):
        publisher.send(packet(number, number, h264(number, key=number % 7 == 0)))
        if number == 10:
            kit.forwarder.close_outlet(outlets[0])
        if number == 20:
            kit.forwarder.probe(outlets[2], 1_000_000, 100)
            kit.forwarder.close_route(viewers[1].number)
        if number == 30:
            kit.forwarder.close_source(source)
        if number == 40:
            kit.forwarder.close_route(publisher.number)
        if number % 5 == 0:
            await asyncio.sleep(0)
    kit.select(outlets[0], source)
    kit.forwarder.close_outlet(outlets[0])
    kit.forwarder.push(source, packet(1), kit.now())
    kit.forwarder.aim(publisher.number, None)
    kit.forwarder.attach(source, publisher.number, 5)
    kit.forwarder.deliver(publisher.number, b"\x80\x60" + bytes(30), kit.now())
    await kit.settle()

    assert kit.forwarder.outlet_stats(outlets[2]).source == 0
    assert kit.forwarder.outlet_stats(outlets[0]).packets == 0
    assert kit.forwarder.source_stats(source).packets == 0
    assert kit.forwarder.route_stats(publisher.number).srtp_packets == 0


async def test_a_source_that_closes_leaves_its_outlets(kit: Kit) -> None:
    """They carry nothing and can carry another, with numbers that go on."""
    viewer, first, second = kit.peer(), Pushing(kit), Pushing(kit)
    outlet = kit.outlet(viewer)
    kit.select(outlet, first.number)
    first.push(5, 5, h264(1, key=True), 0)
    await until(lambda: len(viewer.received) == 1)
    kit.forwarder.close_source(first.number)
    kit.select(outlet, second.number)
    second.push(900, 7, h264(2, key=True), 10)
    await until(lambda: len(viewer.received) == 2)

    assert _sequences(viewer) == [5, 6]
    assert [p.timestamp for p in viewer.received] == [5, 905]


async def test_totals_count(kit: Kit) -> None:
    """The whole core says what it took and gave."""
    publisher, viewer = kit.peer(), kit.peer()
    source = kit.source()
    kit.forwarder.attach(source, publisher.number, 0x1234)
    outlet = kit.outlet(viewer)
    kit.select(outlet, source, at_once=True)
    for number in range(5):
        publisher.send(packet(number, payload=h264(number)))
    await until(lambda: len(viewer.received) == 5)
    await kit.settle()

    totals, stats = kit.forwarder.totals(), kit.forwarder.outlet_stats(outlet)
    assert totals.received >= 5
    assert (totals.forwarded, totals.resent, totals.send_errors) == (5, 0, 0)
    assert totals.forwarded_bytes > stats.bytes
    assert (stats.source, stats.packets) == (source, 5)
    assert stats.bytes == 5 * len(h264(0))
