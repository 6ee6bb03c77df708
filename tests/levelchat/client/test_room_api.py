"""Laws of rooms by program, against answers as the contract shows them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from fake_api import PARTICIPANT, ROOM, TOKEN, USAGE, FakeApi, fake_api, good

from levelchat.client import room_api
from levelchat.client.sdk import LevelChat


@pytest.fixture
async def api() -> AsyncIterator[FakeApi]:
    async with fake_api() as api:
        yield api


@pytest.fixture
async def lc(api: FakeApi) -> AsyncIterator[LevelChat]:
    async with LevelChat(api.url, "lc_pk_a.b") as lc:
        yield lc


async def test_a_room_is_created(api: FakeApi, lc: LevelChat) -> None:
    """What is given is sent, what is not is left to the server."""
    api.answers = [good(ROOM, 201)]

    room = await lc.rooms.create(
        type="live",
        config={"max_participants": 5},
        scheduled_for=datetime(2026, 4, 25, 11, 30, tzinfo=timezone(timedelta(hours=2))),
    )

    (asked,) = api.asked
    assert (asked.method, asked.path) == ("POST", "/v1/rooms")
    assert asked.json == {
        "type": "live",
        "config": {"max_participants": 5},
        "scheduled_for": "2026-04-25T09:30:00Z",
    }
    assert (room.id, room.state, room.urls.signal) == ("r_1", "created", "http://x")


async def test_a_list_goes_on_over_pages(api: FakeApi, lc: LevelChat) -> None:
    """The next page is asked for when it is needed, with the cursor and the same filter."""
    second = ROOM | {"id": "r_2"}
    api.answers = [
        good({"items": [ROOM], "next_cursor": "c/1"}),
        good({"items": [second], "next_cursor": None}),
    ]

    rooms = [room.id async for room in lc.rooms.list(state="active", page=1)]

    assert rooms == ["r_1", "r_2"]
    assert [asked.query for asked in api.asked] == [
        {"state": "active", "limit": "1"},
        {"state": "active", "limit": "1", "cursor": "c/1"},
    ]


Step = Callable[[LevelChat], Awaitable[Any]]


@pytest.mark.parametrize(
    ("step", "answer", "method", "path"),
    [
        (lambda lc: lc.rooms.get("r_1"), ROOM, "GET", "/v1/rooms/r_1"),
        (lambda lc: lc.rooms.get("ext:a b"), ROOM, "GET", "/v1/rooms/ext:a%20b"),
        (lambda lc: lc.rooms.end("r_1"), ROOM, "DELETE", "/v1/rooms/r_1"),
        (
            lambda lc: lc.rooms.kick("r_1", "a/b"),
            None,
            "DELETE",
            "/v1/rooms/r_1/participants/a%2Fb",
        ),
        (lambda lc: lc.rooms.usage("r_1"), USAGE, "GET", "/v1/rooms/r_1/usage"),
        (lambda lc: lc.usage(), USAGE, "GET", "/v1/usage"),
    ],
)
async def test_each_call_goes_where_the_contract_says(
    api: FakeApi, lc: LevelChat, step: Step, answer: object, method: str, path: str
) -> None:
    """rooms.md §4, line by line."""
    api.answers = [good(answer)]

    await step(lc)

    assert [(asked.method, asked.path) for asked in api.asked] == [(method, path)]
    assert ("idempotency-key" in api.asked[0].headers) == (method != "GET")


async def test_tokens_are_minted(api: FakeApi, lc: LevelChat) -> None:
    """For a room that exists, and for one that is made on the fly."""
    api.answers = [good(TOKEN, 201)]

    first = await lc.rooms.token("r_1", "ada", ["chat:send"], meta={"seat": "3"}, ttl=60)
    await lc.tokens.create("r_new", "ada", ["chat:send"], type="live")

    assert first.token == TOKEN["token"]
    assert [asked.path for asked in api.asked] == ["/v1/rooms/r_1/tokens", "/v1/auth/tokens/room"]
    assert api.asked[0].json["meta"] == {"seat": "3"}
    assert (api.asked[0].json["ttl"], api.asked[1].json["type"]) == (60, "live")


async def test_participants_are_listed(api: FakeApi, lc: LevelChat) -> None:
    """Over pages too."""
    api.answers = [
        good({"items": [PARTICIPANT], "next_cursor": "2"}),
        good({"items": [PARTICIPANT | {"identity": "bob"}], "next_cursor": None}),
    ]

    assert [each.identity async for each in lc.rooms.participants("r_1")] == ["ada", "bob"]


async def test_usage_is_of_an_interval(api: FakeApi, lc: LevelChat) -> None:
    """Given as times with a zone, or as the contract writes them."""
    api.answers = [good(USAGE)]

    usage = await lc.usage(datetime(2026, 1, 1, tzinfo=UTC), "2026-01-02T00:00:00Z")

    assert api.asked[0].query == {
        "since": "2026-01-01T00:00:00Z",
        "until": "2026-01-02T00:00:00Z",
    }
    assert (usage.participant_minutes, usage.viewer_hours) == (12.5, 3.0)


def test_a_time_without_a_zone_is_refused() -> None:
    """It would mean another instant on another machine."""
    with pytest.raises(ValueError, match="zone"):
        room_api.instant(datetime(2026, 1, 1))  # noqa: DTZ001 - the point
