"""Laws of levelchat.rtc.sender_clock."""

import itertools
import random
from collections.abc import Iterator

import pytest

from levelchat.rtc.sender_clock import SenderClock, TrackClock, WindowMinimum, ntp_to_ns

MS = 1_000_000
SECOND = 1000 * MS
HOUR = 3600 * SECOND
NOW = 1_795_000_000 * SECOND
EPOCH_1900 = 2_208_988_800 * SECOND
VIDEO, AUDIO = 90_000, 48_000


def ntp(ns: int) -> int:
    """A 64-bit NTP timestamp of nanoseconds since 1900, in its era."""
    return (ns << 32) // SECOND & (1 << 64) - 1


class Sender:
    """A publisher whose clocks are wrong as told; all arguments are in nanoseconds of our clock.

    *ppm*: how much faster than ours both its NTP and its media clocks run.
    """

    def __init__(self, *, ntp_error: int = 0, ppm: int = 0, delay: int = 5 * MS) -> None:
        self.ntp_error = ntp_error
        self.ppm = ppm
        self.delay = delay
        self.clock = SenderClock()

    def _own(self, at: int) -> int:
        return at - NOW + (at - NOW) * self.ppm // 1_000_000

    def ntp(self, at: int) -> int:
        return ntp(NOW + EPOCH_1900 + self._own(at) + self.ntp_error)

    def ticks(self, at: int, rate: int, start: int) -> int:
        return start + self._own(at) * rate // SECOND


class Flow:
    """One track of a sender: every frame leaves *encode* after its capture."""

    def __init__(
        self, sender: Sender, rate: int, start: int, encode: int, packet: int = 0
    ) -> None:
        self.sender = sender
        self.clock: TrackClock = sender.clock.track(rate)
        self.rate, self.start, self.encode, self.packet = rate, start, encode, packet

    def report(self, at: int, delay: int | None = None) -> None:
        """A sender report leaves at *at*."""
        arrival = at + (self.sender.delay if delay is None else delay)
        ticks = self.sender.ticks(at, self.rate, self.start)
        self.clock.on_sender_report(self.sender.ntp(at), ticks, arrival)

    def frame(self, at: int, jitter: int = 0) -> int:
        """How far from the truth a frame captured at *at* is stamped.

        The truth is late by the least delay on the way, which no receiver can know.
        """
        ticks = self.sender.ticks(at, self.rate, self.start)
        ready = ticks + self.packet * self.rate // SECOND
        arrival = at + self.packet + self.encode + self.sender.delay + jitter
        return self.clock.stamp(ticks, ready, arrival) - at - self.sender.delay


def pair(sender: Sender) -> tuple[Flow, Flow]:
    """Video from a camera and sound in packets of 20 ms, starting anywhere, video about to wrap."""
    return (
        Flow(sender, VIDEO, 2**32 - 100_000, encode=12 * MS),
        Flow(sender, AUDIO, 77, encode=2 * MS, packet=20 * MS),
    )


def run(
    video: Flow, audio: Flow, seconds: range, rng: random.Random, jitter: int = 0
) -> Iterator[tuple[int, int, int]]:
    """Frames of both and reports as libwebrtc sends them; yields (at, video error, audio error)."""
    for step in range(seconds.start * 50, seconds.stop * 50):
        at = NOW + step * 20 * MS
        if step % 50 == 25:
            video.report(at)
        if step % 250 == 125:
            audio.report(at)
        yield (
            at,
            video.frame(at, rng.randrange(jitter + 1)),
            audio.frame(at, rng.randrange(jitter + 1)),
        )


@pytest.mark.parametrize("error", [0, 5 * HOUR, -5 * HOUR, -NOW, 300 * MS])
def test_audio_and_video_agree_from_the_first_frame(error: int) -> None:
    """However wrong the sender's clock, both stay within 40 ms of each other, then within 5."""
    rng = random.Random(1)
    video, audio = pair(Sender(ntp_error=error))
    for at, picture, sound in run(video, audio, range(20), rng, jitter=15 * MS):
        assert abs(picture - sound) <= 40 * MS
        if at > NOW + 5 * SECOND:
            assert abs(picture - sound) <= 5 * MS
            assert abs(picture) <= 5 * MS


