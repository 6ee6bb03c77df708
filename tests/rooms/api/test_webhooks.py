"""Laws of rooms.api.webhooks."""

from apikit import ApiKit

URL = {"url": "https://hooks.example/lc"}


async def test_a_webhook_is_made_listed_and_deleted(api: ApiKit) -> None:
    """Its secret is in the answer to its creation and nowhere else."""
    made = await api.json("POST", "/v1/webhooks", URL | {"events": ["room.ended"]})
    (shown,) = (await api.json("GET", "/v1/webhooks"))["items"]

    assert made.pop("secret")
    assert shown == made
    assert (await api.json("GET", f"/v1/webhooks/{made['id']}/deliveries"))["items"] == []
    assert await api.json("POST", f"/v1/webhooks/{made['id']}/redeliver") == {"count": 0}
    assert await api.json("DELETE", f"/v1/webhooks/{made['id']}") is None
    assert (await api.problem("DELETE", f"/v1/webhooks/{made['id']}"))["status"] == 404


async def test_creation_that_is_repeated_gives_the_same_secret(api: ApiKit) -> None:
    """An answer that was lost on the way is given again, secret and all."""
    made = [await api.json("POST", "/v1/webhooks", URL, Idempotency_Key="k") for _ in range(2)]

    assert made[0] == made[1]
    assert len((await api.json("GET", "/v1/webhooks"))["items"]) == 1


async def test_wrong_wishes_are_named(api: ApiKit) -> None:
    """An unknown event and an address that is none are a 422 each."""
    body = {"url": "ftp://x", "events": ["room.ended", "room.exploded"]}
    found = await api.problem("POST", "/v1/webhooks", body)

    assert (found["status"], found["code"]) == (422, "invalid_request")
    assert {each["path"] for each in found["errors"]} >= {"events.1"}
