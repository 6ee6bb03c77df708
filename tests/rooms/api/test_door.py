"""Laws of rooms.api.door."""

import asyncio

import apikit
import pytest
from apikit import ApiKit

from levelchat.auth.keys import TokenKeys
from rooms.errors import StoreUnavailable
from rooms.settings import RoomsSettings
from rooms.store.store import Store

# Nothing here depends on the kind of the database.
pytestmark = pytest.mark.parametrize("dialect", ["sqlite"])


async def test_answers_are_not_kept(api: ApiKit) -> None:
    """They hold tokens and tenants' data: neither good ones nor refusals are for caches."""
    for path in ("/v1/rooms", "/v1/rooms/r_x"):
        headers = (await api.call("GET", path)).headers
        assert (headers["Cache-Control"], headers["X-Content-Type-Options"]) == (
            "no-store",
            "nosniff",
        )


async def test_the_rest_is_for_servers(api: ApiKit) -> None:
    """An API key has no place in a page: other origins are not let in, except with a token."""
    for method in ("GET", "OPTIONS"):
        answer = await api.call(method, "/v1/rooms", Origin="https://app.example")
        assert "Access-Control-Allow-Origin" not in answer.headers
    room = await api.kit.create()
    path = f"/v1/rooms/{room.id}/participants"
    for key in (api.token(room, "eve", "moderate:participants"), None):
        answer = await api.call("GET", path, key=key, Origin="https://app.example")
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


async def test_addresses_are_those_of_the_operator(store: Store, token_keys: TokenKeys) -> None:
    """Whatever host the request names, the public URL is shown."""
    settings = RoomsSettings(public_url="https://live.example/")
    async with apikit.running(store, token_keys, settings) as api:
        made = await api.json("POST", "/v1/rooms", Host="evil.example")

        assert made["urls"]["signal"] == "wss://live.example/v1/signal"
        assert made["urls"]["join"] == f"https://live.example/r/{made['short_code']}"


async def test_bad_bodies_are_refused(api: ApiKit) -> None:
    """Each with its code, and the server goes on."""
    for body, status, code in [
        (b"{", 400, "malformed_body"),
        (b'{"external_id": "\xff"}', 400, "malformed_body"),
        (b"[" * 30_000, 400, "malformed_body"),
        (b'{"external_id": "a\\u0000"}', 400, "malformed_body"),
        (b" " * 65_537, 413, "body_too_large"),
        (b"[]", 422, "invalid_request"),
    ]:
        found = await api.problem("POST", "/v1/rooms", body)
        assert (found["status"], found["code"]) == (status, code)
    assert (await api.call("GET", "/v1/rooms")).status == 200


async def test_without_the_store_it_is_tried_later(
    api: ApiKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 as a problem document, on reading and on writing; and good again when it is back."""
    await api.call("GET", "/v1/rooms")

    def away(_org: str | None) -> None:
        raise StoreUnavailable("the database is away; try again")

    with monkeypatch.context() as patched:
        patched.setattr(api.kit.store, "reading", away)
        patched.setattr(api.kit.store, "writing", away)
        for method in ("GET", "POST"):
            answer = await api.call(method, "/v1/rooms")
            assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
    assert (await api.call("POST", "/v1/rooms")).status == 201


async def test_a_request_that_names_no_host_is_answered(api: ApiKit) -> None:
    """HTTP/1.0 needs no `Host`, and nobody is asked for a name then."""
    reader, writer = await asyncio.open_connection(api.client.host, api.client.port)
    head = f"POST /v1/rooms HTTP/1.0\r\nAuthorization: Bearer {api.key}\r\n\r\n"
    writer.write(head.encode())
    answer = await reader.read()
    writer.close()

    assert b" 201 " in answer.splitlines()[0]
    assert b"ws://localhost/v1/signal" in answer
