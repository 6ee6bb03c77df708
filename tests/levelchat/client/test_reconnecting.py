"""Laws of what follows a broken connection."""

import pytest

from levelchat.client import api_errors, reconnecting
from levelchat.client.reconnecting import Step
from levelchat.contract import signal


@pytest.mark.parametrize(
    "code",
    [None, 1000, 1001, 1006, 1011, signal.CLOSE_TOO_SLOW, signal.CLOSE_LOST],
)
def test_accidents_are_resumed(code: int | None) -> None:
    """A lost network, a server that stops, a reader that was too slow."""
    assert reconnecting.after_close(code) is Step.RESUME


@pytest.mark.parametrize(
    "code",
    [
        signal.CLOSE_LEFT,
        signal.CLOSE_KICKED,
        signal.CLOSE_ROOM_ENDED,
        signal.CLOSE_REPLACED,
        signal.CLOSE_MALFORMED,
        signal.CLOSE_TOO_BIG,
        signal.CLOSE_UNAUTHORISED,
    ],
)
def test_decisions_are_final(code: int) -> None:
    """Kicked, ended, replaced: to come back by itself would be an annoyance, or a loop."""
    assert reconnecting.after_close(code) is Step.STOP


@pytest.mark.parametrize(
    ("status", "code", "resuming", "expected"),
    [
        (404, "not_found", True, Step.REJOIN),
        (401, "token_invalid", True, Step.REJOIN),
        (401, "token_invalid", False, Step.STOP),
        (409, "room_ended", True, Step.STOP),
        (503, "store_unavailable", True, Step.RESUME),
        (503, "store_unavailable", False, Step.REJOIN),
        (429, "too_many_requests", False, Step.REJOIN),
        (409, "room_full", False, Step.STOP),
    ],
)
def test_a_refusal_says_whether_to_go_on(
    status: int, code: str, *, resuming: bool, expected: Step
) -> None:
    """A place that was forgotten is taken anew; a closed door is not knocked at."""
    error = api_errors.from_response(status, {}, f'{{"code": "{code}"}}'.encode())

    assert reconnecting.after_refusal(error, resuming=resuming) is expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://localhost:8080", "ws://localhost:8080/v1/signal"),
        ("https://x.example/", "wss://x.example/v1/signal"),
        ("https://x.example/v1/signal", "wss://x.example/v1/signal"),
        ("wss://x.example/v1/signal", "wss://x.example/v1/signal"),
        ("https://x.example/behind", "wss://x.example/behind/v1/signal"),
    ],
)
def test_a_url_leads_to_signalling(url: str, expected: str) -> None:
    """The server's URL will do, and so will `urls.signal`."""
    assert str(reconnecting.signal_url(url)) == expected


@pytest.mark.parametrize("url", ["", "localhost", "ftp://x", "/v1/signal"])
def test_what_is_no_url_is_said(url: str) -> None:
    """With an example of one that is."""
    with pytest.raises(ValueError, match="https://"):
        reconnecting.signal_url(url)


def test_a_close_before_the_welcome_has_a_reason() -> None:
    """The code of the catalogue that a close means, so that the error has its class."""
    assert reconnecting.close_reason(signal.CLOSE_ROOM_ENDED)[0] == "room_ended"
    assert reconnecting.close_reason(signal.CLOSE_UNAUTHORISED)[0] == "token_invalid"
    assert "1011" in reconnecting.close_reason(1011)[1]
