"""The arithmetic of usage."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sessionrows import session_row

from rooms.model import HOUR, RoomType
from rooms.usage import MINUTE, Stay, Usage, covered, stay, total

EVER = (0, 10**15)

_spans = st.tuples(st.integers(0, 60), st.integers(0, 60)).map(sorted)
_stays = st.lists(
    st.builds(
        lambda room, person, stage, span: Stay(
            room, f"{room}-{person}", room == "live", stage, *span
        ),
        st.sampled_from(["live", "meeting"]),
        st.integers(0, 2),
        st.booleans(),
        _spans,
    ),
    max_size=12,
)


def _watching(start: int, end: int, *, stage: bool = False, who: str = "ann") -> Stay:
    return Stay("r_live", who, True, stage, start, end)


def _meeting(start: int, end: int, *, stage: bool = False, who: str = "ann") -> Stay:
    return Stay("r_meet", who, False, stage, start, end)


@pytest.mark.parametrize(
    ("stays", "expected"),
    [
        ([], Usage()),
        ([_meeting(0, MINUTE)], Usage(MINUTE, 0)),
        ([_meeting(0, MINUTE, stage=True)], Usage(MINUTE, 0)),
        ([_watching(0, HOUR)], Usage(0, HOUR)),
        ([_watching(0, HOUR, stage=True)], Usage(HOUR, 0)),
        # One person by two transports counts once; two persons twice.
        ([_watching(0, 10), _watching(5, 15)], Usage(0, 15)),
        ([_watching(0, 10), _watching(0, 10, who="bob")], Usage(0, 20)),
        ([_watching(0, 10), _watching(20, 30)], Usage(0, 20)),
        ([_watching(0, 30), _watching(10, 20), _watching(25, 35)], Usage(0, 35)),
        # Called on stage for a while, and back among the viewers.
        ([_watching(0, 30), _watching(10, 20, stage=True)], Usage(10, 20)),
        ([_watching(10, 20, stage=True), _watching(0, 30, stage=True)], Usage(30, 0)),
        # Left before they came, by a clock that is wrong.
        ([_watching(10, 5)], Usage()),
    ],
)
def test_what_is_counted_as_what(stays: list[Stay], expected: Usage) -> None:
    """rooms.md §9: viewer hours for viewers of what is watched, participant minutes for the rest."""
    assert total(stays, *EVER) == expected


@pytest.mark.parametrize(
    ("since", "until", "length"),
    [(0, 100, 10), (10, 20, 10), (12, 15, 3), (0, 15, 5), (15, 99, 5), (20, 30, 0), (0, 10, 0)],
)
def test_only_the_interval_counts(since: int, until: int, length: int) -> None:
    """*since* belongs to the interval, *until* to the next one."""
    assert total([_watching(10, 20)], since, until) == Usage(0, length)


@pytest.mark.parametrize(
    ("left_at", "seen_at", "end"), [(None, 50, 50), (70, 50, 70), (40, 50, 40)]
)
def test_who_is_still_there_counts_until_last_seen(
    left_at: int | None, seen_at: int, end: int
) -> None:
    """rooms.md §2: nothing accrues after a participant was last seen."""
    row = session_row(joined_at=10, seen_at=seen_at, left_at=left_at)

    assert stay(row, RoomType.MEETING) == Stay("r_1", "p_1", False, False, 10, end)


@pytest.mark.parametrize(
    ("room_type", "watched"),
    [
        (RoomType.MEETING, False),
        (RoomType.ONE_TO_ONE, False),
        (RoomType.LIVE, True),
        (RoomType.WEBINAR, True),
    ],
)
@pytest.mark.parametrize(
    ("moderator", "publisher"), [(False, False), (True, False), (False, True), (True, True)]
)
def test_who_is_on_stage(
    *, room_type: RoomType, watched: bool, moderator: bool, publisher: bool
) -> None:
    """rooms.md §9: live and webinar have viewers; who may publish or moderate is none."""
    made = stay(session_row(moderator=moderator, publisher=publisher), room_type)

    assert (made.watched, made.stage) == (watched, moderator or publisher)


def test_units() -> None:
    """Milliseconds become minutes and hours once, at the end."""
    used = Usage(90_000, 5_400_000)

    assert (used.participant_minutes, used.viewer_hours) == (1.5, 1.5)
    assert used.recording_gb_stored == 0.0


@given(_stays, st.lists(st.integers(0, 60), min_size=3, max_size=3).map(sorted))
def test_adjacent_intervals_add_up(stays: list[Stay], at: list[int]) -> None:
    """rooms.md §9: usage of [a, b) and of [b, c) is that of [a, c), to the millisecond."""
    a, b, c = at

    assert total(stays, a, b) + total(stays, b, c) == total(stays, a, c)


@given(_stays, st.randoms())
def test_it_is_the_same_however_often_it_is_computed(stays: list[Stay], random: object) -> None:
    """rooms.md §9: in any order, and with a row read twice."""
    again = [*stays, *stays[:3]]
    random.shuffle(again)  # type: ignore[attr-defined]

    assert total(again, 0, 60) == total(stays, 0, 60)


@given(_stays)
def test_each_millisecond_of_each_person_counts_once(stays: list[Stay]) -> None:
    """The sums are those of asking at every millisecond who is there, and who is on stage."""
    participants = viewers = 0
    for at in range(60):
        there = [each for each in stays if each.start <= at < each.end]
        on_stage = {each.participant for each in there if each.stage or not each.watched}
        participants += len(on_stage)
        viewers += len({each.participant for each in there} - on_stage)

    assert total(stays, 0, 60) == Usage(participants, viewers)


@given(st.lists(_spans))
def test_covered_is_the_length_of_the_union(spans: list[list[int]]) -> None:
    """Overlaps count once, gaps not at all."""
    union = {at for start, end in spans for at in range(start, end)}

    assert covered([(start, end) for start, end in spans]) == len(union)


@given(_stays, _spans)
def test_a_session_that_begins_later_changes_no_past(stays: list[Stay], span: list[int]) -> None:
    """What was billed until now stays billed so, whoever comes on stage afterwards."""
    start, end = span
    later = Stay("live", "live-0", True, True, start, end)

    assert total([*stays, later], 0, start) == total(stays, 0, start)
