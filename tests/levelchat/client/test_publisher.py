"""Laws of publishing in real time."""

import threading
from collections.abc import Callable, Iterator
from fractions import Fraction
from threading import Event
from typing import Any

import av
import pytest

from levelchat.client import whip
from levelchat.client.errors import PublishRefused, ServerUnreachable
from levelchat.client.inquiry import Refusal
from levelchat.client.pattern import Pattern
from levelchat.client.publisher import Publisher, Report
from levelchat.client.sources import Frame, Moment, PatternSource
from levelchat.client.whip import Endpoint
from levelchat.clock import SystemClock
from levelchat.media.codec import Kind

SECOND = 1_000_000_000


class Script:
    """A clock, an event, a source and a session that run through a script at once."""

    width, height, rate, has_sound = 320, 180, Fraction(10), False

    def __init__(self) -> None:
        self.now = 1_700_000_000 * SECOND
        self.waits: list[float] = []
        self.written: list[tuple[int, int]] = []
        self.closed = 0
        self.bytes = 0
        self.stops_after = 10_000
        self.fails_at: set[int] = set()
        self.jumps: dict[int, int] = {}
        self.refusals: list[Exception] = []

    def now_ns(self) -> int:
        return self.now

    wall_ns = monotonic_ns = now_ns

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        self.now += int(max(0.0, seconds) * SECOND)
        return len(self.waits) > self.stops_after

    def moments(self) -> Iterator[Moment]:
        for number in range(50):
            at = number * SECOND // 10
            yield Moment(Kind.VIDEO, at, at, lambda _wall_ns: av.VideoFrame(16, 16))

    def connect(self) -> Any:
        if self.refusals:
            raise self.refusals.pop(0)
        return self

    def write(self, _kind: Kind, captured_ns: int, _frame: Frame) -> None:
        number = len(self.written)
        self.written.append((captured_ns, self.now))
        self.bytes += 100
        self.now += self.jumps.pop(number, 0)
        if number in self.fails_at:
            raise av.error.ConnectionRefusedError(111, "Connection refused")

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def script() -> Script:
    return Script()


def _publisher(
    script: Any,
    explain: Callable[[], Refusal | None] = lambda: None,
    connect: Callable[[], Any] | None = None,
) -> Publisher:
    return Publisher(
        script, connect or script.connect, explain, script, script, lambda _report: None
    )


