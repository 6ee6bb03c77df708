"""Laws of rooms.api.idempotency."""

import asyncio

import pytest
from apikit import ApiKit
from roomkit import Kit, settle_in

from rooms.api import idempotency
from rooms.api.idempotency import KEPT, Answer, Once, once
from rooms.errors import IdempotencyConflict, InvalidRequest
from rooms.store.store import Store

THIS = Once("k", b"f" * 32)


@pytest.fixture
async def kit(store: Store) -> Kit:
    return Kit(store, await settle_in(store, "ours"))


@pytest.mark.parametrize("key", ["", " ", "a b", "a\tb", "ä", "x" * 256])
def test_a_key_is_visible_ascii(key: str) -> None:
    """1 to 255 characters; anything else is a 422 that names the header."""
    with pytest.raises(InvalidRequest) as caught:
        once(key, "POST", "/v1/rooms", b"")

    assert caught.value.flaws[0].path == "Idempotency-Key"


def test_what_makes_a_request_the_same() -> None:
    """Method, path and body, each by itself."""
    assert once(None, "POST", "/a", b"") is None
    prints = {
        said.fingerprint
        for request in [
            ("POST", "/a", b""),
            ("PUT", "/a", b""),
            ("POST", "/b", b""),
            ("POST", "/a", b"x"),
        ]
        if (said := once("k", *request))
    }
    assert len(prints) == 4


async def test_the_first_answer_is_given_again_for_a_day(kit: Kit) -> None:
    """Not longer; and then the key is free."""
    async with kit.transactions.writing(kit.who.org_id) as tx:
        assert await idempotency.claim(tx, kit.who, THIS) is None
        await idempotency.fill(tx, kit.who, THIS, Answer(201, b"{}"))
    kit.now += KEPT - 1
    async with kit.transactions.writing(kit.who.org_id) as tx:
        assert await idempotency.claim(tx, kit.who, THIS) == (201, b"{}")
        assert await idempotency.recall(tx, kit.who, THIS) == (201, b"{}")
    kit.now += 1
    async with kit.transactions.writing(kit.who.org_id) as tx:
        assert await idempotency.recall(tx, kit.who, THIS) is None
        assert await idempotency.claim(tx, kit.who, THIS) is None


async def test_another_request_is_a_conflict(kit: Kit) -> None:
    """The same key with another fingerprint is refused, whichever way it is asked."""
    other = Once("k", b"g" * 32)
    async with kit.transactions.writing(kit.who.org_id) as tx:
        await idempotency.claim(tx, kit.who, THIS)
        for ask in (idempotency.claim, idempotency.recall):
            with pytest.raises(IdempotencyConflict):
                await ask(tx, kit.who, other)


async def test_the_first_that_is_kept_is_everybodys(kit: Kit) -> None:
    """For work outside of a transaction: whoever comes second is given the first answer."""
    async with kit.transactions.writing(kit.who.org_id) as tx:
        assert await idempotency.keep(tx, kit.who, THIS, Answer(201, b"1")) is None
        assert await idempotency.keep(tx, kit.who, THIS, Answer(201, b"2")) == (201, b"1")


async def test_old_answers_are_pruned(kit: Kit) -> None:
    """Those from before an instant, and how many they were."""
    async with kit.transactions.writing(kit.who.org_id) as tx:
        await idempotency.claim(tx, kit.who, THIS)
    async with kit.transactions.writing(None) as tx:
        assert await idempotency.prune(tx, kit.now) == 0
        assert await idempotency.prune(tx, kit.now + 1) == 1


async def test_fifty_clients_with_one_key_make_one_room(api: ApiKit) -> None:
    """All are given the same room; all but one are told that it was made before."""
    answers = await asyncio.gather(
        *(
            api.call("POST", "/v1/rooms", {"external_id": "x"}, Idempotency_Key="k")
            for _ in range(50)
        )
    )

    assert {answer.status for answer in answers} == {201}
    assert len({await answer.read() for answer in answers}) == 1
    assert sum("Idempotent-Replayed" in answer.headers for answer in answers) == 49
    assert len((await api.json("GET", "/v1/rooms"))["items"]) == 1


async def test_fifty_clients_with_one_key_get_one_token(api: ApiKit) -> None:
    """Minting has no transaction, and yet all hold the same token, of one room."""
    body = {"room_id": "r_x", "identity": "ada", "capabilities": []}
    answers = await asyncio.gather(
        *(api.call("POST", "/v1/auth/tokens/room", body, Idempotency_Key="k") for _ in range(50))
    )

    assert {answer.status for answer in answers} == {201}
    assert len({await answer.read() for answer in answers}) == 1


async def test_what_fails_may_be_tried_again(api: ApiKit) -> None:
    """A refusal is not kept: the same request with the same key works once it can."""
    key = {"Idempotency_Key": "k"}
    await api.kit.set_quota('{"open_rooms": 0}')
    refused = await api.problem("POST", "/v1/rooms", {}, **key)
    await api.kit.set_quota("{}")

    assert refused["code"] == "quota_exceeded"
    assert (await api.json("POST", "/v1/rooms", {}, **key))["state"] == "created"


async def test_each_project_has_its_own_keys(api: ApiKit) -> None:
    """Another tenant's same key is another key."""
    mine = await api.json("POST", "/v1/rooms", {}, Idempotency_Key="k")
    theirs = await api.json("POST", "/v1/rooms", {}, Idempotency_Key="k", key=api.other_key)

    assert mine["id"] != theirs["id"]


async def test_another_body_or_path_is_a_conflict(api: ApiKit) -> None:
    """409, and nothing happens."""
    key = {"Idempotency_Key": "k"}
    room = await api.json("POST", "/v1/rooms", {"type": "live"}, **key)

    for method, path, body in [
        ("POST", "/v1/rooms", {"type": "meeting"}),
        ("DELETE", f"/v1/rooms/{room['id']}", None),
        ("POST", f"/v1/rooms/{room['id']}/tokens", {"identity": "a", "capabilities": []}),
    ]:
        refused = await api.problem(method, path, body, **key)
        assert (refused["status"], refused["code"]) == (409, "idempotency_conflict")
    assert await api.json("GET", f"/v1/rooms/{room['id']}") == room
