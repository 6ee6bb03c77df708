"""Laws of retries."""

from hypothesis import given
from hypothesis import strategies as st

from levelchat.client import api_errors, retrying
from levelchat.client.errors import ServerUnreachable
from levelchat.client.retrying import Retries

AWAY = ServerUnreachable("away")


def _error(status: int, retry_after: str = "") -> api_errors.ApiError:
    return api_errors.from_response(status, {"Retry-After": retry_after}, b"{}")


def test_waits_double_up_to_the_most() -> None:
    """Without chance to shorten them, waits double from the first to the most."""
    retries = Retries(first=0.5, most=3)

    assert [retries.wait(tried, 1.0) for tried in (1, 2, 3, 4, 99)] == [0.5, 1, 2, 3, 3]


@given(st.integers(1, 1_000_000), st.floats(0, 1))
def test_a_wait_is_never_longer_than_the_most(tried: int, chance: float) -> None:
    """However often it was tried."""
    assert 0 <= Retries().wait(tried, chance) <= Retries().most


def test_only_what_may_pass_is_tried_again() -> None:
    """No answer, 429, 502, 503, 504: yes. A refusal: no. Nor after the last try."""
    retries = Retries(tries=3)

    def wait(error: Exception, tried: int) -> float | None:
        return retrying.next_wait(error, tried, retries, now=0, chance=0.5)

    assert all(wait(_error(status), 1) is not None for status in (429, 502, 503, 504))
    assert all(wait(_error(status), 1) is None for status in (400, 402, 404, 409, 422, 500, 501))
    assert wait(AWAY, 2) is not None
    assert wait(AWAY, 3) is None


def test_the_server_says_how_long_to_wait() -> None:
    """Retry-After is obeyed, as seconds and as a date; nonsense is as good as none."""
    assert retrying.asked_wait(_error(503, "7"), 0) == 7
    assert retrying.asked_wait(_error(503, "Thu, 01 Jan 1970 00:01:00 GMT"), 50) == 10
    assert retrying.asked_wait(_error(503, "Thu, 01 Jan 1970 00:01:00 GMT"), 90) == 0
    assert retrying.asked_wait(_error(503, "soon"), 0) == 0
    assert retrying.asked_wait(AWAY, 0) == 0


def test_a_wait_is_what_was_asked_and_some_jitter() -> None:
    """Clients that were all told the same do not all come back at once."""
    early = retrying.next_wait(_error(429, "2"), 1, Retries(first=1), now=0, chance=0.1)
    late = retrying.next_wait(_error(429, "2"), 1, Retries(first=1), now=0, chance=0.9)

    assert (early, late) == (2.1, 2.9)
