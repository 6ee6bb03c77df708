"""When deliveries are tried again: a day of a dead receiver's life in a millisecond."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.webhooks.schedule import (
    ATTEMPTS,
    Dead,
    Delivered,
    Outcome,
    Pending,
    answered,
    next_step,
    unanswered,
)

REFUSED = answered(503)


def test_the_pauses_are_those_of_the_contract() -> None:
    """Attempts come after 0 s, 10 s, 1 m, 5 m, 15 m, 1 h, 4 h; then it is given up."""
    pauses = []
    now = 0
    for attempt in range(1, ATTEMPTS):
        verdict = next_step(attempt, REFUSED, now, 0.0)
        assert isinstance(verdict, Pending)
        pauses.append((verdict.due_at - now) / 1000)
        now = verdict.due_at

    assert pauses == [10, 60, 300, 900, 3600, 14400]
    assert next_step(ATTEMPTS, REFUSED, now, 0.0) == Dead(gone=False)


@given(st.integers(1, ATTEMPTS - 1), st.floats(-1.0, 1.0))
def test_jitter_is_a_fifth_at_most(attempt: int, jitter: float) -> None:
    """Whatever is drawn, the pause stays within 20 % of its length."""
    even = next_step(attempt, REFUSED, 0, 0.0)
    drawn = next_step(attempt, REFUSED, 0, jitter)

    assert isinstance(even, Pending)
    assert isinstance(drawn, Pending)
    assert 0.8 * even.due_at - 1 <= drawn.due_at <= 1.2 * even.due_at + 1


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_success(status: int) -> None:
    """The receiver has the event, on the last attempt too."""
    assert next_step(ATTEMPTS, answered(status), 0, 0.0) == Delivered()
    assert answered(status).error is None


@pytest.mark.parametrize("status", [100, 199, 300, 301, 302, 307, 308, 400, 404, 429, 500, 503])
def test_any_other_status_is_tried_again(status: int) -> None:
    """Redirections too: they are not followed."""
    assert isinstance(next_step(1, answered(status), 0, 0.0), Pending)
    assert str(status) in (answered(status).error or "")


def test_410_stops_at_once() -> None:
    """A receiver that is gone is not asked again."""
    assert next_step(1, answered(410), 0, 0.0) == Dead(gone=True)


def test_no_answer_is_tried_again() -> None:
    """A receiver that cannot be reached may be there later; the reason kept is short."""
    assert isinstance(next_step(1, unanswered("refused"), 0, 0.0), Pending)
    assert len(unanswered("x" * 5_000).error or "") <= 300
    assert not Outcome(None, None).delivered
