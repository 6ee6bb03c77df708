"""What every forwarding core does about what subscribers say (F17 to F20)."""

import asyncio
import contextlib
import struct

from forwardkit import OUT_PT, OUT_RTX_PT, Kit, Peer, Pushing, h264, until, vp8

from levelchat.media.codec import Codec
from levelchat.rtc import rtcp
from levelchat.rtc.forward.seams import MAX_RTCP, RESEND_BURST, VIDEO_HISTORY
from levelchat.rtc.rtcp import ReportBlock

OUT = 0xAAAA
RTX = 0xEEEE


async def _watching(kit: Kit, count: int = 20, *, rtx: int = RTX) -> tuple[Peer, Pushing, int]:
    """A viewer that has *count* packets."""
    viewer, source = kit.peer(), Pushing(kit)
    outlet = kit.outlet(viewer, rtx=rtx)
    kit.select(outlet, source.number)
    for number in range(count):
        source.push(1000 + number, 90 * number, h264(number, key=not number), number, marker=True)
        if number % 50 == 49:
            await kit.settle()
    await until(lambda: len(viewer.received) == count)
    return viewer, source, outlet


async def test_a_nack_is_answered_by_rtx(kit: Kit) -> None:
    """F17: RFC 4588 with numbers of its own, the original number first."""
    viewer, _, outlet = await _watching(kit)
    viewer.send_rtcp(rtcp.nack(1, OUT, [999, 1003, 1007, 1019, 1020]))
    await until(lambda: len(viewer.received) == 23)

    again = viewer.received[20:]
    assert [p.payload for p in again] == [
        (1000 + n).to_bytes(2, "big") + h264(n) for n in (3, 7, 19)
    ]
    assert {(p.ssrc, p.payload_type, p.marker) for p in again} == {(RTX, OUT_RTX_PT, True)}
    assert [p.timestamp for p in again] == [90 * n for n in (3, 7, 19)]
    assert [p.sequence - again[0].sequence & 0xFFFF for p in again] == [0, 1, 2]
    await kit.settle()
    stats = kit.forwarder.outlet_stats(outlet)
    assert (stats.nacked, stats.resent, stats.unanswered) == (5, 3, 2)
    assert kit.forwarder.totals().resent == 3


async def test_a_nack_without_rtx_is_answered_as_before(kit: Kit) -> None:
    """F17: the same packet again, which the receiver's replay window refuses as a copy."""
    viewer, _, _ = await _watching(kit, rtx=0)
    viewer.send_rtcp(rtcp.nack(1, OUT, [1004]))
    await until(lambda: viewer.refused == 1)


async def test_what_was_lost_comes_again(kit: Kit) -> None:
    """F17: a viewer that never got a packet decrypts its second sending."""
    viewer, source = kit.peer(), Pushing(kit)
    outlet = kit.outlet(viewer)
    kit.select(outlet, source.number)
    source.push(1, 1, h264(1, key=True))
    await until(lambda: len(viewer.received) == 1)
    kit.forwarder.aim(viewer.number, kit.sockets[0].getsockname())
    source.push(2, 2, h264(2))
    await kit.settle()
    kit.forwarder.aim(viewer.number, viewer.address)
    source.push(3, 3, h264(3))
    viewer.send_rtcp(rtcp.nack(1, OUT, [2]))
    await until(lambda: len(viewer.received) == 3)

    assert [(p.sequence, p.payload, p.payload_type) for p in viewer.received] == [
        (1, h264(1, key=True), OUT_PT),
        (3, h264(3), OUT_PT),
        (2, h264(2), OUT_PT),
    ]


async def test_what_goes_again_is_the_same(kit: Kit) -> None:
    """F17: one number never has two contents, of which AES-GCM would give its key for tags away."""
    viewer, source = kit.peer(), Pushing(kit)
    datagrams: dict[bytes, set[bytes]] = {}

    def read() -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                datagram = viewer.sock.recv(4096)
                datagrams.setdefault(datagram[2:4], set()).add(datagram)
                viewer.take(datagram)

    asyncio.get_running_loop().add_reader(viewer.sock.fileno(), read)
    outlet = kit.outlet(viewer)
    for number in range(9):
        payload = h264(number, key=not number) + bytes(number % 3)
        source.push(1000 + number, 1, payload, marker=number == 8)
    await kit.settle()
    # A replay goes out at once, in as few sends as the system takes.
    kit.select(outlet, source.number, replay=True)
    await until(lambda: len(viewer.received) == 9)
    viewer.send_rtcp(rtcp.nack(1, OUT, range(1000, 1009)))
    await until(lambda: viewer.refused == 9)

    assert len(datagrams) == 9
    assert {len(contents) for contents in datagrams.values()} == {1}


