"""Layers of one stream."""

from forwardkit import IDS, L1T3, L2T1, L2T2_KEY, Template, dependency, packet, vp8, vp9

from levelchat.media.codec import Codec
from levelchat.rtc import rtp
from levelchat.rtc.forward import extensions
from levelchat.rtc.forward.dependency import DependencyReader
from levelchat.rtc.forward.layering import ALL, Layering
from levelchat.rtc.forward.packets import Packet


def _made(codec: Codec, timestamp: int, payload: bytes) -> Packet:
    parsed = rtp.parse(packet(1, timestamp, payload), 0)
    return Packet(parsed, extensions.read(parsed, IDS), codec)


class Frames:
    """Packets with dependency descriptors, one a frame."""

    def __init__(self, structure: tuple[Template, ...]) -> None:
        self._reader = DependencyReader()
        self._structure = structure
        self._number = -1

    def next(self, template: int, *, key: bool = False) -> Packet:
        self._number += 1
        element = dependency(template, self._number, self._structure if key else ())
        made = _made(Codec.AV1, self._number, b"\x10\x30x")
        made.frame = self._reader.read(element)
        return made


def test_everything_goes_out_without_limits() -> None:
    """Every frame, present in the highest target or not."""
    layering, frames = Layering(ALL, ALL), Frames(L2T2_KEY)
    kept = [
        layering.takes(frames.next(template, key=not template)) for template in (0, 3, 1, 4, 2, 5)
    ]
    assert kept == [True] * 6
    assert not layering.needs_key_frame


def test_a_target_is_entered_where_it_may_be() -> None:
    """Up at a frame that is a switch for it, down likewise."""
    layering, frames = Layering(0, 0), Frames(L1T3)
    pattern = [0, 3, 2, 3, 1]
    assert [layering.takes(frames.next(t, key=not i)) for i, t in enumerate(pattern)] == [
        *(True, False, False, False),
        True,
    ]
    layering.want(0, 2)
    # The first of these is no switch for the third target; the second is, and refers to what went.
    assert [layering.takes(frames.next(t)) for t in (3, 2, 3)] == [False, True, True]
    assert [layering.takes(frames.next(t)) for t in (1, 3, 2, 3)] == [True] * 4


def test_a_limit_that_comes_in_the_middle_counts_what_was_before_as_sent() -> None:
    """A layering that begins within a stream goes down as soon as the stream allows."""
    frames = Frames(L2T1)
    frames.next(0, key=True)
    frames.next(2)
    layering = Layering(0, 0, timestamp=1)
    assert [layering.takes(frames.next(t)) for t in (1, 3, 1, 3)] == [True, False, True, False]
    layering.want(1, 0)
    assert [layering.takes(frames.next(t)) for t in (1, 3, 1, 3)] == [True, False, True, False]
    assert layering.needs_key_frame
    assert [layering.takes(frames.next(t, key=not t)) for t in (0, 2)] == [True, True]
    assert not layering.needs_key_frame


def test_the_lowest_goes_out_below_every_limit() -> None:
    """A stream without a layer as low as wanted is not silenced."""
    layering, frames = Layering(0, 0), Frames((Template(1, 1, "S"), Template(1, 1, "S", (1,))))
    assert layering.takes(frames.next(0, key=True))
    assert layering.takes(frames.next(1))


def test_the_end_of_a_picture_is_that_of_its_highest_layer() -> None:
    """By the descriptor's end bit; the publisher's own marker is another's business."""
    layering, frames = Layering(0, 1), Frames(L2T2_KEY)
    key = frames.next(0, key=True)
    assert layering.takes(key)
    assert layering.ends_picture(key)
    everything = Layering(ALL, ALL)
    assert everything.takes(key)
    assert not everything.ends_picture(key)


def test_pictures_are_not_cut() -> None:
    """VP9: a lower limit counts from the next picture on."""
    layering = Layering(0, 7, timestamp=5)
    assert layering.takes(_made(Codec.VP9, 5, vp9(1, spatial=1)))
    assert layering.takes(_made(Codec.VP9, 6, vp9(1)))
    assert not layering.takes(_made(Codec.VP9, 6, vp9(1, spatial=1)))
    last = _made(Codec.VP9, 6, vp9(1))
    assert layering.ends_picture(last)


def test_temporal_layers_come_back_one_by_one() -> None:
    """VP8: a sync bit on the highest says nothing of the one between."""
    layering = Layering(0, 0)

    def takes(timestamp: int, temporal: int, *, key: bool = False) -> bool:
        payload = vp8(1, key=key, picture=1, tl0=1, temporal=temporal, sync=bool(temporal))
        return layering.takes(_made(Codec.VP8, timestamp, payload))

    assert takes(1, 0, key=True)
    layering.want(0, 2)
    assert [takes(2, 2), takes(3, 1), takes(4, 2)] == [False, True, True]


def test_a_stream_without_spatial_layers_needs_no_key_frame_for_them() -> None:
    """VP8 is asked for nothing that it does not have."""
    layering = Layering(0, 2)
    for timestamp in range(8):
        if timestamp == 4:
            layering.want(2, 2)
        payload = vp8(1, key=not timestamp, picture=1, tl0=1, temporal=0)
        layering.takes(_made(Codec.VP8, timestamp, payload))
    assert not layering.needs_key_frame


def test_a_late_packet_changes_nothing() -> None:
    """It is judged by what counts when it comes."""
    layering = Layering(ALL, 0)
    key = vp8(1, key=True, picture=1, tl0=1, temporal=0)
    assert layering.takes(_made(Codec.VP8, 1, key))
    layering.want(ALL, 2)
    upper = _made(Codec.VP8, 2, vp8(1, picture=2, tl0=1, temporal=1, sync=True))
    assert not layering.takes(upper, late=True)
    assert layering.takes(upper)


def test_a_plain_packet_goes_out() -> None:
    """Without descriptors there is nothing to leave out."""
    assert Layering(0, 0).takes(_made(Codec.H264, 1, b"\x61abc"))
