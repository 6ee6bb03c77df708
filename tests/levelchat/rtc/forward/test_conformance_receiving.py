"""What every forwarding core takes in (F1 to F7)."""

import os
import struct

from forwardkit import (
    AUDIO_PT,
    IDS,
    MILLISECOND,
    OUT_IDS,
    RTX_PT,
    Kit,
    Peer,
    Pushing,
    h264,
    packet,
    until,
    vp8,
)

from levelchat.media.codec import Codec
from levelchat.rtc import rtp
from levelchat.rtc.forward.seams import MAX_SSRCS, MAX_STRAYS, SIZE_SPACING_NS

SSRC = 0x1234


def _wired(kit: Kit, codec: Codec = Codec.H264, **options: object) -> tuple[Peer, Peer, int, int]:
    """A publisher, a viewer, and the source that goes from one to the other at once."""
    publisher, viewer = kit.peer(), kit.peer()
    source = kit.source(codec, **options)  # type: ignore[arg-type]
    kit.forwarder.attach(source, publisher.number, SSRC)
    outlet = kit.outlet(viewer, codec=codec)
    kit.select(outlet, source, at_once=True)
    return publisher, viewer, source, outlet


async def test_what_is_not_srtp_is_told(kit: Kit) -> None:
    """F1: a datagram that is no SRTP comes as it is, with its sender."""
    peer = kit.peer()
    for datagram in (b"\x00stun", b"\x16dtls", b"\xff?"):
        peer.send_raw(datagram)
    await until(lambda: len(kit.events.datagrams) == 3)

    assert kit.events.datagrams == [
        (0, datagram, peer.address) for datagram in (b"\x00stun", b"\x16dtls", b"\xff?")
    ]


async def test_srtp_of_a_stranger_is_counted(kit: Kit) -> None:
    """F1: SRTP from an address that is bound to nobody goes nowhere."""
    publisher, viewer, _, _ = _wired(kit)
    kit.forwarder.unbind(publisher.address, 0)
    publisher.send(packet(1))
    await kit.settle()

    assert (kit.forwarder.totals().unknown, viewer.received) == (1, [])


async def test_an_address_that_is_bound_again_is_its_new_owners(kit: Kit) -> None:
    """F1: the newest claim counts."""
    publisher, other = kit.peer(), kit.peer()
    kit.forwarder.bind(other.number, publisher.address)
    other.sock, publisher.sock = publisher.sock, other.sock
    other.send(packet(1))
    await until(lambda: len(kit.events.strays) == 1)

    assert kit.events.strays == [(other.number, packet(1))]


async def test_garbage_and_replays_are_counted(kit: Kit) -> None:
    """F2: what SRTP refuses is counted, on the route as well, and goes nowhere."""
    publisher, viewer, source, _ = _wired(kit)
    good = publisher.tx.protect(packet(7, payload=h264(7)))
    for datagram in (good, good, b"\x80\x60" + os.urandom(60), b"\x80", good[:-1] + b"\0"):
        publisher.send_raw(datagram)
    publisher.send_raw(b"\x80\xc8" + os.urandom(30))
    await kit.settle()

    assert kit.forwarder.totals().srtp_errors == 5
    assert kit.forwarder.route_stats(publisher.number).srtp_errors == 5
    assert kit.forwarder.route_stats(publisher.number).srtp_packets == 1
    assert kit.forwarder.source_stats(source).packets == 1
    assert len(viewer.received) == 1


async def test_a_route_takes_so_many_streams(kit: Kit) -> None:
    """F2: packets of more SSRCs than a route may have are dropped; those it has flow on."""
    peer = kit.peer()
    for ssrc in range(MAX_SSRCS + 10):
        peer.send(packet(1, ssrc=ssrc + 1))
    peer.send(packet(2, ssrc=1))
    await kit.settle()

    seen = [rtp.parse(data, 0).ssrc for _, data in kit.events.strays]
    assert seen == [*range(1, MAX_SSRCS + 1), 1]


async def test_garbage_takes_no_streams_place(kit: Kit) -> None:
    """F2: an SSRC counts only once SRTP took a packet of it."""
    peer = kit.peer()
    for ssrc in range(MAX_SSRCS + 10):
        peer.send_raw(packet(1, ssrc=ssrc + 1) + bytes(16))
    peer.send(packet(2, ssrc=0x7777))
    await until(lambda: len(kit.events.strays) == 1)