async def test_one_number_so_often(kit: Kit) -> None:
    """F17: asked for twice at once, a packet goes out once."""
    viewer, _, outlet = await _watching(kit)
    for _ in range(5):
        viewer.send_rtcp(rtcp.nack(1, OUT, [1002]))
    await until(lambda: kit.forwarder.outlet_stats(outlet).nacked == 5)
    await kit.settle()

    assert kit.forwarder.outlet_stats(outlet).resent == 1


async def test_a_flood_of_nacks_has_a_bound(kit: Kit) -> None:
    """F17: whoever asks for everything gets little more than a burst."""
    viewer, _, outlet = await _watching(kit, 500)
    for _ in range(20):
        viewer.send_rtcp(rtcp.nack(1, OUT, range(1000, 1250)))
        viewer.send_rtcp(rtcp.nack(1, OUT, range(1250, 1500)))
    await kit.settle()

    resent = kit.forwarder.outlet_stats(outlet).resent
    assert RESEND_BURST <= resent <= 2 * RESEND_BURST


async def test_what_left_the_history_comes_no_more(kit: Kit) -> None:
    """F7, F17: a number so far back gets nothing, though nothing newer took its place."""
    viewer, source, outlet = await _watching(kit)
    # The number that would take the place of 1005 is lost.
    for sequence in range(1020, 1060 + VIDEO_HISTORY):
        if sequence != 1005 + VIDEO_HISTORY:
            source.push(sequence, 90 * sequence, h264(sequence), sequence)
        if sequence % 50 == 49:
            await kit.settle()
    viewer.send_rtcp(rtcp.nack(1, OUT, [1005, 1059 + VIDEO_HISTORY]))
    await until(lambda: kit.forwarder.outlet_stats(outlet).nacked == 2)

    assert kit.forwarder.outlet_stats(outlet).unanswered == 1


async def test_nacks_reach_back_over_a_switch(kit: Kit) -> None:
    """F17: packets of the source before are sent again as they were, while it is open; those of
    a history that is gone are not.
    """
    viewer, first, second = kit.peer(), *(Pushing(kit, Codec.VP8) for _ in range(2))
    outlet = kit.outlet(viewer, rtx=RTX)
    kit.select(outlet, first.number)
    first.push(10, 1, vp8(0, key=True, picture=70, tl0=5, temporal=0))
    kit.select(outlet, second.number)
    second.push(500, 1, vp8(1, key=True, picture=9, tl0=1, temporal=0), 10)
    second.push(501, 1, vp8(2, begins=False, picture=9, tl0=1, temporal=0), 10, marker=True)
    await until(lambda: len(viewer.received) == 3)
    viewer.send_rtcp(rtcp.nack(1, OUT, [10, 12]))
    await until(lambda: len(viewer.received) == 5)

    assert [p.payload[2:] for p in viewer.received[3:]] == [
        vp8(0, key=True, picture=70, tl0=5, temporal=0),
        vp8(2, begins=False, picture=71, tl0=6, temporal=0),
    ]
    assert viewer.received[4].marker
    second.push(500, 7, vp8(3, picture=1, tl0=1, temporal=0), 50, ssrc=0x4321)
    await until(lambda: len(viewer.received) == 6)
    viewer.send_rtcp(rtcp.nack(1, OUT, [11]))
    await kit.settle()
    assert len(viewer.received) == 6


async def test_reports_are_read(kit: Kit) -> None:
    """F18: loss and jitter of the newest block, and the round-trip since our report."""
    viewer, source, outlet = await _watching(kit)
    publisher = kit.peer()
    kit.forwarder.attach(source.number, publisher.number, 0x1234)
    ntp = 0x1234_5678_9ABC_DEF0
    head = (0x80C80006).to_bytes(4, "big") + (0x1234).to_bytes(4, "big")
    publisher.send_rtcp(head + ntp.to_bytes(8, "big") + bytes(12))
    await until(lambda: len(viewer.rtcp) == 1)
    middle = ntp >> 16 & 0xFFFFFFFF
    blocks = [
        ReportBlock(OUT, 64, 17, 1019, 33, middle, 0),
        ReportBlock(RTX, 255, 99, 1, 77, 0, 0),
        ReportBlock(0x7777, 200, 9, 9, 9, 0, 0),
    ]
    viewer.send_rtcp(rtcp.compound(1, "me", blocks))
    await until(lambda: kit.forwarder.outlet_stats(outlet).reports == 2)

    stats = kit.forwarder.outlet_stats(outlet)
    assert (stats.fraction_lost, stats.packets_lost, stats.jitter) == (64, 17, 33)
    assert 0 < stats.round_trip_ns < 5_000_000_000
    assert kit.events.rtcp == [(publisher.number, head + ntp.to_bytes(8, "big") + bytes(12))]


