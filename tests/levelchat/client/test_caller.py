"""Laws of a call of the REST API."""

from collections.abc import AsyncIterator

import msgspec
import pytest
from fake_api import FakeApi, bad, fake_api, good, hang, hang_up

from levelchat.client import api_errors, caller
from levelchat.client.caller import Caller
from levelchat.client.errors import ServerUnreachable
from levelchat.client.retrying import Retries
from levelchat.clock import SystemClock

QUICK = Retries(tries=4, first=0.001, most=0.002)


class Thing(msgspec.Struct):
    name: str
    size: int | None = None


@pytest.fixture
async def api() -> AsyncIterator[FakeApi]:
    async with fake_api() as api:
        yield api


@pytest.fixture
async def call(api: FakeApi) -> AsyncIterator[Caller]:
    async with Caller(api.url + "/", "lc_pk_a.b", SystemClock(), retries=QUICK) as call:
        yield call


async def test_an_answer_is_typed(api: FakeApi, call: Caller) -> None:
    """JSON becomes the struct; the key goes along; what is unset is not asked for."""
    api.answers = [good({"name": "x", "size": 1, "new": True})]

    assert await call.get("/v1/x", Thing, {"limit": "5", "cursor": None}) == Thing("x", 1)
    (asked,) = api.asked
    assert (asked.method, asked.path, asked.query) == ("GET", "/v1/x", {"limit": "5"})
    assert asked.headers["authorization"] == "Bearer lc_pk_a.b"


@pytest.mark.parametrize(
    "trouble",
    [hang_up, bad(503, "store_unavailable"), bad(429, "too_many_requests", Retry_After="0")],
)
async def test_a_change_that_is_tried_again_is_the_same_change(
    api: FakeApi, call: Caller, trouble: object
) -> None:
    """Every try has the same body and the same key; another call has another key."""
    api.answers = [trouble, trouble, good({"name": "x"})]

    assert (await call.post("/v1/x", Thing("x"), Thing)).name == "x"
    assert (await call.post("/v1/x", Thing("x"), Thing)).name == "x"
    keys = [asked.headers["idempotency-key"] for asked in api.asked]
    assert len(keys) == 4
    assert keys[0] == keys[1] == keys[2] != keys[3]
    assert {asked.body for asked in api.asked} == {b'{"name":"x"}'}


async def test_the_callers_own_key_is_used(api: FakeApi, call: Caller) -> None:
    """A key that the caller keeps makes a call once even across its own restarts."""
    api.answers = [good({"name": "x"})]

    await call.post("/v1/x", Thing("x"), Thing, "mine")
    await call.delete("/v1/x", "mine too")

    assert [asked.headers["idempotency-key"] for asked in api.asked] == ["mine", "mine too"]


async def test_a_refusal_is_not_tried_again(api: FakeApi, call: Caller) -> None:
    """What will not get better is raised at once."""
    api.answers = [bad(409, "room_ended")]

    with pytest.raises(api_errors.RoomEnded):
        await call.post("/v1/x", Thing("x"), Thing)
    assert len(api.asked) == 1


async def test_tries_end(api: FakeApi, call: Caller) -> None:
    """After the last try, what the server said last is raised."""
    api.answers = [bad(503, "store_unavailable")]

    with pytest.raises(api_errors.Unavailable):
        await call.get("/v1/x", Thing)
    assert len(api.asked) == QUICK.tries


async def test_a_wait_beyond_the_deadline_is_not_begun(api: FakeApi) -> None:
    """Asked to wait longer than the call may take, the caller hears so at once."""
    api.answers = [bad(429, "too_many_requests", Retry_After="60")]

    async with Caller(api.url, "k", SystemClock(), seconds=20) as call:
        with pytest.raises(api_errors.TooManyRequests) as raised:
            await call.get("/v1/x", Thing)
    assert raised.value.retry_after == "60"


async def test_every_call_has_a_deadline(api: FakeApi) -> None:
    """A server that never answers is given up."""
    api.answers = [hang]

    async with Caller(api.url, "k", SystemClock(), seconds=0.1) as call:
        with pytest.raises(ServerUnreachable, match=r"within 0\.1 s"):
            await call.get("/v1/x", Thing)


async def test_a_try_that_hangs_is_followed_by_another(
    api: FakeApi, call: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One lost packet does not cost the whole deadline."""
    monkeypatch.setattr(caller, "TRY_SECONDS", 0.1)
    api.answers = [hang, good({"name": "x"})]

    assert (await call.get("/v1/x", Thing)).name == "x"


async def test_no_server_is_said() -> None:
    """Nobody at the address: the error names it."""
    async with Caller("http://127.0.0.1:1", "k", SystemClock(), retries=QUICK) as call:
        with pytest.raises(ServerUnreachable, match=r"http://127\.0\.0\.1:1"):
            await call.get("/v1/x", Thing)


@pytest.mark.parametrize("body", ["[]", '{"name": 5}', "<html>"])
async def test_an_answer_of_another_form_is_an_error(
    api: FakeApi, call: Caller, body: str
) -> None:
    """Another server, or one of another age: no half-understood value is given."""
    api.answers = [good(msgspec.Raw(body.encode()))]

    with pytest.raises(api_errors.Unintelligible):
        await call.get("/v1/x", Thing)


async def test_an_endless_answer_is_cut(
    api: FakeApi, call: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory is bounded by the caller, not by the server."""
    monkeypatch.setattr(caller, "MAX_ANSWER", 100)
    api.answers = [good({"name": "x" * 101})]

    with pytest.raises(api_errors.Unintelligible, match="100 bytes"):
        await call.get("/v1/x", Thing)


async def test_the_key_follows_no_redirect(api: FakeApi, call: Caller) -> None:
    """The API never redirects: a redirect would carry the key to somebody else."""
    redirect = good({})
    redirect.set_status(302)
    redirect.headers["Location"] = "/v1/elsewhere"
    api.answers = [redirect]

    with pytest.raises(api_errors.ApiError):
        await call.get("/v1/x", Thing)
    assert len(api.asked) == 1


@pytest.mark.parametrize("name", ["a/b", "ä ö", "a?b#c", "100%", "ext:x", ".."])
async def test_any_name_is_one_segment(api: FakeApi, call: Caller, name: str) -> None:
    """An identity with slashes or other letters stays one part of the path."""
    api.answers = [good({"name": "x"})]

    await call.get(f"/v1/{caller.segment(name)}/end", Thing)

    (asked,) = api.asked
    assert asked.path.count("/") == 3
    assert asked.query == {}
