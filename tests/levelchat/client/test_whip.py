"""Laws of one WHIP session, held against aiortc."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import av
import pytest

from levelchat.client import whip
from levelchat.client.pattern import Pattern
from levelchat.client.sources import PatternSource
from levelchat.client.whip import Endpoint
from levelchat.clock import SystemClock

BITRATE = 500_000


@pytest.fixture
def source() -> PatternSource:
    return PatternSource(Pattern(320, 180))


def _stream(session: whip.WhipSession, source: PatternSource, seconds: float) -> None:
    clock = SystemClock()
    begun = clock.now_ns()
    for moment in source.moments():
        if moment.ready_ns > seconds * 1e9:
            return
        time.sleep(max(0, begun + moment.ready_ns - clock.now_ns()) / 1e9)
        captured = begun + moment.captured_ns
        session.write(moment.kind, captured, moment.render(captured))


def test_picture_and_sound_arrive(
    whip_server: Any, endpoint: Endpoint, source: PatternSource
) -> None:
    """A foreign peer decodes pictures whose strips are readable and in time, and hears beeps."""
    session = whip.connect(endpoint, source, BITRATE, SystemClock())
    _stream(session, source, 2.5)
    seen = whip_server.until(lambda seen: len(seen["pictures"]) > 60 and len(seen["sounds"]) > 100)
    session.close()
    ticks = [pts for pts, _ in seen["pictures"]]

    assert all(0 <= delay < 5000 for _, delay in seen["pictures"])
    assert {two - one for one, two in pairwise(ticks)} == {3000}
    assert any(loudest > 4000 for _, loudest in seen["sounds"])
    assert any(loudest < 100 for _, loudest in seen["sounds"])


def test_a_session_is_opened_and_deleted(
    whip_server: Any, endpoint: Endpoint, source: PatternSource
) -> None:
    """The token opens it with H.264 baseline, Opus and the active DTLS role; closing deletes it."""
    whip.connect(endpoint, source, BITRATE, SystemClock()).close()
    seen = whip_server.seen()
    (offer,) = seen["offers"]

    assert "packetization-mode=1;profile-level-id=42" in offer
    assert "opus/48000/2" in offer
    assert "a=setup:active" in offer
    assert (seen["tokens"], seen["deleted"]) == (["Bearer secret"], ["1"])


def test_what_was_captured_before_the_session_is_left_out(
    whip_server: Any, endpoint: Endpoint, source: PatternSource
) -> None:
    """Capture times begin with the session: nothing gets a time before RTP's zero."""
    session = whip.connect(endpoint, source, BITRATE, SystemClock())
    moment = next(source.moments())
    session.write(moment.kind, 0, moment.render(0))
    session.close()

    assert session.bytes == 0


def test_a_refusal_is_raised(whip_server: Any, endpoint: Endpoint, source: PatternSource) -> None:
    """Each status of the server is an error of its own."""
    for status, error in (
        (400, av.error.HTTPBadRequestError),
        (401, av.error.HTTPUnauthorizedError),
        (403, av.error.HTTPForbiddenError),
        (404, av.error.HTTPNotFoundError),
        (409, av.error.HTTPOtherClientError),
        (503, av.error.HTTPServerError),
    ):
        whip_server.refuse(status, {})
        with pytest.raises(error):
            whip.connect(endpoint, source, BITRATE, SystemClock())


def test_the_guard_surrounds_the_calls_that_wait(
    endpoint: Endpoint, source: PatternSource
) -> None:
    """Connecting and closing are guarded, sending is not."""
    entered = []

    @contextmanager
    def guard() -> Iterator[None]:
        entered.append("in")
        yield
        entered.append("out")

    session = whip.connect(endpoint, source, BITRATE, SystemClock(), guard)
    assert entered == ["in", "out"]
    session.close()
    assert entered == ["in", "out"] * 2


def test_a_server_that_is_not_there_is_refused(endpoint: Endpoint, source: PatternSource) -> None:
    """Nobody listening is told at once."""
    nowhere = Endpoint("http://127.0.0.1:9/whip", "T", endpoint.certificate, endpoint.key)

    with pytest.raises(ConnectionRefusedError):
        whip.connect(nowhere, source, BITRATE, SystemClock())
