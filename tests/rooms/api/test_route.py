"""Laws of rooms.api.route."""

import pytest

from rooms.api.route import Call, Caller, Route, path_values
from rooms.errors import NotFound


async def nothing(_call: Call) -> None:
    """A handler."""


def route(method: str, path: str) -> Route:
    return Route(method, path, nothing, "", "")


def test_a_path_names_its_parameters() -> None:
    """In order."""
    assert route("GET", "/v1/rooms/{room_id}/participants/{identity}").parameters == (
        "room_id",
        "identity",
    )


@pytest.mark.parametrize(
    "room_id", ["r_x", "r_" + "a" * 64, "ext:a", "ext:a/b c", "ext:r_x", "ext:ü"]
)
def test_what_may_be_a_room_is_looked_for(room_id: str) -> None:
    """Ids of ours and of apps, and external ids of any letters."""
    found = {"room_id": room_id}
    assert path_values(route("GET", "/{room_id}"), found) == found


@pytest.mark.parametrize("room_id", ["", "r_", "x", "r_x\n", "r_ä", "ext:", "ext:\0"])
def test_what_cannot_be_is_not_found(room_id: str) -> None:
    """Without asking anybody."""
    with pytest.raises(NotFound):
        path_values(route("GET", "/{room_id}"), {"room_id": room_id})


def test_reading_changes_nothing() -> None:
    """All methods but GET and HEAD do."""
    assert [route(method, "/").mutates for method in ("GET", "POST", "PUT", "DELETE")] == [
        False,
        True,
        True,
        True,
    ]


def test_a_route_without_work_has_no_rows() -> None:
    """To ask for them is a defect, and says so."""
    call = Call(Caller(), {}, None, None, "", None)  # type: ignore[arg-type]
    with pytest.raises(RuntimeError):
        assert call.tx
