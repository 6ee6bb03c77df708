"""Laws of rooms.api.tokens."""

from apikit import ApiKit
from roomkit import WATCH

WANTED = {"identity": "ada", "capabilities": ["publish:camera", "subscribe:*"], "ttl": 60}


async def test_a_token_says_where_it_is_used(api: ApiKit) -> None:
    """It is good for the room that was named, and the answer shows all of it."""
    room = await api.kit.create()
    made = await api.json("POST", f"/v1/rooms/{room.id}/tokens", WANTED)
    grant = api.identities.verify(made["token"])

    assert (grant.room, grant.identity, grant.project) == (room.id, "ada", room.project_id)
    assert (made["room_id"], made["identity"]) == (room.id, "ada")
    assert made["capabilities"] == ["publish:camera", "subscribe:all"]
    assert made["token_id"] == grant.token_id
    assert made["urls"]["whip"].endswith(room.media_id)
    assert made["expires_at"].endswith("Z")


async def test_a_room_is_made_on_the_fly(api: ApiKit) -> None:
    """Of the type that was asked for; a second token finds it."""
    body = WANTED | {"room_id": "r_stage", "type": "one-to-many"}
    for _ in range(2):
        assert (await api.json("POST", "/v1/auth/tokens/room", body))["room_id"] == "r_stage"

    assert (await api.json("GET", "/v1/rooms/r_stage"))["type"] == "live"
    assert len((await api.json("GET", "/v1/rooms"))["items"]) == 1


async def test_wrong_wishes_are_named(api: ApiKit) -> None:
    """An unknown capability, too long a life and a bad id are a 422 each."""
    body = {"room_id": "x", "identity": "", "capabilities": [], "ttl": 3601}
    found = await api.problem("POST", "/v1/auth/tokens/room", body)
    assert {each["path"] for each in found["errors"]} == {"room_id", "identity", "ttl"}

    body = {"room_id": "r_x", "identity": "a", "capabilities": ["chat:send", "fly"]}
    found = await api.problem("POST", "/v1/auth/tokens/room", body)
    assert found["errors"][0]["path"] == "capabilities.1"


async def test_an_ended_room_has_no_tokens(api: ApiKit) -> None:
    """409 `room_ended` by either call, and for renewal."""
    room = await api.kit.create(id="r_x")
    held = (await api.json("POST", "/v1/rooms/r_x/tokens", WANTED))["token"]
    await api.json("DELETE", "/v1/rooms/r_x")

    for path, body, key in [
        ("/v1/rooms/r_x/tokens", WANTED, api.key),
        ("/v1/auth/tokens/room", WANTED | {"room_id": "r_x"}, api.key),
        ("/v1/auth/tokens/renew", None, held),
    ]:
        found = await api.problem("POST", path, body, key=key)
        assert (found["status"], found["code"]) == (409, "room_ended"), path
    assert room.id == "r_x"


async def test_a_token_renews_itself(api: ApiKit) -> None:
    """For who holds it, with the same rights; from a page of any origin."""
    room = await api.kit.create()
    held = api.token(room, "ada", *WATCH)
    answer = await api.call(
        "POST", "/v1/auth/tokens/renew", key=held, Origin="https://app.example"
    )
    made = await answer.json()

    assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (201, "*")
    assert made["capabilities"] == sorted(WATCH)
    assert api.identities.verify(made["token"]).token_id == made["token_id"]


async def test_only_a_token_renews(api: ApiKit) -> None:
    """An API key, a cookie, a broken token and nothing at all do not."""
    for key, code in [(api.key, "key_invalid"), ("x.y.z", "token_invalid"), (None, "key_missing")]:
        found = await api.problem("POST", "/v1/auth/tokens/renew", key=key)
        assert (found["status"], found["code"]) == (401, code)


async def test_too_much_about_somebody_is_a_422(api: ApiKit) -> None:
    """A token has a longest length; more `meta` than fits is the caller's fault."""
    room = await api.kit.create()
    body = WANTED | {"meta": {"k": "x" * 9000}}
    found = await api.problem("POST", f"/v1/rooms/{room.id}/tokens", body)

    assert (found["status"], found["code"]) == (422, "invalid_request")
