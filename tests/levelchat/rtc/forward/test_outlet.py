"""One outgoing stream, without a wire."""

from forwardkit import IDS, MILLISECOND, OUT_PT, VIDEO_PT, h264, packet

from levelchat.media.codec import Codec
from levelchat.rtc.forward.outlet import Outlet
from levelchat.rtc.forward.packets import Form
from levelchat.rtc.forward.seams import (
    KEY_FRAME_SPACING_NS,
    ExtensionIds,
    OutletConfig,
    Selection,
    SourceConfig,
)
from levelchat.rtc.forward.source import Source
from levelchat.rtc.rtcp import ReportBlock


def _outlet() -> Outlet:
    return Outlet(1, 1, OutletConfig(5, 90_000, is_video=True, rtx_ssrc=6), Form(ExtensionIds()))


def _source(number: int = 1) -> Source:
    return Source(number, SourceConfig(Codec.H264, VIDEO_PT, 0, IDS, history=64))


def _give(outlet: Outlet, source: Source, sequence: int, *, key: bool = False) -> int | None:
    """The number under which the outlet takes the packet."""
    made = source.accept(packet(sequence, payload=h264(sequence, key=key)), 0)
    assert made is not None
    return outlet.number & 0xFFFF if outlet.take(made, source.history) else None


def test_it_is_in_one_list_at_a_time() -> None:
    """Each selection leaves what the one before had entered."""
    outlet, first, second = _outlet(), _source(1), _source(2)
    outlet.select(Selection(1), first)
    assert (first.waiting, first.carrying) == ([outlet], [])
    outlet.carry(first)
    assert (first.waiting, first.carrying) == ([], [outlet])
    outlet.select(Selection(2), second)
    assert (first.carrying, second.waiting) == ([outlet], [outlet])
    outlet.select(Selection(1), first)
    assert (first.carrying, second.waiting) == ([outlet], [])
    outlet.select(Selection(2, at_once=True), second)
    assert (first.carrying, second.carrying) == ([], [outlet])
    outlet.select(Selection(), None)
    assert (second.carrying, second.waiting, outlet.source) == ([], [], None)


def test_a_replay_comes_to_each_packet_once() -> None:
    """From the history up to its cursor, and then live; late ones behind the cursor at once."""
    outlet, source = _outlet(), _source()
    for sequence in (1, 2, 4, 5, 6):
        source.accept(packet(sequence, payload=h264(sequence, key=sequence == 2)), 0)
    outlet.select(Selection(1, OUT_PT, replay=True), source)
    sent = [made.sequence for made in outlet.replay(2) if outlet.take(made, source.history)]
    assert sent == [2, 4]
    assert _give(outlet, source, 3) == 3
    assert _give(outlet, source, 7) is None
    sent = [made.sequence for made in outlet.replay(9) if outlet.take(made, source.history)]
    assert sent == [5, 6, 7]
    assert outlet.cursor is None
    assert _give(outlet, source, 8) == 8


def test_only_who_carries_nothing_gets_a_replay() -> None:
    """Over a running picture a switch waits for a key frame."""
    outlet, first, second = _outlet(), _source(1), _source(2)
    second.accept(packet(1, payload=h264(1, key=True)), 0)
    outlet.select(Selection(1, at_once=True), first)
    outlet.select(Selection(2, replay=True), second)

    assert (outlet.source, outlet.target) == (first, second)


def test_a_key_frame_is_asked_for_now_and_then() -> None:
    """One in a while, whoever wants it."""
    outlet = _outlet()
    asked = [outlet.asks_key_frame(now) for now in (5, 6, 5 + KEY_FRAME_SPACING_NS)]
    assert asked == [True, False, True]


def test_what_went_out_can_be_recalled() -> None:
    """With its numbers, once in a while."""
    outlet, source = _outlet(), _source()
    outlet.select(Selection(1, OUT_PT, at_once=True), source)
    for sequence in (8, 9):
        _give(outlet, source, sequence)
    made = outlet.recall(8, 100)
    assert made is not None
    assert (made.payload, outlet.number, outlet.timestamp) == (h264(8), 8, 0)
    assert outlet.recall(8, 101) is None
    assert outlet.recall(10, 101) is None
    assert outlet.recall(8, 100 + 10 * MILLISECOND) is not None


def test_the_round_trip_is_since_our_report() -> None:
    """NTP times are the publisher's; our own clock says when its report went out."""
    outlet = _outlet()
    ntp = 7 << 32
    outlet.on_report_sent(ntp, 1_000 * MILLISECOND)
    held = (50 << 16) // 1000
    outlet.on_block(ReportBlock(5, 3, 4, 0, 6, ntp >> 16, held), 1_080 * MILLISECOND)
    stats = outlet.snapshot()
    assert abs(stats.round_trip_ns - 30 * MILLISECOND) < MILLISECOND
    outlet.on_block(ReportBlock(6, 255, 99, 0, 99, 1, 0), 2_000 * MILLISECOND)
    after = outlet.snapshot()
    assert (after.fraction_lost, after.packets_lost, after.jitter, after.reports) == (3, 4, 6, 2)


def test_padding_goes_on_from_the_numbers() -> None:
    """Media that follows does so without a gap."""
    outlet, source = _outlet(), _source()
    outlet.select(Selection(1, OUT_PT, at_once=True), source)
    assert _give(outlet, source, 8) == 8
    assert outlet.pad(3) & 0xFFFF == 9
    assert _give(outlet, source, 9) == 12
    assert [outlet.next_rtx() for _ in range(3)] == [0, 1, 2]
