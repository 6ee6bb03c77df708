"""Laws of the API's errors as exceptions."""

import msgspec
import pytest

from levelchat.client import api_errors
from levelchat.client.api_errors import ApiError, Flaw


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (409, "room_ended", api_errors.RoomEnded),
        (409, "room_full", api_errors.RoomFull),
        (409, "one_of_next_year", api_errors.Conflict),
        (404, "not_found", api_errors.NotFound),
        (402, "quota_exceeded", api_errors.QuotaExceeded),
        (422, "invalid_request", api_errors.Invalid),
        (413, "body_too_large", api_errors.Invalid),
        (403, "capability_missing", api_errors.Forbidden),
        (429, "too_many_requests", api_errors.TooManyRequests),
        (503, "store_unavailable", api_errors.Unavailable),
        (500, "internal", api_errors.ServerFault),
        (501, "not_built_yet", api_errors.NotBuiltYet),
    ],
)
def test_the_code_chooses_the_class(status: int, code: str, expected: type[ApiError]) -> None:
    """The code decides; for one that is not known here, the status."""
    body = msgspec.json.encode({"code": code, "status": status, "detail": "why"})

    error = api_errors.from_response(status, {}, body)

    assert type(error) is expected
    assert (error.status, error.code, error.detail, str(error)) == (status, code, "why", "why")


def test_an_error_carries_the_whole_document() -> None:
    """Wrong values, the request's id and the wait that the server asks for are kept."""
    problem = {
        "code": "invalid_request",
        "detail": "type: wrong",
        "request_id": "req_1",
        "errors": [{"path": "type", "message": "wrong"}],
    }

    error = api_errors.from_response(422, {"Retry-After": "3"}, msgspec.json.encode(problem))

    assert error.errors == (Flaw("type", "wrong"),)
    assert (error.request_id, error.retry_after, error.retryable) == ("req_1", "3", False)


@pytest.mark.parametrize("body", [b"<html>Bad gateway</html>", b"", b"\xff\xfe", b"[]", b"{}"])
def test_a_foreign_answer_is_an_error_too(body: bytes) -> None:
    """A proxy's page, nothing, or no text: the status says what it means."""
    error = api_errors.from_response(502, {"X-Request-Id": "req_2"}, body)

    assert type(error) is api_errors.Unavailable
    assert (error.code, error.request_id, error.retryable) == ("http_502", "req_2", True)
    assert error.detail


@pytest.mark.parametrize(
    ("code", "expected", "status"),
    [
        ("room_ended", api_errors.RoomEnded, 409),
        ("capability_missing", api_errors.Forbidden, 403),
        ("too_many_requests", api_errors.TooManyRequests, 429),
        ("unheard_of", api_errors.Invalid, 422),
    ],
)
def test_signalling_has_the_same_errors(code: str, expected: type[ApiError], status: int) -> None:
    """An `error` message of the WebSocket becomes the same class as the REST problem."""
    error = api_errors.from_code(code, "why")

    assert type(error) is expected
    assert (error.code, error.status, error.detail) == (code, status, "why")
