"""Which layers of a stream every forwarding core lets out (F14)."""

from forwardkit import (
    IDS,
    L1T3,
    L2T1,
    L2T2_KEY,
    MILLISECOND,
    OUT_IDS,
    Kit,
    Network,
    Peer,
    Pushing,
    av1,
    dependency,
    until,
    vp8,
    vp9,
)

from levelchat.media.codec import Codec
from levelchat.rtc import rtp

PATTERN = (0, 2, 1, 2)
"""Temporal layers of four pictures."""


def _body(packet: rtp.RtpPacket) -> int:
    """The number that `av1`, `vp8` and `vp9` put into their payloads."""
    return int.from_bytes(packet.payload[-34:-30], "big")


async def _numbers(kit: Kit, viewer: Peer) -> list[int]:
    await kit.settle()
    return [_body(p) for p in viewer.received]


def _push_vp8(source: Pushing, pictures: range, *, sync: bool = True) -> None:
    for number in pictures:
        temporal = PATTERN[number % 4]
        payload = vp8(
            number + 1,
            key=not number,
            picture=number,
            tl0=number // 4,
            temporal=temporal,
            sync=sync and bool(temporal),
        )
        source.push(number, 3000 * number, payload, 33 * number, marker=True)


async def test_vp8_temporal_layers(kit: Kit) -> None:
    """Pictures above the limit leave no gap, neither in numbers nor in picture ids."""
    viewer, source = kit.peer(), Pushing(kit, Codec.VP8)
    outlet = kit.outlet(viewer, codec=Codec.VP8)
    kit.select(outlet, source.number, temporal=0)
    _push_vp8(source, range(8))
    kit.select(outlet, source.number, temporal=1)
    _push_vp8(source, range(8, 16))
    kit.select(outlet, source.number, temporal=255)
    _push_vp8(source, range(16, 24))
    await kit.settle()

    shown = [0, 4, 8, 10, 12, 14, *range(16, 24)]
    # The highest layer comes back at a picture that says it may.
    assert await _numbers(kit, viewer) == [n + 1 for n in shown]
    assert [p.sequence for p in viewer.received] == list(range(len(shown)))
    assert [p.timestamp for p in viewer.received] == [3000 * n for n in shown]
    pictures = [int.from_bytes(p.payload[2:4], "big") & 0x7FFF for p in viewer.received]
    assert pictures == list(range(len(shown)))
    assert [p.payload[4] for p in viewer.received] == [n // 4 for n in shown]


async def test_vp8_layers_go_up_only_where_they_may(kit: Kit) -> None:
    """Without a layer-sync bit the higher layer waits for a key frame."""
    viewer, source = kit.peer(), Pushing(kit, Codec.VP8)
    outlet = kit.outlet(viewer, codec=Codec.VP8)
    kit.select(outlet, source.number, temporal=0)
    _push_vp8(source, range(4))
    kit.select(outlet, source.number, temporal=2)
    _push_vp8(source, range(4, 12), sync=False)
    payload = vp8(13, key=True, picture=12, tl0=3, temporal=0)
    source.push(12, 36_000, payload, 400, marker=True)
    _push_vp8(source, range(13, 16), sync=False)

    assert await _numbers(kit, viewer) == [n + 1 for n in (0, 4, 8, 12, 13, 14, 15)]


async def test_vp8_has_no_spatial_layers_to_wait_for(kit: Kit) -> None:
    """A higher spatial limit asks nobody for a key frame where there is one layer."""
    viewer, source = kit.peer(), Pushing(kit, Codec.VP8)
    outlet = kit.outlet(viewer, codec=Codec.VP8)
    kit.select(outlet, source.number, spatial=0, at_once=True)
    _push_vp8(source, range(4))
    kit.select(outlet, source.number, spatial=2)
    _push_vp8(source, range(4, 20))

    assert await _numbers(kit, viewer) == list(range(1, 21))
    assert kit.events.wanted == []


async def test_a_picture_is_never_cut(kit: Kit) -> None:
    """A limit that comes in the middle of a picture counts from the next."""
    viewer, source = kit.peer(), Pushing(kit, Codec.VP8)
    outlet = kit.outlet(viewer, codec=Codec.VP8)
    kit.select(outlet, source.number)
    source.push(0, 0, vp8(1, key=True, picture=0, tl0=0, temporal=0))
    source.push(1, 9, vp8(2, picture=1, tl0=0, temporal=1, sync=True))
    kit.select(outlet, source.number, temporal=0)
    source.push(2, 9, vp8(3, begins=False, picture=1, tl0=0, temporal=1, sync=True))
    source.push(3, 18, vp8(4, picture=2, tl0=0, temporal=1))
    source.push(4, 18, vp8(5, begins=False, picture=2, tl0=0, temporal=1))
    source.push(5, 27, vp8(6, picture=3, tl0=1, temporal=0))

    assert await _numbers(kit, viewer) == [1, 2, 3, 6]
    assert [p.sequence for p in viewer.received] == [0, 1, 2, 3]


def _push_vp9(source: Pushing, pictures: range, *, key: bool = False) -> None:
    """Two spatial layers, two temporal ones; a packet each."""
    for number in pictures:
        begins_key = key and number == pictures[0]
        for spatial in (0, 1):
            payload = vp9(
                2 * number + spatial + 1,
                key=begins_key and not spatial,
                spatial=spatial,
                temporal=number % 2,
                sync=bool(number % 2),
            )
            source.push(
                2 * number + spatial, 3000 * number, payload, 33 * number, marker=spatial == 1
            )


async def test_vp9_spatial_layers(kit: Kit) -> None:
    """Down at the next picture, up at a key frame, which is asked for; the marker bit is on the
    last packet that goes out.
    """
    viewer, source = kit.peer(), Pushing(kit, Codec.VP9)
    outlet = kit.outlet(viewer, codec=Codec.VP9)
    kit.select(outlet, source.number)
    _push_vp9(source, range(2), key=True)
    await kit.settle()
    kit.select(outlet, source.number, spatial=0)
    _push_vp9(source, range(2, 4))
    await kit.settle()
    assert len(kit.events.wanted) == 1
    kit.select(outlet, source.number, spatial=1)
    kit.began += 10_000 * MILLISECOND
    _push_vp9(source, range(20, 30))
    await kit.settle()
    assert len(kit.events.wanted) >= 2
    _push_vp9(source, range(30, 32), key=True)

    low = [2 * n + 1 for n in (2, 3, *range(20, 30))]
    assert await _numbers(kit, viewer) == [1, 2, 3, 4, *low, 61, 62, 63, 64]
    assert [p.marker for p in viewer.received] == [
        *(False, True, False, True),
        *(True for _ in low),
        *(False, True, False, True),
    ]


async def test_vp9_temporal_layers(kit: Kit) -> None:
    """Up again at a picture with the switching-up bit."""
    viewer, source = kit.peer(), Pushing(kit, Codec.VP9)
    outlet = kit.outlet(viewer, codec=Codec.VP9)
    kit.select(outlet, source.number, spatial=1, temporal=0)
    _push_vp9(source, range(4), key=True)
    kit.select(outlet, source.number, spatial=0, temporal=1)
    _push_vp9(source, range(4, 8))

    assert await _numbers(kit, viewer) == [1, 2, 5, 6, 9, 11, 13, 15]


def _frame(number: int, template: int, structure: tuple = (), **rest: bool) -> dict[int, bytes]:
    return {IDS.dependency: dependency(template, number, structure, **rest)}


def _push_l1t3(source: Pushing, pictures: range, first: int = 0) -> None:
    for number in pictures:
        template = 0 if number == first else (1, 3, 2, 3)[number % 4]
        elements = _frame(number, template, L1T3 if number == first else ())
        payload = av1(number + 1, key=number == first)
        source.push(number, 3000 * number, payload, 33 * number, marker=True, elements=elements)


async def test_dependency_descriptor_temporal_layers(kit: Kit) -> None:
    """L1T3: frames that are not in the decode target are left out; it changes at a switch."""
    viewer, source = kit.peer(), Pushing(kit, Codec.AV1)
    outlet = kit.outlet(viewer)
    kit.select(outlet, source.number, temporal=1)
    _push_l1t3(source, range(8))
    kit.select(outlet, source.number, temporal=0)
    _push_l1t3(source, range(8, 16))
    kit.select(outlet, source.number, temporal=2)
    _push_l1t3(source, range(16, 20))

    shown = [0, 2, 4, 6, 8, 12, 16, 17, 18, 19]
    assert await _numbers(kit, viewer) == [n + 1 for n in shown]
    assert [p.sequence for p in viewer.received] == list(range(len(shown)))
    # Frame numbers stay: a receiver finds references by their distance.
    frames = [rtp.extension_element(p, OUT_IDS.dependency) for p in viewer.received]
    assert [int.from_bytes((f or b"")[1:3], "big") for f in frames] == shown


def _push_l2t2(source: Pushing, pictures: range, *, key: bool) -> None:
    """L2T2_KEY; two packets to each frame, one packet to the second layer's."""
    for number in pictures:
        is_key = key and number == pictures[0]
        for spatial in (0, 1):
            upper = number % 2
            template = (0, 3)[spatial] if is_key else (1, 4)[spatial]
            if upper:
                template = (2, 5)[spatial]
            frame = 2 * number + spatial
            for part in (0, 1):
                elements = _frame(
                    frame,
                    template,
                    L2T2_KEY if is_key and not spatial and not part else (),
                    starts=not part,
                    ends=bool(part),
                )
                source.push(
                    2 * frame + part,
                    3000 * number,
                    av1(2 * frame + part + 1, key=is_key and not spatial and not part),
                    33 * number,
                    marker=bool(spatial and part),
                    elements=elements,
                )


def _packets(pictures: range, spatial: tuple[int, ...], temporal: tuple[int, ...]) -> list[int]:
    return [
        2 * (2 * number + layer) + part + 1
        for number in pictures
        if number % 2 in temporal
        for layer in spatial
        for part in (0, 1)
    ]


async def test_dependency_descriptor_key_layers(kit: Kit) -> None:
    """L2T2_KEY: only the wanted layer goes out between key frames, and another one only from a key
    frame on, downwards too.
    """
    viewer, source = kit.peer(), Pushing(kit, Codec.AV1)
    outlet = kit.outlet(viewer)
    kit.select(outlet, source.number, spatial=1, temporal=7)
    _push_l2t2(source, range(4), key=True)
    kit.select(outlet, source.number, spatial=0, temporal=7)
    kit.began += 10_000 * MILLISECOND
    _push_l2t2(source, range(4, 20), key=False)
    await kit.settle()
    assert len(kit.events.wanted) >= 2
    _push_l2t2(source, range(20, 24), key=True)

    everything = _packets(range(1), (0, 1), (0, 1)) + _packets(range(1, 20), (1,), (0, 1))
    assert await _numbers(kit, viewer) == everything + _packets(range(20, 24), (0,), (0, 1))
    assert [p.sequence for p in viewer.received] == list(range(len(viewer.received)))
    markers = {_body(p): p.marker for p in viewer.received}
    # The last packet of each picture that goes out.
    assert [number for number, marker in markers.items() if marker] == [
        *(4 * n + 4 for n in range(20)),
        *(4 * n + 2 for n in range(20, 24)),
    ]


async def test_dependency_descriptor_full_layers(kit: Kit) -> None:
    """L2T1: down at once, for the lower layer has gone out all the time; up at a key frame."""
    viewer, source = kit.peer(), Pushing(kit, Codec.AV1)
    outlet = kit.outlet(viewer)

    def push(pictures: range, *, key: bool) -> None:
        for number in pictures:
            is_key = key and number == pictures[0]
            for spatial in (0, 1):
                template = (0, 2)[spatial] if is_key else (1, 3)[spatial]
                elements = _frame(
                    2 * number + spatial, template, L2T1 if is_key and not spatial else ()
                )
                payload = av1(2 * number + spatial + 1, key=is_key and not spatial)
                source.push(2 * number + spatial, number, payload, number, elements=elements)

    kit.select(outlet, source.number, spatial=1)
    push(range(3), key=True)
    kit.select(outlet, source.number, spatial=0)
    push(range(3, 6), key=False)
    kit.select(outlet, source.number, spatial=1)
    push(range(6, 9), key=False)
    push(range(9, 11), key=True)

    low = [2 * n + 1 for n in range(3, 9)]
    assert await _numbers(kit, viewer) == [1, 2, 3, 4, 5, 6, *low, 19, 20, 21, 22]


async def test_a_target_that_is_not_sent_is_not_chosen(kit: Kit) -> None:
    """The active decode targets count: the highest of them goes out."""
    viewer, source = kit.peer(), Pushing(kit, Codec.AV1)
    outlet = kit.outlet(viewer)
    kit.select(outlet, source.number, spatial=1, temporal=7)
    first = dependency(0, 0, L2T2_KEY, active="0011")
    source.push(0, 0, av1(1, key=True), 0, elements={IDS.dependency: first}, marker=True)
    source.push(1, 9, av1(2), 1, elements=_frame(2, 2), marker=True)
    source.push(2, 18, av1(3), 2, elements=_frame(4, 1), marker=True)

    assert await _numbers(kit, viewer) == [1, 2, 3]


async def test_relays_get_everything(kit: Kit) -> None:
    """Without limits all layers go out, those beside the highest decode target too."""
    viewer, source = kit.peer(), Pushing(kit, Codec.AV1)
    kit.select(kit.outlet(viewer), source.number, replay=True, at_once=True)
    _push_l2t2(source, range(6), key=True)

    assert await _numbers(kit, viewer) == list(range(1, 25))


async def test_layers_after_loss(kit: Kit) -> None:
    """With packets missing, late and twice, no number is used twice and every packet that goes out
    is one of a layer that is wanted.
    """
    viewer, source = kit.peer(), Pushing(kit, Codec.VP8)
    outlet = kit.outlet(viewer, codec=Codec.VP8)
    kit.select(outlet, source.number, temporal=1)
    network = Network(7, lose=0.05, repeat=0.05, delay=0.1)
    order = network.carry([n.to_bytes(2, "big") for n in range(400)])
    source.push(0, 0, vp8(1, key=True, picture=0, tl0=0, temporal=0), marker=True)
    for index, item in enumerate(order):
        number = int.from_bytes(item, "big")
        if number:
            _push_vp8(source, range(number, number + 1))
        if index % 40 == 0:
            await kit.settle()
    await until(lambda: len(viewer.received) > 100)
    shown = await _numbers(kit, viewer)

    assert {PATTERN[(n - 1) % 4] for n in shown} == {0, 1}
    sequences = [p.sequence for p in viewer.received]
    assert len(set(sequences)) == len(sequences)
    ordered = sorted(zip(sequences, shown, strict=True))
    assert [n for _, n in ordered] == sorted(shown)
