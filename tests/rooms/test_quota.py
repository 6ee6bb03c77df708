"""What an organisation may use."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.errors import InvalidRequest, QuotaExceeded
from rooms.model import DAY
from rooms.quota import Limit, Quota, check, encode, month, parse

DECEMBER = 1_796_083_200_000  # 2026-12-01T00:00:00Z
JANUARY = DECEMBER + 31 * DAY
FEBRUARY = JANUARY + 31 * DAY


@pytest.mark.parametrize(
    ("text", "quota"),
    [
        ("{}", Quota()),
        ('{"open_rooms": 0}', Quota(open_rooms=0)),
        ('{"open_rooms": null, "viewer_hours": 1.5}', Quota(viewer_hours=1.5)),
        (
            b'{"open_rooms": 3, "participant_minutes": 4, "viewer_hours": 5}',
            Quota(open_rooms=3, participant_minutes=4, viewer_hours=5),
        ),
    ],
)
def test_every_limit_is_optional(text: str | bytes, quota: Quota) -> None:
    """What is not limited is not named, and what is written is read again."""
    assert parse(text) == quota
    assert parse(encode(quota)) == quota


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "nan",
        '{"rooms": 3}',
        '{"open_rooms": -1}',
        '{"open_rooms": 1.5}',
        '{"open_rooms": true}',
        '{"viewer_hours": "5"}',
        '{"viewer_hours": 1e999}',
        "\ud800",
    ],
)
def test_what_is_no_quota_is_refused(text: str) -> None:
    """A limit that is misspelt must not count as none."""
    with pytest.raises(InvalidRequest) as refused:
        parse(text)

    assert [flaw.path for flaw in refused.value.flaws] == ["quota"]


@pytest.mark.parametrize("what", ["open_rooms", "participant_minutes", "viewer_hours"])
def test_a_limit_holds_from_its_last_unit_on(what: Limit) -> None:
    """rooms.md §4: "Quota reached is 402": with 9 of 10 used there is one more, with 10 none."""
    quota = Quota(**{what: 10})

    check(quota, 9, what)
    for used in (10, 11):
        with pytest.raises(QuotaExceeded, match=f"{used} of 10 "):
            check(quota, used, what)
    check(Quota(), 10**9, what)


@pytest.mark.parametrize(
    ("what", "now", "words"),
    [
        ("open_rooms", None, "open rooms; end some rooms,"),
        ("viewer_hours", None, "viewer hours this month; wait until next month"),
        ("viewer_hours", JANUARY - 1, "wait until 2027-01-01T00:00:00Z"),
        ("participant_minutes", JANUARY, "wait until 2027-02-01T00:00:00Z"),
    ],
)
def test_the_refusal_says_what_helps(what: Limit, now: int | None, words: str) -> None:
    """Rooms can be ended; a month begins anew at an instant that is named."""
    with pytest.raises(QuotaExceeded) as refused:
        check(Quota(open_rooms=0, participant_minutes=0, viewer_hours=0), 1, what, now)

    assert refused.value.status == 402
    assert words in refused.value.detail


@pytest.mark.parametrize(
    ("now", "bounds"),
    [
        (DECEMBER, (DECEMBER, JANUARY)),
        (JANUARY - 1, (DECEMBER, JANUARY)),
        (JANUARY, (JANUARY, FEBRUARY)),
        (0, (0, 31 * DAY)),
    ],
)
def test_months_are_those_of_the_calendar_in_utc(now: int, bounds: tuple[int, int]) -> None:
    """A month begins with its first millisecond and ends before the next one's."""
    assert month(now) == bounds


@given(st.integers(0, 4_000_000_000_000))
def test_months_leave_no_gap(now: int) -> None:
    """Every instant is in its month, and the next month begins where this one ends."""
    since, until = month(now)

    assert since <= now < until
    assert 28 * DAY <= until - since <= 31 * DAY
    assert month(until)[0] == until
