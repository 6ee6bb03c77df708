"""Laws of rooms.api.surroundings."""

from rooms.api import surroundings


def test_media_and_signalling_are_documented() -> None:
    """What other planes serve stands beside the routes of rooms."""
    assert {
        "/v1/whip/{room_id}",
        "/v1/whep/{room_id}",
        "/v1/whep/{room_id}/{participant}",
        "/v1/whep-sessions/{session}",
        "/v1/signal",
    } <= set(surroundings.PATHS)


def test_every_path_parameter_is_described() -> None:
    """What stands in braces has its entry."""
    for path, item in surroundings.PATHS.items():
        for operation in item.values():
            named = {
                each["name"] for each in operation.get("parameters", []) if each["in"] == "path"
            }
            assert named == {word[1:-1] for word in path.split("/") if word.startswith("{")}
