"""Laws of what flows."""

from cascade.layers import Flow
from cascade.meter import SILENT_NS, WINDOW_NS, Meter
from levelchat.rtc.forward.seams import SourceStats

START = 1_000_000_000_000


def test_a_source_flows_while_packets_come() -> None:
    """And a change is told once."""
    stats = {1: SourceStats(), 2: SourceStats(last_packet_ns=START, audio_level=30)}
    meter = Meter(stats.__getitem__)

    assert meter.look([1, 2], START)
    assert meter.flows == {1: Flow(0, False), 2: Flow(0, True)}
    assert meter.levels[2] == 30
    assert not meter.look([1, 2], START + SILENT_NS)
    assert meter.look([1, 2], START + SILENT_NS + 1)
    assert not meter.flows[2].flows


def test_rates_are_of_the_last_second() -> None:
    """In bits."""
    stats = SourceStats(bytes=1000)
    meter = Meter(lambda _: stats)
    meter.look([1], START)
    stats.bytes += 500

    assert meter.look([1], START + WINDOW_NS)

    assert meter.flows[1].rate == 4000
    assert not meter.look([1], START + WINDOW_NS + 1)


def test_a_size_is_told_when_it_changes() -> None:
    """And stays while the next key frame has not come."""
    stats = SourceStats()
    meter = Meter(lambda _: stats)
    meter.look([1], START)
    stats.width, stats.height = 640, 360

    assert meter.look([1], START)
    assert not meter.look([1], START)
    assert meter.flows[1] == Flow(0, False, 640, 360)
    stats.width = stats.height = 0
    assert not meter.look([1], START)
    assert meter.flows[1].width == 640


def test_nothing_is_kept_of_what_is_gone() -> None:
    """A source that nobody names has no entry."""
    meter = Meter(lambda _: SourceStats(key_frames=3))
    meter.look([1], START)
    assert meter.key_frames == {1: 3}

    meter.look([], START)

    assert (meter.flows, meter.levels, meter.key_frames) == ({}, {}, {})


def test_one_look_without_a_sound_is_not_silence() -> None:
    """Whoever else reads the count of a source begins it anew."""
    stats = SourceStats(audio_level=30)
    meter = Meter(lambda _: stats)
    levels = []
    for level in (30, 127, 40, 127, 127):
        stats.audio_level = level
        meter.look([1], START)
        levels.append(meter.levels[1])

    assert levels == [30, 30, 40, 40, 127]


def test_what_came_another_way_is_known_already() -> None:
    """So that nobody is given another layer meanwhile."""
    stats = {1: SourceStats(last_packet_ns=START, width=640), 2: SourceStats(bytes=100)}
    meter = Meter(stats.__getitem__)
    meter.look([1], START - WINDOW_NS)
    stats[1].bytes = 500
    meter.look([1], START)

    meter.take_over(1, 2, START)

    assert meter.flows[2] == meter.flows[1] == Flow(4000, True, 640)
    stats[2] = SourceStats(bytes=350, last_packet_ns=START + WINDOW_NS)
    meter.look([2], START + WINDOW_NS)
    assert meter.flows == {2: Flow(2000, True, 640)}
