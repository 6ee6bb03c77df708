"""Laws of rooms.api.participants."""

from apikit import ApiKit
from roomkit import MODERATE, PUBLISH, WATCH

from levelchat.bus.messages import PublishingForbidden, TokenRevoked


async def test_who_is_and_was_there_is_listed(api: ApiKit) -> None:
    """In order of joining, page by page; those who left say when."""
    room = await api.kit.create()
    attended = {}
    for name in ("ada", "bob", "eve"):
        api.kit.now += 1000
        attended[name] = await api.kit.join(room, name, PUBLISH)
    await api.kit.leave(room, attended["ada"])
    path = f"/v1/rooms/{room.id}/participants"

    first = await api.json("GET", f"{path}?limit=2")
    second = await api.json("GET", f"{path}?limit=2&cursor={first['next_cursor']}")
    everybody = first["items"] + second["items"]
    assert [each["identity"] for each in everybody] == ["ada", "bob", "eve"]
    assert [each["left_at"] is None for each in everybody] == [False, True, True]
    assert second["next_cursor"] is None


async def test_who_is_kicked_is_gone(api: ApiKit) -> None:
    """By API key or by a moderator's token; the token that was used is revoked."""
    room = await api.kit.create()
    moderator = api.token(room, "eve", *MODERATE)
    for identity, key in (("ada", api.key), ("a/b", moderator)):
        await api.kit.join(room, identity, WATCH)
        await api.kit.join(room, "eve", MODERATE)
        path = f"/v1/rooms/{room.id}/participants/{identity.replace('/', '%2F')}"
        await api.json("DELETE", path, key=key)
        assert await api.kit.present(room) == ["eve"] or identity == "a/b"
        assert (await api.problem("DELETE", path, key=key))["status"] == 404
    revoked = api.kit.bus.of(TokenRevoked)
    assert [each.identity for each in revoked] == ["ada", "a/b"]


async def test_publishing_is_forbidden_and_allowed(api: ApiKit) -> None:
    """The list says so, and the nodes are told each time."""
    room = await api.kit.create()
    await api.kit.join(room, "ada", PUBLISH)
    path = f"/v1/rooms/{room.id}/participants"
    for method, forbidden in (("DELETE", True), ("PUT", False)):
        await api.json(method, f"{path}/ada/publishing")
        (ada,) = (await api.json("GET", path))["items"]
        assert ada["publishing_forbidden"] is forbidden
    said = api.kit.bus.of(PublishingForbidden)
    assert [each.forbidden for each in said] == [True, False]


async def test_a_browser_may_ask(api: ApiKit) -> None:
    """A moderator's page of any origin is told that it may send its token."""
    room = await api.kit.create()
    answer = await api.call("OPTIONS", f"/v1/rooms/{room.id}/participants/ada", key=None)

    assert answer.status == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "DELETE" in answer.headers["Access-Control-Allow-Methods"]
    assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in answer.headers
