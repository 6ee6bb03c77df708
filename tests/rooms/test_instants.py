"""Instants as requests write them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.instants import read

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "millis"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01t00:00:01z", 1000),
        ("1970-01-01 00:00:00.5Z", 500),
        ("1970-01-01T00:00:00.123999999Z", 123),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1969-12-31T19:00:00-05:00", 0),
        ("2026-04-25T09:30:00Z", 1_777_109_400_000),
    ],
)
def test_instants_of_rfc_3339_are_read(text: str, millis: int) -> None:
    """Any zone, any case, any fraction of a second."""
    assert read(text) == millis


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-04-25",
        "2026-04-25T09:30:00",
        "2026-04-25T09:30Z",
        "20260425T093000Z",
        "2026-02-30T00:00:00Z",
        "2026-04-25T25:00:00Z",
        "2026-04-25T09:30:00+24:00",
        "0000-01-01T00:00:00Z",
        "٢٠٢٦-04-25T09:30:00Z",
        "2026-04-25T09:30:00Z\n",
        "2026-W17-6T09:30:00Z",
        "1777109400",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    """Without its zone, an instant is none."""
    with pytest.raises(ValueError, match=r"RFC 3339|no such date"):
        read(text)


@given(st.datetimes(timezones=st.just(UTC)), st.integers(-1439, 1439))
def test_every_instant_is_read_in_every_zone(moment: datetime, minutes: int) -> None:
    """The zone changes how an instant is written, not which one it is."""
    try:
        text = moment.astimezone(timezone(timedelta(minutes=minutes))).isoformat()
    except OverflowError:
        return

    assert read(text) == (moment - EPOCH) // timedelta(milliseconds=1)
