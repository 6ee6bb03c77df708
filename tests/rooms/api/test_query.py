"""Laws of rooms.api.query."""

import pytest
from multidict import MultiDict

from rooms.api.query import Interval, Page, Reader, instant
from rooms.errors import InvalidRequest


def test_text_becomes_values() -> None:
    """Numbers are read from text; what is left out is its default."""
    assert Reader(Page).read(MultiDict({"limit": "7"})) == Page(limit=7)
    assert Reader(Page).read(MultiDict()) == Page()


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ([("limit", "1"), ("limit", "2")], "limit"),
        ([("cursor", "a\0")], "cursor"),
        ([("colour", "red")], "colour"),
        ([("limit", "many")], "limit"),
    ],
)
def test_what_is_wrong_is_named(given: list[tuple[str, str]], path: str) -> None:
    """Twice the same, U+0000, unknown names and wrong values."""
    with pytest.raises(InvalidRequest) as caught:
        Reader(Page).read(MultiDict(given))

    assert [flaw.path for flaw in caught.value.flaws] == [path]


def test_all_is_named_at_once() -> None:
    """Every wrong parameter, not just the first."""
    with pytest.raises(InvalidRequest) as caught:
        Reader(Page).read(MultiDict({"limit": "0", "cursor": "", "x": ""}))

    assert {flaw.path for flaw in caught.value.flaws} == {"limit", "cursor", "x"}


def test_instants_are_rfc_3339() -> None:
    """With a zone; another form is a 422 that names the parameter."""
    assert Reader(Interval).read(MultiDict({"since": "x"})).since == "x"
    assert instant(None, "since") is None
    assert instant("1970-01-01T00:00:01Z", "since") == 1000
    with pytest.raises(InvalidRequest) as caught:
        instant("tomorrow", "since")
    assert caught.value.flaws[0].path == "since"