@pytest.mark.parametrize("ppm", [30, -30, 100])
def test_drift_over_a_day_accumulates_nothing(ppm: int) -> None:
    """After 24 hours of clocks that run apart, frames are still stamped within 10 ms."""
    rng = random.Random(2)
    sender = Sender(ntp_error=HOUR, ppm=ppm)
    video, audio = pair(sender)
    for second in range(0, 86_400, 5):
        at = NOW + second * SECOND
        video.report(at, 5 * MS + rng.randrange(30 * MS))
        audio.report(at, 5 * MS + rng.randrange(30 * MS))
        picture, sound = video.frame(at, rng.randrange(30 * MS)), audio.frame(at)
        if second > 60:
            assert abs(picture) <= 20 * MS
            assert abs(picture - sound) <= MS


def test_without_reports_arrival_is_smoothed() -> None:
    """Jitter of 60 ms leaves the spacing of frames as the timestamps have it, to the slew."""
    rng = random.Random(3)
    video, _ = pair(Sender())
    errors = [video.frame(NOW + n * 33 * MS, rng.randrange(60 * MS)) for n in range(600)]
    steps = [b - a for a, b in itertools.pairwise(errors[100:])]

    assert max(map(abs, steps)) <= 33 * MS // 50 + 1
    assert max(errors[100:]) <= 25 * MS


def test_without_reports_drift_is_followed() -> None:
    """A track that never sends reports stays with its arrivals for a day."""
    video, _ = pair(Sender(ppm=50))
    errors = [video.frame(NOW + n * SECOND) for n in range(86_400)]

    assert max(map(abs, errors)) <= 20 * MS


@pytest.mark.parametrize("by", [HOUR, -HOUR, 400 * MS, -400 * MS, 2**31 * SECOND])
def test_a_sender_that_sets_its_clock_is_not_noticed(by: int) -> None:
    """When the NTP clock steps, no frame of either track moves by more than the slew."""
    rng = random.Random(4)
    sender = Sender(ntp_error=HOUR)
    video, audio = pair(sender)
    list(run(video, audio, range(20), rng))
    sender.ntp_error += by
    for _, picture, sound in run(video, audio, range(20, 60), rng):
        assert abs(picture) <= 3 * MS
        assert abs(sound) <= 3 * MS


def test_the_end_of_the_ntp_era_is_not_noticed() -> None:
    """When the seconds since 1900 pass 2^32, in 2036, nothing moves."""
    rng = random.Random(5)
    sender = Sender(ntp_error=2**32 * SECOND - EPOCH_1900 - NOW - 10 * SECOND)
    video, audio = pair(sender)
    for at, picture, sound in run(video, audio, range(30), rng):
        if at > NOW + 5 * SECOND:
            assert abs(picture) <= 3 * MS
            assert abs(sound) <= 3 * MS


def test_a_step_of_the_media_clock_is_followed() -> None:
    """A track whose timestamps jump by an hour is right again with its next report."""
    rng = random.Random(6)
    video, audio = pair(Sender())
    list(run(video, audio, range(20), rng))
    video.start += 3600 * VIDEO
    errors = [picture for _, picture, _ in run(video, audio, range(20, 40), rng)]

    assert max(map(abs, errors[:60])) <= 15 * MS
    assert max(map(abs, errors[60:])) <= 5 * MS


def test_timestamps_that_stood_still_are_followed() -> None:
    """After a pause of a minute in which they did not advance, frames are stamped near arrival."""
    rng = random.Random(7)
    video, audio = pair(Sender())
    list(run(video, audio, range(20), rng))
    video.start -= 60 * VIDEO
    errors = [picture for _, picture, _ in run(video, audio, range(80, 100), rng)]

    assert abs(errors[0]) <= 15 * MS
    assert max(map(abs, errors[60:])) <= 5 * MS


def test_timestamps_that_go_back_are_followed_by_arrival() -> None:
    """Without reports, a track whose timestamps fall back by an hour is stamped near arrival."""
    video, _ = pair(Sender())
    for number in range(300):
        if number == 150:
            video.start -= 3600 * VIDEO
        assert abs(video.frame(NOW + number * 33 * MS)) <= 15 * MS


