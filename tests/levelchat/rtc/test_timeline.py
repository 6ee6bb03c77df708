"""Laws of levelchat.rtc.timeline."""

import pytest

from levelchat.media.codec import Codec
from levelchat.rtc.frames import Frame
from levelchat.rtc.rtcp import SenderReport
from levelchat.rtc.sender_clock import SenderClock
from levelchat.rtc.timeline import Timeline

MS = 1_000_000
SECOND = 1000 * MS
HOUR = 3600 * SECOND
NOW = 1_795_000_000 * SECOND
WRAP = 1 << 32


def frame(ticks: int, arrival_ns: int) -> Frame:
    return Frame(ticks % WRAP, arrival_ns, key=False, broken=False, data=b"\xfc")


@pytest.mark.parametrize("start", [0, 1, WRAP // 2 - 3000, WRAP - 3000, WRAP - 1])
def test_pts_goes_on_where_timestamps_wrap(start: int) -> None:
    """From every wrap point, pts advances by what the timestamps advance, forward and back."""
    timeline = Timeline(Codec.VP8, SenderClock())
    timeline.start(start, NOW)
    steps = [0, 3000, 6000, 3000, 9000, 12_000]
    got = [timeline.encoded(frame(start + s, NOW + s * SECOND // 90_000)).pts for s in steps]

    assert got == [start + step for step in steps]


@pytest.mark.parametrize("hours", [1, 6, 7, 13, 14, 30])
def test_pts_goes_on_after_any_pause(hours: int) -> None:
    """A track muted for longer than a turn of its timestamp resumes where the time has got to."""
    timeline = Timeline(Codec.VP8, SenderClock())
    timeline.start(5, NOW)
    timeline.encoded(frame(5, NOW))
    later = 5 + hours * 3600 * 90_000

    assert timeline.encoded(frame(later, NOW + hours * HOUR + 70 * MS)).pts == later


def test_pts_goes_on_over_a_restart() -> None:
    """A new stream with other timestamps continues the line by the time that passed."""
    timeline = Timeline(Codec.VP8, SenderClock())
    timeline.start(1000, NOW)
    first = timeline.encoded(frame(1000, NOW))
    timeline.start(4_000_000_000, NOW + SECOND)
    second = timeline.encoded(frame(4_000_000_000, NOW + SECOND))
    third = timeline.encoded(frame(4_000_003_000, NOW + SECOND + 33 * MS))

    assert second.pts - first.pts == 90_000
    assert third.pts - second.pts == 3000
    assert first.wall_ns < second.wall_ns < third.wall_ns


def test_reports_move_the_capture_time() -> None:
    """Two tracks whose reports say "captured together" get equal capture times."""
    clock = SenderClock()
    video, audio = Timeline(Codec.VP8, clock), Timeline(Codec.OPUS, clock)
    ntp = 3_900_000_000 << 32
    video.start(90_000, NOW)
    audio.start(WRAP - 48_000, NOW)
    video.on_sender_report(SenderReport(1, ntp, 90_000, 0, 0), NOW)
    audio.on_sender_report(SenderReport(2, ntp, WRAP - 48_000, 0, 0), NOW)
    picture = video.encoded(frame(180_000, NOW + SECOND + 90 * MS))
    sound = audio.encoded(frame(0, NOW + SECOND + 25 * MS))

    assert picture.wall_ns == sound.wall_ns == NOW + SECOND


def test_a_report_before_the_stream_says_nothing() -> None:
    """Without a timestamp to unwrap near, a report is ignored."""
    clock = SenderClock()
    Timeline(Codec.VP8, clock).on_sender_report(SenderReport(1, 1 << 40, 5, 0, 0), NOW)

    assert clock.offset.value is None


@pytest.mark.parametrize("offset_seconds", [None, 0, 100, -100])
def test_capture_times_of_both_lengths_are_read(offset_seconds: int | None) -> None:
    """The short form is the sender's clock; the long one names the offset to the capturer's."""
    clock = SenderClock()
    timeline = Timeline(Codec.VP8, clock)
    timeline.start(0, NOW)
    ntp = (3_900_000_000 + (offset_seconds or 0)) << 32
    element = ntp.to_bytes(8, "big")
    if offset_seconds is not None:
        element += (offset_seconds << 32).to_bytes(8, "big", signed=True)
    timeline.on_capture_time(element, 0, NOW)

    assert clock.offset.value == NOW - 3_900_000_000 * SECOND


@pytest.mark.parametrize("length", [0, 1, 7])
def test_a_capture_time_that_is_cut_off_says_nothing(length: int) -> None:
    """An element too short for a timestamp is ignored."""
    clock = SenderClock()
    timeline = Timeline(Codec.VP8, clock)
    timeline.start(0, NOW)
    timeline.on_capture_time(b"\x11" * length, 0, NOW)

    assert clock.offset.value is None


def test_sound_is_captured_when_its_packet_begins() -> None:
    """Before any report, a packet of 20 ms that just arrived began 20 ms ago."""
    timeline = Timeline(Codec.OPUS, SenderClock())
    timeline.start(0, NOW)
    packet = Frame(0, NOW, key=True, broken=False, data=b"\xfc\x00")

    assert timeline.encoded(packet).wall_ns == NOW - 20 * MS


def test_reports_of_the_stream_before_a_restart_do_not_count() -> None:
    """A new stream is stamped by its arrivals until its own first report."""
    timeline = Timeline(Codec.VP8, SenderClock())
    timeline.start(90_000, NOW)
    timeline.on_sender_report(SenderReport(1, 3_900_000_000 << 32, 90_000, 0, 0), NOW)
    timeline.encoded(frame(90_000, NOW))
    timeline.start(7 * 90_000, NOW + SECOND)

    assert timeline.encoded(frame(7 * 90_000, NOW + SECOND)).wall_ns == NOW + SECOND


def test_pts_goes_on_for_days() -> None:
    """A stream that runs for longer than a turn of its timestamp keeps its line."""
    timeline = Timeline(Codec.VP8, SenderClock())
    timeline.start(0, NOW)
    got = [
        timeline.encoded(frame(hour * 3600 * 90_000, NOW + hour * HOUR)).pts for hour in range(50)
    ]

    assert got == [hour * 3600 * 90_000 for hour in range(50)]
