"""Laws of levelchat.rtc.receive_stats."""

import random

import pytest

from levelchat.rtc.receive_stats import ReceiveStats
from levelchat.rtc.rtcp import SenderReport

RATE = 90_000
SECOND = 1_000_000_000
NOW = 1_700_000_000 * SECOND
START = [0, 1, 127, 128, 32767, 32768, 65534, 65535]


def receive(stats: ReceiveStats, numbers: list[int]) -> None:
    for number in numbers:
        stats.on_packet(number, number * 900, NOW + number * SECOND // 100)


@pytest.mark.parametrize("start", START)
def test_nothing_lost_is_reported_as_nothing(start: int) -> None:
    """From every wrap point a complete stream has no loss and no jitter."""
    stats = ReceiveStats(RATE)
    stats.start(start)
    receive(stats, list(range(start, start + 300)))
    block = stats.report(7, NOW)

    assert block is not None
    assert (block.ssrc, block.fraction_lost, block.packets_lost) == (7, 0, 0)
    assert block.highest_sequence == start + 299
    assert block.jitter <= 1
    assert (block.last_sender_report, block.delay_since_last) == (0, 0)


@pytest.mark.parametrize("start", START)
def test_loss_is_counted_per_interval_and_in_all(start: int) -> None:
    """A quarter lost is 64 of 256 in that interval, and 0 in the next (§A.3)."""
    stats = ReceiveStats(RATE)
    stats.start(start)
    receive(stats, [start + n for n in range(401) if n % 4 != 1])
    first = stats.report(7, NOW)
    receive(stats, list(range(start + 401, start + 501)))
    second = stats.report(7, NOW)

    assert first is not None
    assert second is not None
    assert (first.fraction_lost, first.packets_lost) == (100 * 256 // 401, 100)
    assert (second.fraction_lost, second.packets_lost) == (0, 100)


def test_duplicates_make_the_loss_negative() -> None:
    """§6.4.1: duplicates count as received, so that the loss may be negative, its fraction not."""
    stats = ReceiveStats(RATE)
    stats.start(0)
    receive(stats, [0, 1, 1, 1, 2])
    block = stats.report(7, NOW)

    assert block is not None
    assert (block.fraction_lost, block.packets_lost) == (0, -2)


def test_what_comes_late_is_no_longer_lost() -> None:
    """A packet out of order fills its hole in the count."""
    stats = ReceiveStats(RATE)
    stats.start(10)
    receive(stats, [10, 12, 11, 13])

    assert stats.packets_lost == 0


def test_silence_is_not_reported() -> None:
    """§6.4: without a packet since the last report there is no block."""
    stats = ReceiveStats(RATE)
    assert stats.report(7, NOW) is None
    stats.start(0)
    receive(stats, [0])

    assert stats.report(7, NOW) is not None
    assert stats.report(7, NOW) is None


def test_jitter_is_the_one_of_the_specification() -> None:
    """It equals §A.8's floating form within its rounding, over random delays and the wrap."""
    rng = random.Random(1)
    stats = ReceiveStats(RATE)
    stats.start(0)
    jitter, transit = 0.0, None
    for number in range(2000):
        timestamp = 2**32 - 90_000 + number * 900
        arrival_ns = NOW + number * SECOND // 100 + rng.randrange(SECOND // 50)
        stats.on_packet(number, timestamp & 0xFFFFFFFF, arrival_ns)
        now = arrival_ns * RATE // SECOND - timestamp
        jitter += (abs(now - (now if transit is None else transit)) - jitter) / 16
        transit = now

    assert abs(stats.jitter - jitter) <= 1


def test_a_timestamp_wrap_is_not_jitter() -> None:
    """Ticks that turn over at 2^32 change nothing."""
    stats = ReceiveStats(RATE)
    stats.start(0)
    for number in range(100):
        stats.on_packet(number, (2**32 - 45_000 + number * 900) & 0xFFFFFFFF, NOW + number * 10**7)

    assert stats.jitter == 0


def test_the_last_sender_report_and_its_age_are_told() -> None:
    """LSR is the middle 32 bits of its NTP time, DLSR its age in 65,536ths of a second."""
    stats = ReceiveStats(RATE)
    stats.start(0)
    receive(stats, [0])
    stats.on_sender_report(SenderReport(7, 0x1122_3344_5566_7788, 0, 0, 0), NOW)
    block = stats.report(7, NOW + SECOND * 3 // 2)

    assert block is not None
    assert block.last_sender_report == 0x3344_5566
    assert block.delay_since_last == 65536 * 3 // 2


def test_a_new_source_begins_at_nothing() -> None:
    """After `start` neither losses nor reports of the one before count."""
    stats = ReceiveStats(RATE)
    stats.start(0)
    receive(stats, [0, 50])
    stats.on_sender_report(SenderReport(7, 1 << 32, 0, 0, 0), NOW)
    stats.start(60_000)
    receive(stats, [60_000, 60_001])
    block = stats.report(8, NOW)

    assert block is not None
    assert (block.packets_lost, block.fraction_lost, block.last_sender_report) == (0, 0, 0)
    assert block.highest_sequence == 60_001