def test_a_small_error_is_slewed() -> None:
    """A mapping 30 ms off is approached at 20 ms a second, not at once."""
    sender = Sender()
    video = Flow(sender, VIDEO, 0, encode=30 * MS)
    assert video.frame(NOW) == 30 * MS
    video.report(NOW + SECOND // 2)
    errors = [video.frame(NOW + SECOND + n * SECOND // 10) for n in range(12)]

    assert 10 * MS <= errors[0] < 30 * MS
    assert all(a - b == 2 * MS for a, b in itertools.pairwise(errors[:5]))
    assert abs(errors[-1]) <= MS


def test_the_first_report_corrects_a_slow_encoder_at_once() -> None:
    """A camera that encodes for 150 ms is in sync with its sound when the first report came."""
    sender = Sender()
    video = Flow(sender, VIDEO, 0, encode=150 * MS)
    before = [video.frame(NOW + n * 33 * MS) for n in range(10)]
    video.report(NOW + 10 * 33 * MS)
    after = [video.frame(NOW + n * 33 * MS) for n in range(10, 30)]

    assert before[0] == 150 * MS
    assert max(map(abs, after[6:])) <= MS


def test_stamps_never_go_back() -> None:
    """Whatever reports claim, each frame of a track is stamped later than the one before."""
    rng = random.Random(8)
    video, _ = pair(Sender())
    last = 0
    for number in range(3000):
        at = NOW + number * 33 * MS
        ticks = video.sender.ticks(at, VIDEO, 0)
        if rng.random() < 0.1:
            video.clock.on_sender_report(rng.getrandbits(64), ticks + rng.randrange(10**9), at)
        wall = video.clock.stamp(ticks, ticks, at + rng.randrange(SECOND))
        assert wall > last
        last = wall


def test_a_report_nobody_can_believe_is_not_believed() -> None:
    """One track's reports on another clock than the rest leave it where its arrivals are."""
    sender = Sender()
    video, audio = pair(sender)
    for number in range(500):
        at = NOW + number * 20 * MS
        if number % 50 == 10:
            audio.report(at)
            sender.ntp_error = -3 * HOUR
            video.report(at)
            sender.ntp_error = 0
        picture, sound = video.frame(at), audio.frame(at)
        assert abs(picture - sound) <= 40 * MS


def test_a_report_without_a_clock_says_nothing() -> None:
    """RFC 3550 §6.4.1: an NTP time of zero is no time."""
    clock = SenderClock()
    clock.track(VIDEO).on_sender_report(0, 5, NOW)

    assert clock.offset.value is None


def test_capture_times_map_from_the_first_packet() -> None:
    """With abs-capture-time, a slow encoder is in sync before any report came."""
    sender = Sender(ntp_error=-HOUR)
    video = Flow(sender, VIDEO, 0, encode=150 * MS)
    audio = Flow(sender, AUDIO, 0, encode=2 * MS, packet=20 * MS)
    for number in range(50):
        at = NOW + number * 20 * MS
        for flow in (video, audio):
            arrival = at + flow.encode + flow.packet + sender.delay
            ticks = sender.ticks(at, flow.rate, 0)
            flow.clock.on_capture_time(sender.ntp(at), ticks, arrival)
        if number:
            assert abs(video.frame(at) - audio.frame(at)) <= 2 * MS


def test_capture_times_win_over_reports() -> None:
    """While capture times come, a report that says otherwise does not move the track."""
    sender = Sender()
    video, _ = pair(sender)
    video.clock.on_capture_time(sender.ntp(NOW), sender.ticks(NOW, VIDEO, video.start), NOW + MS)
    video.frame(NOW)
    video.start += 3000
    video.report(NOW + SECOND)
    video.start -= 3000
    error = video.frame(NOW + 2 * SECOND)

    assert abs(error) <= 6 * MS


def test_a_restarted_track_is_mapped_anew() -> None:
    """New timestamps take nothing from the old ones but the publisher's offset, and go on."""
    rng = random.Random(9)
    video, audio = pair(Sender(ntp_error=HOUR))
    list(run(video, audio, range(10), rng))
    video.clock.restart()
    video.start = 123
    for _, picture, sound in run(video, audio, range(10, 20), rng):
        assert abs(picture - sound) <= 20 * MS


def test_the_least_of_a_window_is_forgotten_after_two_buckets() -> None:
    """A value stands for at least one bucket of time and for at most two."""
    window = WindowMinimum(10)
    assert window.value is None
    window.add(5, 100)
    window.add(9, 105)
    assert window.value == 5
    window.add(9, 111)
    assert window.value == 5
    window.add(8, 121)
    assert window.value == 8
    window.add(20, 150)
    assert window.value == 20


def test_ntp_is_read_to_the_nanosecond() -> None:
    """Seconds and their fraction, differences included."""
    assert ntp_to_ns(1 << 32) == SECOND
    assert ntp_to_ns(1 << 31) == SECOND // 2
    assert ntp_to_ns(-(1 << 32)) == -SECOND