def test_each_moment_is_sent_at_its_time(script: Script) -> None:
    """A picture goes out when the wall clock reaches it, with that time as its capture time."""
    publisher = _publisher(script)
    publisher.run(None)
    begun = script.written[0][0]

    assert [at for at, _ in script.written] == [begun + n * SECOND // 10 for n in range(50)]
    assert all(abs(sent - captured) < 1000 for captured, sent in script.written)
    assert (publisher.report.frames, publisher.report.bytes, script.closed) == (50, 5000, 1)


def test_it_ends_after_its_seconds(script: Script) -> None:
    """Nothing is sent beyond the time that was asked for."""
    publisher = _publisher(script)
    publisher.run(2)

    assert publisher.report.frames == 21
    assert 1900 <= publisher.report.milliseconds <= 2100


def test_it_ends_when_told(script: Script) -> None:
    """The event ends it, and the session is closed."""
    script.stops_after = 5
    _publisher(script).run(None)

    assert (len(script.written), script.closed) == (5, 1)


def test_what_is_late_is_not_sent_late(script: Script) -> None:
    """After a pause of the machine it goes on from now, and counts it."""
    script.jumps = {10: 3 * SECOND}
    publisher = _publisher(script)
    publisher.run(None)
    delays = [sent - captured for captured, sent in script.written]

    assert publisher.report.skips == 1
    assert max(delays) < SECOND // 10
    assert len(script.written) == 50


def test_a_small_delay_is_caught_up(script: Script) -> None:
    """A hiccup of 300 ms moves nothing: what was due meanwhile follows at once."""
    script.jumps = {10: 3 * SECOND // 10}
    publisher = _publisher(script)
    publisher.run(None)

    assert publisher.report.skips == 0
    assert script.written[-1][0] - script.written[0][0] == 49 * SECOND // 10


def test_it_comes_back_when_the_server_went_away(script: Script) -> None:
    """A broken session is closed and a new one opened, with longer and longer waits between."""
    script.fails_at = {20}
    failures = [ServerUnreachable("away")] * 6

    def reconnect() -> Any:
        if len(script.written) > 20 and failures:
            raise failures.pop()
        return script.connect()

    publisher = _publisher(script, connect=reconnect)
    publisher.run(None)
    backoff = [wait for wait in script.waits if wait >= 0.2]

    assert publisher.report.reconnects == 1
    assert backoff == [0.25, 0.5, 1.0, 2.0, 4.0, 4.0]
    assert len(script.written) == 50
    assert script.closed == 2


def test_it_does_not_wait_for_ever(script: Script) -> None:
    """A server that stays away for a minute is given up."""
    script.fails_at = {0}

    def away() -> Any:
        if script.written:
            raise ServerUnreachable("nobody is there")
        return script

    publisher = _publisher(script, connect=away)
    with pytest.raises(ServerUnreachable, match="nobody is there"):
        publisher.run(None)
    assert 60 <= sum(script.waits) <= 70


def test_told_to_stop_while_the_server_is_away_it_ends(script: Script) -> None:
    """Waiting for a server can be ended like everything else."""
    script.fails_at = {3}
    script.stops_after = 5

    def away() -> Any:
        if script.written:
            raise ServerUnreachable("nobody is there")
        return script

    publisher = _publisher(script, connect=away)
    publisher.run(None)

    assert len(script.written) == 4


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 503])
def test_a_refusal_at_the_start_is_final(script: Script, status: int) -> None:
    """Whatever the server says no with at first, it is said and not repeated."""
    script.refusals = [av.error.HTTPForbiddenError(1, "Forbidden")]
    publisher = _publisher(script, lambda: Refusal(status, "because"))

    with pytest.raises(PublishRefused, match=f"{status}.*because"):
        publisher.run(None)
    assert script.waits == []


def test_a_room_that_is_still_taken_is_asked_again(script: Script) -> None:
    """After a break the old session may live on for a while: 409 is waited out, 403 is not."""
    script.fails_at = {3}
    refusals = [409, 409, 403]

    def refused() -> Any:
        if script.written:
            raise av.error.HTTPOtherClientError(1, "4xx")
        return script

    publisher = _publisher(script, lambda: Refusal(refusals.pop(0), "no"), refused)
    with pytest.raises(PublishRefused, match="403"):
        publisher.run(None)
    assert refusals == []


def test_it_tells_how_it_goes(script: Script) -> None:
    """Each second a report says rate and bitrate of the time since the last."""
    told: list[Report] = []
    publisher = Publisher(
        script,  # type: ignore[arg-type]
        script.connect,
        lambda: None,
        script,
        script,  # type: ignore[arg-type]
        lambda report: told.append(Report(report.milliseconds, report.frames, report.fps)),
    )
    publisher.run(None)

    assert [report.milliseconds for report in told] == [1000 * n for n in range(1, 5)]
    assert all(9 <= report.fps <= 12 for report in told)
    assert publisher.report.bitrate == pytest.approx(8000, rel=0.01)


def test_it_outlives_a_real_server(start_server: Callable[..., Any], endpoint: Endpoint) -> None:
    """A server that is killed and started again at the same port gets the stream again."""
    server = start_server()
    stop = Event()
    source = PatternSource(Pattern(320, 180))
    clock = SystemClock()
    at = Endpoint(server.url, "secret", endpoint.certificate, endpoint.key)
    publisher = Publisher(
        source,
        lambda: whip.connect(at, source, 300_000, clock),
        lambda: None,
        clock,
        stop,
        lambda _report: None,
    )
    thread = threading.Thread(target=publisher.run, args=(60,))
    thread.start()
    server.until(lambda seen: len(seen["pictures"]) > 10)
    server.kill()
    again = start_server(server.port)
    seen = again.until(lambda seen: len(seen["pictures"]) > 10)
    stop.set()
    thread.join(20)

    assert not thread.is_alive()
    assert publisher.report.reconnects == 1
    assert len(seen["offers"]) == 1
    assert again.seen()["deleted"] == ["1"]
