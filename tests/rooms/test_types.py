"""Room types by their names."""

import pytest

from rooms import types
from rooms.errors import InvalidRequest
from rooms.model import RoomType


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, RoomType.MEETING),
        ("meeting", RoomType.MEETING),
        ("live", RoomType.LIVE),
        ("broadcast", RoomType.LIVE),
        ("one-to-many", RoomType.LIVE),
        ("webinar", RoomType.WEBINAR),
        ("1to1", RoomType.ONE_TO_ONE),
        ("one-to-one", RoomType.ONE_TO_ONE),
        ("p2p", RoomType.ONE_TO_ONE),
    ],
)
def test_aliases_are_normalised(text: str | None, expected: RoomType) -> None:
    """rooms.md §3: each alias is its type, and no type is a meeting."""
    assert types.room_type(text) is expected


@pytest.mark.parametrize("text", ["", "Live", "live ", "conference", "1to1\n", "x" * 50_000])
def test_an_unknown_type_is_refused_with_the_allowed_ones(text: str) -> None:
    """rooms.md §3: an unknown type is a 422 naming the allowed values."""
    with pytest.raises(InvalidRequest) as refused:
        types.room_type(text)

    (flaw,) = refused.value.flaws
    assert refused.value.status == 422
    assert flaw.path == "type"
    assert len(flaw.message) < 300
    for name in [*RoomType, "broadcast", "one-to-many", "one-to-one", "p2p"]:
        assert name in flaw.message