async def test_strays_can_be_handed_back(kit: Kit) -> None:
    """F3: what nobody has is told; whoever attaches it pushes it and loses no packet."""
    publisher, viewer = kit.peer(), kit.peer()
    source = kit.source()
    kit.select(kit.outlet(viewer), source, at_once=True)

    def attach(route: int, data: bytes, now_ns: int) -> None:
        kit.forwarder.attach(source, route, SSRC)
        kit.forwarder.push(source, data, now_ns)

    kit.events.stray_hook = attach
    for number in range(20):
        publisher.send(packet(number, payload=h264(number)))
    await until(lambda: len(viewer.received) == 20)

    assert sorted(p.payload for p in viewer.received) == [h264(n) for n in range(20)]


async def test_so_many_strays_a_second(kit: Kit) -> None:
    """F3: a peer that sends what nobody asked for costs a bounded number of calls."""
    peer = kit.peer()
    for number in range(MAX_STRAYS + 50):
        peer.send(packet(number))
        if number % 50 == 49:
            await kit.settle()

    assert len(kit.events.strays) == MAX_STRAYS


async def test_a_retransmission_becomes_its_original(kit: Kit) -> None:
    """F4: RFC 4588 packets fill the gap that they were asked for; probes and copies do not."""
    publisher, viewer, source, _ = _wired(kit, gaps=True)
    kit.forwarder.attach(source, publisher.number, 0x5678, repair=True)
    for number in (10, 11, 13):
        publisher.send(packet(number, 100 * number, h264(number)))

    def repair(sequence: int, payload: bytes, payload_type: int = RTX_PT) -> None:
        data = packet(sequence, 1200, payload, ssrc=0x5678, payload_type=payload_type, marker=True)
        publisher.send(data)

    repair(900, b"")
    repair(901, (12).to_bytes(2, "big"))
    repair(902, (11).to_bytes(2, "big") + h264(11))
    repair(903, (12).to_bytes(2, "big") + h264(12), 99)
    repair(904, (12).to_bytes(2, "big") + h264(12))
    await until(lambda: len(viewer.received) == 4)
    await kit.settle()

    assert [p.sequence for p in viewer.received] == [10, 11, 13, 12]
    last = viewer.received[-1]
    assert (last.payload, last.timestamp, last.marker) == (h264(12), 1200, True)
    assert kit.forwarder.source_stats(source).duplicates == 1
    assert kit.events.gaps == [(source, 12, 1)]
    assert kit.events.filled == [(source, 12)]


async def test_another_payload_type_goes_nowhere(kit: Kit) -> None:
    """F4: what is not the source's codec is dropped, but the tap has it."""
    publisher, viewer, source, _ = _wired(kit, tap=True)
    publisher.send(packet(1, payload=h264(1)))
    publisher.send(packet(2, payload=b"comfort", payload_type=13))
    await until(lambda: len(kit.events.packets) == 2)
    await kit.settle()

    assert [p.sequence for p in viewer.received] == [1]
    assert [data for number, data in kit.events.packets if number == source] == [
        packet(1, payload=h264(1)),
        packet(2, payload=b"comfort", payload_type=13),
    ]


async def test_opus_passes_untouched(kit: Kit) -> None:
    """F4: DTX, and whatever else is in an Opus or RED payload, goes out as it came."""
    publisher, viewer, _, _ = _wired(kit, Codec.OPUS)
    payloads = [b"\x78\x01", b"\x6f\x00\x00\x03abcdef", os.urandom(100)]
    for number, payload in enumerate(payloads):
        publisher.send(packet(number + 5, 960 * number, payload, payload_type=AUDIO_PT))
    await until(lambda: len(viewer.received) == 3)

    assert [p.payload for p in viewer.received] == payloads


async def test_a_copy_is_dropped(kit: Kit) -> None:
    """F5: the same number again is no packet."""
    _, viewer, source, _ = _wired(kit)
    for number in (1, 2, 2, 1, 3):
        kit.forwarder.push(source, packet(number, payload=h264(number)), kit.now())
    await kit.settle()

    assert [p.sequence for p in viewer.received] == [1, 2, 3]
    assert kit.forwarder.source_stats(source).duplicates == 2


async def test_a_source_that_begins_anew_goes_on(kit: Kit) -> None:
    """F5, F10: another SSRC, or numbers far away, continue the outlet's numbers and timestamps."""
    _, viewer, source, _ = _wired(kit)
    now = kit.now()

    def push(after_ms: int, *arguments: object, **options: object) -> None:
        data = packet(*arguments, payload=h264(0), **options)  # type: ignore[arg-type]
        kit.forwarder.push(source, data, now + after_ms * MILLISECOND)

    push(0, 100, 5000)
    push(1, 101, 5000)
    push(11, 40_000, 77, ssrc=0x9999)
    push(12, 40_001, 77, ssrc=0x9999)
    push(32, 50_000, 1_000_000, ssrc=0x9999)
    await kit.settle()

    assert [p.sequence for p in viewer.received] == [100, 101, 102, 103, 104]
    assert [p.timestamp for p in viewer.received] == [5000, 5000, 5900, 5900, 7700]
    assert kit.forwarder.source_stats(source).restarts == 2
    assert kit.forwarder.source_stats(source).ssrc == 0x9999


