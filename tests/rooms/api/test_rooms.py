"""Laws of rooms.api.rooms."""

import asyncio

from apikit import ApiKit
from roomkit import WATCH


async def test_a_room_is_made_found_and_ended(api: ApiKit) -> None:
    """What was created is shown the same by its id and its external id, until it is ended."""
    made = await api.json("POST", "/v1/rooms", {"external_id": "a/b", "type": "broadcast"})

    assert (made["state"], made["type"], made["external_id"]) == ("created", "live", "a/b")
    assert made["urls"]["join"].endswith(f"/r/{made['short_code']}")
    assert await api.json("GET", f"/v1/rooms/{made['id']}") == made
    assert await api.json("GET", "/v1/rooms/ext:a%2Fb") == made

    ended = await api.json("DELETE", f"/v1/rooms/{made['id']}")
    assert (ended["state"], ended["end_reason"]) == ("ended", "host_ended")
    assert await api.json("DELETE", f"/v1/rooms/{made['id']}") == ended


async def test_a_body_is_optional(api: ApiKit) -> None:
    """`POST /v1/rooms` with nothing makes a meeting."""
    assert (await api.json("POST", "/v1/rooms"))["type"] == "meeting"


async def test_every_wrong_key_of_the_config_is_named(api: ApiKit) -> None:
    """A 422 lists the path of each, and the body is a problem document."""
    body = {"type": "circus", "config": {"max_participants": 0, "colour": "red"}}
    found = await api.problem("POST", "/v1/rooms", body)

    assert (found["status"], found["code"]) == (422, "invalid_request")
    paths = {each["path"] for each in found["errors"]}
    assert paths == {"type", "config.max_participants", "config.colour"}
    assert "webinar" in found["detail"]


async def test_a_list_is_walked_by_its_cursor(api: ApiKit) -> None:
    """Each room of the project comes once, newest first, whatever the page's size."""
    made = [(await api.json("POST", "/v1/rooms"))["id"] for _ in range(5)]
    await api.other.create()
    walked: list[str] = []
    cursor = ""
    while True:
        page = await api.json("GET", f"/v1/rooms?limit=2{cursor}")
        walked += [room["id"] for room in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"

    assert walked == made[::-1]


async def test_a_list_is_narrowed(api: ApiKit) -> None:
    """By state, by type under any of its names, and by external id."""
    live = await api.kit.create(type="live", external_id="x")
    met = await api.kit.create()
    await api.kit.join(met, "ada", WATCH)

    async def listed(query: str) -> list[str]:
        page = await api.json("GET", f"/v1/rooms?{query}")
        return [room["id"] for room in page["items"]]

    assert await listed("type=one-to-many") == await listed("external_id=x") == [live.id]
    assert await listed("state=active") == [met.id]
    assert await listed("state=active&type=live") == []


async def test_a_wrong_query_is_named(api: ApiKit) -> None:
    """A 422 names the parameter."""
    for query, path in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=1&limit=2", "limit"),
        ("state=asleep", "state"),
        ("type=circus", "type"),
        ("cursor=%00", "cursor"),
        ("cursor=a%20b", "cursor"),
        ("colour=red", "colour"),
    ]:
        found = await api.problem("GET", f"/v1/rooms?{query}")
        assert (found["status"], found["errors"][0]["path"]) == (422, path)


async def test_to_end_a_room_twice_at_once_ends_it_once(api: ApiKit) -> None:
    """Of ten at the same moment all are told the same, and one event tells of it."""
    room = await api.kit.create()
    ended = await asyncio.gather(*(api.json("DELETE", f"/v1/rooms/{room.id}") for _ in range(10)))

    assert all(each == ended[0] for each in ended)
    assert api.kit.outbox.types.count("room.ended") == 1


async def test_where_it_lives_is_what_the_operator_says(api: ApiKit) -> None:
    """Without a public URL, addresses in answers are those that the request came by."""
    made = await api.json("POST", "/v1/rooms", Host="live.example:8443")

    assert made["urls"]["whip"].startswith("http://live.example:8443/v1/whip/")
    assert made["urls"]["signal"] == "ws://live.example:8443/v1/signal"
