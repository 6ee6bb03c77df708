"""Laws of edge.ranges (RFC 9110 §14)."""

import pytest

from edge import ranges
from edge.errors import RangeNotSatisfiable


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("bytes=0-0", range(1)),
        ("bytes=2-4", range(2, 5)),
        ("bytes=2-", range(2, 10)),
        ("bytes=2-99", range(2, 10)),
        ("bytes=-3", range(7, 10)),
        ("bytes=-99", range(10)),
        ("Bytes = 1 - 2", range(1, 3)),
    ],
)
def test_one_range_is_served(header: str, wanted: range) -> None:
    """From, from and to, or the last so many; never beyond the end."""
    assert ranges.select(header, 10) == wanted


@pytest.mark.parametrize(
    "header",
    [None, "", "bytes=-", "bytes=4-2", "bytes=0-1,4-5", "lines=0-1", "bytes=x-1", "bytes=1"],
)
def test_what_is_no_single_range_gets_the_whole(header: str | None) -> None:
    """A header that makes no sense, several ranges, or another unit are ignored."""
    assert ranges.select(header, 10) is None


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=10-20", "bytes=-0"])
def test_a_range_beyond_the_end_is_a_416(header: str) -> None:
    """It says how long the body is."""
    with pytest.raises(RangeNotSatisfiable) as caught:
        ranges.select(header, 10)

    assert caught.value.headers["Content-Range"] == "bytes */10"


def test_an_answer_says_which_bytes_it_has() -> None:
    """First, last and all, counted from 0."""
    assert ranges.content_range(range(2, 5), 10) == "bytes 2-4/10"
