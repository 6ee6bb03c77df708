"""Nobody can tell another tenant's things from things that never were (rooms.md §4)."""

import json
from typing import Any

from apikit import ApiKit
from roomkit import PUBLISH

from rooms import ids
from rooms.api.route import Auth, Route
from rooms.model import Room

BODIES: dict[str, Any] = {
    "/v1/rooms/{room_id}/tokens": {"identity": "a", "capabilities": []},
}
NEVER = {
    "room_id": "r_01JSPYB5V1TC7NBW4S1DK8AH1R",
    "identity": "nobody",
    "webhook_id": "wh_01JSPYB5V1TC7NBW4S1DK8AH1R",
    "recording_id": "rec_01JSPYB5V1TC7NBW4S1DK8AH1R",
    "code": "2222222222",
}
KEYS = (Auth.KEY, Auth.KEY_OR_MODERATOR)


def fill(route: Route, values: dict[str, str]) -> str:
    return route.path.format(**values)


async def told(
    api: ApiKit, route: Route, values: dict[str, str], key: str = ""
) -> tuple[Any, ...]:
    """Everything that an answer tells, but what is of the one request."""
    answer = await api.call(route.method, fill(route, values), BODIES.get(route.path), key=key)
    text = await answer.text()
    said = json.loads(text)
    for own in ("request_id", "instance"):
        text = text.replace(json.dumps(said[own]), "")
    headers = {
        name: value
        for name, value in answer.headers.items()
        if name.lower() not in ("x-request-id", "date", "content-length")
    }
    return answer.status, text, headers


async def theirs(api: ApiKit) -> tuple[Room, dict[str, str]]:
    """A room, a participant and a webhook of the other tenant."""
    room = await api.other.create(external_id="x")
    await api.other.join(room, "ada", PUBLISH)
    hook = await api.json(
        "POST", "/v1/webhooks", {"url": "https://example.com"}, key=api.other_key
    )
    return room, {
        "room_id": room.id,
        "identity": "ada",
        "webhook_id": hook["id"],
        "recording_id": NEVER["recording_id"],
        "code": room.short_code,
    }


async def test_each_route_tells_nothing_of_another_tenants_things(api: ApiKit) -> None:
    """For each route that names something: a foreign name, one that never was, and one that can
    not be are answered alike, byte for byte, and nothing changes.
    """
    room, foreign = await theirs(api)
    before = await api.other.room(room.media_id)
    asked = [route for route in api.api.calls if route.parameters and route.auth in KEYS]
    for route in asked:
        of_theirs = await told(api, route, foreign)
        assert of_theirs == await told(api, route, NEVER), route
        assert of_theirs[0] in (404, 501), route
        if "room_id" in route.parameters:
            by_name = NEVER | {"room_id": "ext:x"}
            assert of_theirs == await told(api, route, by_name), route
    assert len(asked) > 15
    assert await api.other.room(room.media_id) == before
    assert await api.other.present(room) == ["ada"]


async def test_the_owner_is_told(api: ApiKit) -> None:
    """The same names with the owner's key find what they name, or the test above is hollow."""
    _, own = await theirs(api)
    for route in api.api.calls:
        found = route.method == "GET" and route.parameters and route.tag != "Later"
        if found and route.auth in KEYS:
            answer = await api.call("GET", fill(route, own), key=api.other_key)
            assert answer.status == 200, route


async def test_a_name_that_cannot_be_is_only_unknown(api: ApiKit) -> None:
    """It is answered as any name that never was."""
    own = {"request_id": "", "instance": ""}
    never = await api.problem("GET", f"/v1/rooms/{NEVER['room_id']}") | own
    for name in ("x", "r_", "r_a b", "r_" + "a" * 65, "ext:", "ext:" + "a" * 129, "%00", "r_%2e"):
        assert await api.problem("GET", f"/v1/rooms/{name}") | own == never


async def test_nobody_may_ask_without_a_key(api: ApiKit) -> None:
    """Every call but logging in answers 401 without credentials, alike for every name."""
    _, foreign = await theirs(api)
    for route in api.api.calls:
        if route.auth is Auth.NONE:
            continue
        answers = [
            await api.problem(route.method, fill(route, values), key=None)
            for values in (foreign, NEVER | {"room_id": ids.new(ids.ROOM)})
        ]
        assert {each["status"] for each in answers} == {401}, route
        assert len({each["detail"] for each in answers}) == 1, route


async def test_lists_show_ones_own(api: ApiKit) -> None:
    """Rooms, webhooks and usage of another tenant are in no list and no sum."""
    await theirs(api)

    assert (await api.json("GET", "/v1/rooms"))["items"] == []
    assert (await api.json("GET", "/v1/webhooks"))["items"] == []
    assert (await api.json("GET", "/v1/usage"))["participant_minutes"] == 0
