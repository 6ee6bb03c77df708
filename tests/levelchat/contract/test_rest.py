"""The shapes of the REST API: what a client may send, and what it reads."""

import inspect

import msgspec
import pytest

from levelchat.contract import rest

SHAPES = [
    shape
    for _, shape in inspect.getmembers(rest, inspect.isclass)
    if issubclass(shape, msgspec.Struct) and not shape.__name__.startswith("_")
]
REQUESTS = [shape for shape in SHAPES if shape.__struct_config__.forbid_unknown_fields]


@pytest.mark.parametrize("shape", REQUESTS)
def test_an_unknown_key_of_a_request_is_refused(shape: type[msgspec.Struct]) -> None:
    """A slip of the pen is told, not ignored."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"surprise": 1}', type=shape)


def test_a_newer_server_may_say_more() -> None:
    """Clients ignore what they do not know."""
    page = msgspec.json.decode(
        b'{"items": [], "next_cursor": null, "total": 5}', type=rest.RoomPage
    )

    assert page.items == []


def test_every_shape_is_documented_by_a_schema() -> None:
    """OpenAPI describes each of them, with its sentence."""
    _, components = msgspec.json.schema_components(SHAPES)

    assert {shape.__name__ for shape in SHAPES} <= set(components)
    assert [name for name, schema in components.items() if not schema.get("description")] == []


@pytest.mark.parametrize("ttl", [0, 3601])
def test_a_token_lives_an_hour_at_most(ttl: int) -> None:
    """rooms.md §5."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"identity": "a", "capabilities": [], "ttl": ttl}, rest.NewToken)