async def test_only_what_is_named_is_kept(kit: Kit) -> None:
    """F6: kept elements have the outlet's identifiers; others, CSRCs and padding are gone."""
    publisher, viewer, source, _ = _wired(kit)
    elements = {
        IDS.audio_level: b"\x85",
        IDS.capture_time: b"12345678",
        7: b"secret",
        IDS.dependency: b"\xc0\x00\x01",
    }
    plain = packet(9, 1, h264(9), elements=elements, padding=33)
    with_csrc = bytes((plain[0] | 2,)) + plain[1:12] + b"CSRCcsrc" + plain[12:]
    publisher.send(with_csrc)
    await until(lambda: len(viewer.received) == 1)

    (got,) = viewer.received
    assert got.payload == h264(9)
    assert rtp.extension_element(got, OUT_IDS.audio_level) == b"\x85"
    assert rtp.extension_element(got, OUT_IDS.capture_time) == b"12345678"
    assert rtp.extension_element(got, OUT_IDS.dependency) == b"\xc0\x00\x01"
    assert b"secret" not in got.extension
    assert b"csrc" not in got.payload
    assert kit.forwarder.source_stats(source).audio_level == 5
    assert kit.forwarder.source_stats(source).audio_level == 127


async def test_a_late_packet_has_its_number(kit: Kit) -> None:
    """F7: a late packet is sent when it comes; one older than the history, or than the outlet's
    first, is not.
    """
    _, viewer, source, _ = _wired(kit, history=64)
    for number in (99, 100, 103, 101, 97, 200, 101, 190, 102):
        kit.forwarder.push(source, packet(number, number, payload=h264(number)), kit.now())
    await kit.settle()

    assert [p.sequence for p in viewer.received] == [99, 100, 103, 101, 200, 190]
    assert [p.timestamp for p in viewer.received] == [99, 100, 103, 101, 200, 190]


async def test_a_source_counts(kit: Kit) -> None:
    """Its statistics are those of RFC 3550."""
    _, _, source, _ = _wired(kit, gaps=True)
    now = kit.now()
    for index, number in enumerate((65_534, 65_535, 0, 4, 3)):
        arrival = now + 10 * index * MILLISECOND
        data = packet(number, 900 * index, h264(index, key=not index))
        kit.forwarder.push(source, data, arrival)
    await kit.settle()

    stats = kit.forwarder.source_stats(source)
    assert (stats.packets, stats.lost, stats.key_frames, stats.jitter) == (5, 2, 1, 0)
    assert (stats.first_sequence, stats.highest_sequence) == (65_534, (1 << 16) + 4)
    assert stats.last_packet_ns == now + 40 * MILLISECOND
    assert stats.bytes == sum(len(h264(index, key=not index)) for index in range(5))
    assert kit.events.gaps == [(source, 1, 3)]
    assert kit.events.filled == [(source, 3)]


def _sized(number: int, width: int, height: int) -> bytes:
    """A key frame of VP8 that says its size (RFC 6386 §9.1)."""
    frame = b"\x00\x00\x00\x9d\x01\x2a" + struct.pack("<HH", width, height)
    return vp8(0, key=True, picture=number)[:4] + frame + bytes(20)


async def test_a_source_says_its_size(kit: Kit) -> None:
    """F21: that of the newest key frame that says one, and one is read every tenth of a second."""
    source, spacing = Pushing(kit, Codec.VP8), SIZE_SPACING_NS // MILLISECOND

    async def size_after(sequence: int, payload: bytes, at_ms: int) -> tuple[int, int]:
        source.push(sequence, 90 * at_ms, payload, at_ms)
        await kit.settle()
        stats = kit.forwarder.source_stats(source.number)
        return stats.width, stats.height

    assert await size_after(1, vp8(1, picture=1), 0) == (0, 0)
    assert await size_after(2, _sized(2, 640, 360), 1) == (640, 360)
    assert await size_after(3, _sized(3, 320, 180), spacing) == (640, 360)
    assert await size_after(4, _sized(4, 320, 180), spacing + 1) == (320, 180)
    assert await size_after(5, _sized(5, 0, 180), 2 * spacing + 1) == (320, 180)
    assert await size_after(6, vp8(6, picture=6), 3 * spacing + 1) == (320, 180)
    kit.forwarder.close_source(source.number)
    assert kit.forwarder.source_stats(source.number).width == 0
