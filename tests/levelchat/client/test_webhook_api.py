"""Laws of webhooks by program, against answers as the contract shows them."""

from fake_api import DELIVERY, WEBHOOK, fake_api, good

from levelchat.client.sdk import LevelChat


async def test_webhooks_are_managed() -> None:
    """Created with a secret, listed without, sent again, deleted: each where the contract says."""
    async with fake_api() as api, LevelChat(api.url, "lc_pk_a.b") as lc:
        api.answers = [
            good(WEBHOOK | {"secret": "s"}, 201),
            good({"items": [WEBHOOK], "next_cursor": None}),
            good({"items": [DELIVERY], "next_cursor": "2"}),
            good({"items": [DELIVERY], "next_cursor": None}),
            good({"count": 3}),
            good({"count": 1}),
            good(None, 204),
        ]

        made = await lc.webhooks.create("https://example.org/hook", ["room.ended"])
        listed = [each async for each in lc.webhooks.list()]
        deliveries = [each async for each in lc.webhooks.deliveries("wh_1")]
        again = [
            await lc.webhooks.redeliver("wh_1"),
            await lc.webhooks.redeliver("wh_1", "evt_1"),
        ]
        await lc.webhooks.delete("wh_1")

    assert (made.secret, [each.id for each in listed]) == ("s", ["wh_1"])
    assert [each.state for each in deliveries] == ["dead", "dead"]
    assert again == [3, 1]
    assert [(asked.method, asked.path) for asked in api.asked] == [
        ("POST", "/v1/webhooks"),
        ("GET", "/v1/webhooks"),
        ("GET", "/v1/webhooks/wh_1/deliveries"),
        ("GET", "/v1/webhooks/wh_1/deliveries"),
        ("POST", "/v1/webhooks/wh_1/redeliver"),
        ("POST", "/v1/webhooks/wh_1/redeliver"),
        ("DELETE", "/v1/webhooks/wh_1"),
    ]
    assert api.asked[5].json == {"event_id": "evt_1"}
