"""Laws of levelchat.rtc.nack."""

from levelchat.rtc.nack import (
    FIRST_ROUND_TRIP_NS,
    MAX_ASKED,
    MAX_SPACING_NS,
    MIN_SPACING_NS,
    NackSchedule,
)

MS = 1_000_000
NOW = 10**18


def gaps(*numbers: int) -> dict[int, int]:
    return dict.fromkeys(numbers, NOW)


def test_a_missing_packet_is_asked_for_at_once() -> None:
    """The first request does not wait, and the second does not come with it."""
    schedule = NackSchedule()

    assert schedule.due(gaps(5, 6), NOW) == [5, 6]
    assert schedule.due(gaps(5, 6, 9), NOW + MS) == [9]


def test_it_is_asked_for_again_after_a_round_trip() -> None:
    """A request is repeated after one and a quarter round-trips, and not before."""
    schedule = NackSchedule()
    spacing = FIRST_ROUND_TRIP_NS * 5 // 4
    schedule.due(gaps(5), NOW)

    assert schedule.due(gaps(5), NOW + spacing - 1) == []
    assert schedule.due(gaps(5), NOW + spacing) == [5]
    assert schedule.due(gaps(5), NOW + spacing + 1) == []


def test_the_round_trip_is_learnt_from_answers() -> None:
    """Answers after 20 ms bring the spacing from 125 ms to about 25."""
    schedule = NackSchedule()
    for number in range(30):
        now = NOW + number * 1000 * MS
        schedule.due(gaps(number), now)
        schedule.came(number, now + 20 * MS)

    assert abs(schedule.round_trip_ns - 20 * MS) < MS


def test_an_answer_after_two_requests_teaches_nothing() -> None:
    """Karn's rule: it is not known which request was answered."""
    schedule = NackSchedule()
    schedule.due(gaps(5), NOW)
    schedule.due(gaps(5), NOW + 200 * MS)
    schedule.came(5, NOW + 201 * MS)

    assert schedule.round_trip_ns == FIRST_ROUND_TRIP_NS


def test_reordering_teaches_nothing() -> None:
    """A packet that came by itself before anybody asked is no round-trip."""
    schedule = NackSchedule()
    schedule.came(5, NOW)

    assert schedule.round_trip_ns == FIRST_ROUND_TRIP_NS


def test_nothing_is_asked_for_without_end() -> None:
    """One packet is asked for ten times at most, and never again."""
    schedule = NackSchedule()
    asked = [schedule.due(gaps(5), NOW + number * 1000 * MS) for number in range(50)]

    assert asked == [[5]] * MAX_ASKED + [[]] * (50 - MAX_ASKED)


def test_the_spacing_has_bounds() -> None:
    """However short or long the round-trip, requests are 10 to 200 ms apart."""
    for round_trip, spacing in ((1, MIN_SPACING_NS), (10**10, MAX_SPACING_NS)):
        schedule = NackSchedule()
        schedule.round_trip_ns = round_trip
        schedule.due(gaps(5), NOW)
        assert schedule.due(gaps(5), NOW + spacing - 1) == []
        assert schedule.due(gaps(5), NOW + spacing) == [5]


def test_it_looks_again_only_when_there_is_something_to_see() -> None:
    """Between two requests the same gaps cost nothing, and a new one is asked for at once."""
    schedule = NackSchedule()
    schedule.due(gaps(*range(500)), NOW)
    asked = schedule._asked
    schedule.due(gaps(*range(500)), NOW + MS)
    assert schedule._asked is asked

    assert schedule.due(gaps(*range(501)), NOW + MS) == [500]
    assert schedule.due(gaps(*range(501)), NOW + 125 * MS) == list(range(500))
    assert schedule.due(gaps(*range(501)), NOW + 126 * MS) == [500]


def test_what_is_not_missing_is_not_remembered() -> None:
    """Numbers that came or were given up take no memory."""
    schedule = NackSchedule()
    schedule.due(gaps(*range(500)), NOW)
    schedule.due(gaps(7), NOW)
    assert list(schedule._asked) == [7]

    schedule.forget()
    assert schedule.due(gaps(7), NOW) == [7]