async def test_a_bitrate_is_only_reported(kit: Kit) -> None:
    """F18: REMB says what it likes; nothing changes by it."""
    viewer, source, _ = await _watching(kit)
    for bitrate in (2_500_000, 0, 1 << 60):
        viewer.send_rtcp(rtcp.remb(1, bitrate, [OUT]))
        await kit.settle()
        assert kit.forwarder.route_stats(viewer.number).remb == bitrate
    assert kit.forwarder.route_stats(viewer.number).remb_ns > 0
    source.push(1020, 1, h264(20))
    await until(lambda: len(viewer.received) == 21)


async def test_key_frames_are_asked_for_now_and_then(kit: Kit) -> None:
    """F19: of a flood of PLIs and FIRs one comes through, for each outlet."""
    viewer, _, outlet = await _watching(kit)
    before = len(kit.events.wanted)
    other = kit.peer()
    second = kit.outlet(other, 0xBBBB)
    for command in range(100):
        viewer.send_rtcp(rtcp.pli(1, OUT) + rtcp.fir(1, OUT, command))
    other.send_rtcp(rtcp.fir(1, 0xBBBB, 1))
    await kit.settle()

    assert kit.forwarder.outlet_stats(outlet).plis == 200
    # The selection asked as well, when it began.
    assert kit.events.wanted.count(outlet) <= before + 1
    assert kit.events.wanted.count(second) == 1


async def test_who_waits_asks(kit: Kit) -> None:
    """F19: a selection that waits for a key frame says so."""
    viewer, source = kit.peer(), Pushing(kit)
    outlet = kit.outlet(viewer)
    kit.select(outlet, source.number)
    await until(lambda: kit.events.wanted == [outlet])
    for number in range(10):
        source.push(number, number, h264(number), 10_000 + 60 * number)
    await kit.settle()

    assert len(kit.events.wanted) == 3


async def test_what_subscribers_say_is_sifted(kit: Kit) -> None:
    """F20: RR, SDES, BYE, XR, NACK, PLI, FIR and REMB stay here; the rest is handed over."""
    viewer, _, _ = await _watching(kit)
    bye = struct.pack("!BBHI", 0x81, 203, 1, 1)
    extended = struct.pack("!BBHI", 0x80, 207, 1, 1)
    application = struct.pack("!BBHI4s", 0x81, 204, 2, 1, b"test")
    viewer.send_rtcp(rtcp.compound(1, "me", [], [bye, extended, rtcp.pli(1, OUT)]))
    viewer.send_rtcp(rtcp.compound(1, "me", [], [application, rtcp.remb(1, 5, [OUT])]))
    await kit.settle()

    assert kit.events.rtcp == [(viewer.number, application)]


async def test_what_publishers_say_is_handed_over(kit: Kit) -> None:
    """F20: all of it, but not more often than so many a second."""
    publisher = kit.peer()
    kit.forwarder.attach(kit.source(), publisher.number, 0x1234)
    said = rtcp.compound(1, "me", [])
    for number in range(MAX_RTCP + 50):
        publisher.send_rtcp(said)
        if number % 50 == 49:
            await kit.settle()

    assert kit.events.rtcp == [(publisher.number, said)] * MAX_RTCP


async def test_garbage_in_rtcp_does_no_harm(kit: Kit) -> None:
    """What is cut off or says nonsense is not read."""
    viewer, source, outlet = await _watching(kit)
    for kind in (200, 201, 203, 205, 206, 207, 255):
        for form in (0, 1, 4, 15, 31):
            for words in (1, 2, 3, 5):
                body = bytes((0x80 | form, kind)) + words.to_bytes(2, "big")
                viewer.send_rtcp(body + OUT.to_bytes(4, "big") * words)
                viewer.send_rtcp(body + OUT.to_bytes(4, "big") * (words - 1) + b"\0" * 4)
        await kit.settle()
    viewer.send_rtcp(b"\x81\xcd\xff\xff" + bytes(20))
    source.push(1020, 1, h264(20))
    await until(lambda: len(viewer.of(OUT)) >= 21)
    assert kit.forwarder.outlet_stats(outlet).packets >= 21


async def test_a_packet_that_is_too_large_goes_nowhere(kit: Kit) -> None:
    """What fits no datagram that we forward is dropped, and the next is not."""
    viewer, source, _ = await _watching(kit)
    source.push(1019, 1, b"\x61" * 100)
    source.push(1020, 1, b"\x61" * 1600)
    source.push(1020, 1, b"\x61" * 6000)
    source.push(1021, 1, h264(1))
    await until(lambda: len(viewer.received) == 21)
    assert viewer.received[-1].sequence == 1021
