"""Laws of the line-by-line reading."""

import pytest
from lowlatency import NANOSECOND, Broadcast

from levelchat.client.rules.reading import date_ns, nanoseconds, read

URL = "http://host/live/r/v360.m3u8"
BROADCAST = Broadcast()


def test_segments_and_parts_have_their_numbers_and_urls() -> None:
    """Media sequence numbers count from the tag; URLs are absolute."""
    listing = read(BROADCAST.playlist("v360", (20, 1)), URL)

    assert [segment.msn for segment in listing.segments] == list(range(12, 21))
    assert listing.segments[-1].url is None
    assert listing.segments[-1].parts[1].url == "http://host/live/r/s1/v360/20.1.m4s"
    assert listing.newest == (20, 1)
    assert listing.hinted == ["http://host/live/r/s1/v360/20.2.m4s"]


def test_times_are_integers() -> None:
    """Durations and dates are nanoseconds without a float between."""
    listing = read(BROADCAST.playlist("v360", (20, 1)), URL)

    assert listing.part_target_ns == 500_000_000
    assert listing.hold_back_ns == 1_500_000_000
    assert listing.segments[0].duration_ns == 2 * NANOSECOND
    assert listing.end_ns == BROADCAST.moment(20, 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0.5", 500_000_000), ("2", 2 * NANOSECOND), ("0.00001", 10_000), ("", None), ("x", None)],
)
def test_seconds_become_nanoseconds(text: str, expected: int | None) -> None:
    """Decimal text is exact; what is no number is None."""
    assert nanoseconds(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:01.500Z", 1_500_000_000),
        ("1970-01-01T01:00:00.000+01:00", 0),
        ("1970-01-01T00:00:00.000", None),
        ("yesterday", None),
    ],
)
def test_dates_become_nanoseconds(text: str, expected: int | None) -> None:
    """A date needs a time zone; what is no date is None."""
    assert date_ns(text) == expected


def test_a_map_applies_until_the_next_one() -> None:
    """EXT-X-MAP holds for all segments that follow it."""
    listing = read(BROADCAST.but(discontinuity=16).playlist("v360", (20, 1)), URL)

    assert all(segment.map_value is not None for segment in listing.segments)
    assert [s.msn for s in listing.segments if s.discontinuity] == [16]


def test_a_delta_update_counts_what_it_skipped() -> None:
    """Segments after EXT-X-SKIP have the numbers that they have in the full playlist."""
    broadcast = Broadcast(can_skip=True)
    full = read(broadcast.playlist("v360", (20, 3)), URL)
    delta = read(broadcast.delta("v360", (20, 3)), URL)

    assert delta.skipped == 1
    assert delta.segments[-1] == full.segments[-1]


def test_garbage_reads_as_nothing() -> None:
    """The reading refuses nothing: that is what rules are for."""
    listing = read("<html>\n#EXT-X-PART:\n#EXTINF:abc\n", URL)

    assert listing.target_ns == 0
    assert listing.newest[1] <= 0
