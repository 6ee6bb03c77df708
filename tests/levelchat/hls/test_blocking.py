"""Laws of levelchat.hls.blocking."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from levelchat.hls.blocking import Position, Ready, Reject, State, Wait, decide, reached

# Segments 10 to 20 are complete, the last with four parts; two parts of 21 are listed.
STATE = State(
    first_msn=10, last_segment=20, open_parts=2, closed_parts=4, advance_limit=6, ended=False
)
NOW = Ready(blocking=True)


def _ask(
    msn: int | str | None = None, part: int | str | None = None, state: State = STATE
) -> object:
    query = {"_HLS_msn": msn, "_HLS_part": part}
    return decide(state, {name: str(value) for name, value in query.items() if value is not None})


@pytest.mark.parametrize(
    ("msn", "part", "expected"),
    [
        (None, None, Ready(blocking=False)),
        (20, None, NOW),
        (21, None, Wait(Position(22, -1))),
        (22, None, Wait(Position(23, -1))),
        (21, 0, NOW),
        (21, 1, NOW),
        (21, 2, Wait(Position(21, 2))),
        (22, 0, Wait(Position(22, 0))),
        (20, 3, NOW),
    ],
)
def test_a_request_waits_for_what_it_names(
    msn: int | None, part: int | None, expected: object
) -> None:
    """A5.1, A5.2: what is listed is answered, what comes next is waited for."""
    assert _ask(msn, part) == expected


def test_a_part_beyond_its_parent_is_part_0_of_the_next() -> None:
    """A5.3: a part that the finished segment never had means the next segment's first."""
    assert _ask(20, 4) == NOW
    fresh = State(
        first_msn=10, last_segment=20, open_parts=0, closed_parts=4, advance_limit=6, ended=False
    )
    assert _ask(20, 4, fresh) == Wait(Position(21, 0))


@pytest.mark.parametrize(("msn", "part"), [(3, None), (3, 0), (9, 99), (0, 0)])
def test_a_segment_long_gone_is_answered_at_once(msn: int, part: int | None) -> None:
    """A5.4: an old number gets the whole current playlist."""
    assert _ask(msn, part) == NOW


@pytest.mark.parametrize(
    ("msn", "part"),
    [(None, 0), (23, None), (23, 0), (21, 9), (22, 9), ("x", None), ("-1", 0), (21, "1.5"),
     ("9" * 40, None), ("", None), (" 21", None)],
)  # fmt: skip
def test_what_cannot_be_met_is_refused_at_once(
    msn: int | str | None, part: int | str | None
) -> None:
    """A5.5, A5.6, A5.12: a part alone, too far ahead, or no number is a 400."""
    assert isinstance(_ask(msn, part), Reject)


@pytest.mark.parametrize(("msn", "part"), [(21, 5), (99, None), (99, 9)])
def test_an_ended_playlist_ignores_directives(msn: int, part: int | None) -> None:
    """A5.10: after EXT-X-ENDLIST every request is answered."""
    ended = State(
        first_msn=10, last_segment=20, open_parts=0, closed_parts=4, advance_limit=6, ended=True
    )
    assert _ask(msn, part, ended) == Ready(blocking=False)


def test_unknown_directives_are_ignored() -> None:
    """A5.11: other `_HLS_` parameters are reserved, not wrong."""
    assert decide(STATE, {"_HLS_skip": "YES", "_HLS_primary_id": "x"}) == Ready(blocking=False)


@given(st.integers(0, 40), st.integers(0, 12))
def test_every_wait_is_for_something_near(msn: int, part: int) -> None:
    """Whatever is waited for is not listed yet and at most two segments away."""
    decision = _ask(msn, part)
    if isinstance(decision, Wait):
        assert Position(21, 1) < decision.until <= Position(23, 0)


@given(st.integers(0, 5), st.integers(0, 40), st.integers(0, 12))
def test_an_answer_comes_as_soon_as_it_may(parts: int, msn: int, part: int) -> None:
    """What was waited for is reached exactly when the same request would be answered at once."""
    state = State(
        first_msn=10,
        last_segment=20,
        open_parts=parts,
        closed_parts=4,
        advance_limit=6,
        ended=False,
    )
    decision = _ask(msn, part, state)
    if not isinstance(decision, Reject):
        assert reached(state, Position(msn, part)) == isinstance(decision, Ready)
