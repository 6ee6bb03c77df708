"""Laws of asking for key frames."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from cascade.keyframes import FRESH_NS, SPACING_NS, KeyFrames

START = 1_000_000_000_000
SOURCE = 7


@given(st.lists(st.integers(0, SPACING_NS), min_size=1))
def test_one_question_for_all(pauses: list[int]) -> None:
    """However many want one, a source is asked at most once in that time."""
    key_frames = KeyFrames()
    now_ns, asked = START, []
    for pause in pauses:
        now_ns += pause
        if key_frames.wanted(SOURCE, now_ns) or key_frames.due(now_ns):
            asked.append(now_ns)

    assert asked[0] == START + pauses[0]
    assert now_ns - asked[-1] < SPACING_NS
    assert all(b - a >= SPACING_NS for a, b in itertools.pairwise(asked))


def test_what_came_too_soon_is_asked_later() -> None:
    """Unless a key frame came meanwhile."""
    key_frames = KeyFrames()
    key_frames.count(SOURCE, 1, START)
    key_frames.wanted(SOURCE, START)
    assert not key_frames.wanted(SOURCE, START + 1)
    assert key_frames.due(START + 2) == []
    assert key_frames.due(START + SPACING_NS) == [SOURCE]

    assert not key_frames.wanted(SOURCE, START + SPACING_NS + 1)
    key_frames.count(SOURCE, 2, START + SPACING_NS + 2)
    assert key_frames.due(START + 3 * SPACING_NS) == []


def test_a_wish_is_not_lost_for_what_came_before() -> None:
    """Nor where it was not known yet what had come."""
    key_frames = KeyFrames()
    key_frames.wanted(SOURCE, START)
    key_frames.wanted(SOURCE, START + 1)
    key_frames.count(SOURCE, 5, START + 2)
    assert key_frames.due(START + SPACING_NS) == [SOURCE]

    key_frames.wanted(SOURCE, START + SPACING_NS + 1)
    key_frames.count(SOURCE, 6, START + SPACING_NS + 2)
    key_frames.wanted(SOURCE, START + SPACING_NS + 3)
    assert key_frames.due(START + 2 * SPACING_NS) == [SOURCE]


def test_a_joiner_after_a_fresh_key_frame_asks_for_none() -> None:
    """It is shown that one."""
    key_frames = KeyFrames()
    key_frames.count(SOURCE, 1, START)
    key_frames.count(SOURCE, 2, START + 1)

    assert not key_frames.joined(SOURCE, START + FRESH_NS)
    assert key_frames.joined(SOURCE, START + FRESH_NS + 2)


def test_what_is_gone_is_forgotten() -> None:
    """A source that comes back is asked at once."""
    key_frames = KeyFrames()
    key_frames.wanted(SOURCE, START)

    key_frames.keep(frozenset())

    assert key_frames.wanted(SOURCE, START + 1)
